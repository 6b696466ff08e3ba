"""Drift of inputs, predictions and errors, each held against the months before it.

What is compared is always older than what is judged, so a month can be judged as soon as it has arrived. The
limits are conventions (stated with each measure), not tests at a level: they say when somebody should look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ml.monitoring.call_inputs import call_input_drift
from ml.monitoring.errors import forecast_errors, risk_errors
from ml.monitoring.limits import MEASURES, SOURCES, Limit
from ml.monitoring.reference import FEWEST_CALLS, Row, drift_row, stability_index, windows
from ml.monitoring.watch import Watch, watch_of

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "warning", "alarm", "not_measured"]


def monitor(
    counts: pd.DataFrame,
    unlocated: pd.DataFrame,
    predicted: pd.DataFrame,
    count_forecasts: pd.DataFrame,
    harm_forecasts: pd.DataFrame,
    risk: pd.DataFrame,
    calls: pd.DataFrame,
    incidents: pd.DataFrame,
) -> Watch:
    """Judge every month that has months before it.

    Parameters
    ----------
    counts
        ``force_slug``, ``crime_month``, ``crime_type``, ``crime_count``, ``harm_days``, and
        ``squared_harm_days``, the sum of the squares of each record's.
    unlocated
        ``force_slug``, ``crime_month``, ``crime_count``, ``unlocated_count``.
    predicted
        What is expected of the next month: ``forecast_month``, ``lsoa_code``, ``expected_crime_count``,
        ``expected_harm_days``, and ``recent_crime_count`` and ``recent_harm_days``, the mean month of the
        area before it.
    count_forecasts, harm_forecasts
        Forecasts of past months, as :func:`forecast_errors` takes them, and ``source``: ``issued`` by a
        release or, made anew by today's champions, ``backtest``.
    risk
        Risk maps of past months, as :func:`risk_errors` takes them, and ``source`` likewise.
    calls
        Forecasts of dangerous calls by the published model: ``agency``, ``month``, ``call_count``,
        ``roc_auc``, ``expected_calibration_error``, ``calibration_floor_upper``.
    incidents
        The calls that such models learn from and forecast, as :func:`call_input_drift` takes them.

    Returns
    -------
    Watch
        The table, what alarms in the newest months, and whether models should be chosen anew. A row of the
        table per measure, subject (a force, an agency, ``total`` or ``all``) and month: ``kind``,
        ``measure``, ``subject``, ``month``, ``value``, ``source``, ``warning_limit``, ``alarm_limit``,
        ``status``, ``reference_start_month``, ``reference_end_month``, ``is_retrain_requested`` (errors or
        predictions alarm in the newest month).
    """
    import pandas as pd

    rows = [
        *_mix(counts),
        *_volume(counts),
        *_harm_volume(counts),
        *_unlocated(unlocated),
        *_predictions(predicted),
        *forecast_errors("count", count_forecasts),
        *forecast_errors("harm", harm_forecasts),
        *risk_errors(risk),
        *_calls(calls),
        *call_input_drift(incidents),
    ]
    names = ["measure", "subject", "month", "value", "reference_start_month", "reference_end_month"]
    table = pd.DataFrame(rows, columns=names)
    limits = table["measure"].map(MEASURES)
    table["kind"] = [limit.kind for limit in limits]
    table["source"] = table["kind"].map(SOURCES)
    table.loc[_is_issued(table, count_forecasts, harm_forecasts, risk), "source"] = "issued"
    table["warning_limit"] = [limit.warning for limit in limits]
    table["alarm_limit"] = [limit.alarm for limit in limits]
    table["status"] = [_status(value, limit) for value, limit in zip(table["value"], limits, strict=True)]
    return watch_of(table.sort_values(["measure", "subject", "month"], ignore_index=True))


def _status(value: float, limit: Limit) -> Status:
    if np.isnan(value):
        return "not_measured"
    if value >= limit.alarm:
        return "alarm"
    return "warning" if value >= limit.warning else "ok"


def _is_issued(
    table: pd.DataFrame, count_forecasts: pd.DataFrame, harm_forecasts: pd.DataFrame, risk: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Return whether the month judged was forecast by a release; those that it is held against may differ."""
    frames = {"forecast_count_": count_forecasts, "forecast_harm_": harm_forecasts, "risk_": risk}
    is_issued = np.zeros(len(table), dtype=bool)
    for prefix, frame in frames.items():
        months = frame.loc[frame["source"] == "issued", "forecast_month"]
        is_issued |= (table["measure"].str.startswith(prefix) & table["month"].isin(months)).to_numpy()
    return is_issued


def _mix(counts: pd.DataFrame) -> Iterator[Row]:
    for force, held in counts.groupby("force_slug"):
        table = held.pivot_table(
            index="crime_month", columns="crime_type", values="crime_count", aggfunc="sum", fill_value=0
        )
        for place, window in windows(table.index):
            before = table.iloc[window]
            value = stability_index(before.sum().to_numpy(), table.iloc[place].to_numpy())
            yield drift_row("crime_mix_stability_index", force, table.index, place, window, value)


def _volume(counts: pd.DataFrame) -> Iterator[Row]:
    for force, held in counts.groupby("force_slug"):
        totals = held.groupby("crime_month")["crime_count"].sum()
        yield from _deviations("volume_deviation", force, totals, totals)


def _harm_volume(counts: pd.DataFrame) -> Iterator[Row]:
    for force, held in counts.groupby("force_slug"):
        months = held.groupby("crime_month")[["harm_days", "squared_harm_days"]].sum()
        # The variance of a compound Poisson sum is the expected sum of squares.
        yield from _deviations(
            "harm_volume_deviation", force, months["harm_days"], months["squared_harm_days"]
        )


def _deviations(measure: str, force: object, totals: pd.Series, variances: pd.Series) -> Iterator[Row]:
    """Yield how many standard deviations each month lies from the mean of those before."""
    for place, window in windows(totals.index):
        before = totals.iloc[window].to_numpy(dtype=float)
        spread = max(float(before.std(ddof=1)), float(np.sqrt(variances.iloc[window].mean())))
        value = abs(totals.iloc[place] - before.mean()) / spread if spread else float("nan")
        yield drift_row(measure, force, totals.index, place, window, float(value))


def _unlocated(unlocated: pd.DataFrame) -> Iterator[Row]:
    for force, held in unlocated.groupby("force_slug"):
        months = held.groupby("crime_month")[["crime_count", "unlocated_count"]].sum()
        share = (
            months["unlocated_count"] / months["crime_count"].where(months["crime_count"] > 0)
        ).to_numpy()
        for place, window in windows(months.index):
            before = months.iloc[window].sum()
            usual = before["unlocated_count"] / before["crime_count"] if before["crime_count"] else np.nan
            value = abs(share[place] - usual)
            yield drift_row("unlocated_share_change", force, months.index, place, window, float(value))


def _predictions(predicted: pd.DataFrame) -> Iterator[Row]:
    for month, held in predicted.groupby("forecast_month"):
        for measure, amount in (
            ("prediction_stability_index", "crime_count"),
            ("harm_prediction_stability_index", "harm_days"),
        ):
            value = stability_index(held[f"recent_{amount}"], held[f"expected_{amount}"])
            yield (measure, "all", month, value, None, None)


def _calls(calls: pd.DataFrame) -> Iterator[Row]:
    for agency, held in calls[calls["call_count"] >= FEWEST_CALLS].groupby("agency"):
        months = held.set_index("month").sort_index()
        excess = (months["expected_calibration_error"] - months["calibration_floor_upper"]).clip(lower=0.0)
        for month, value in excess.items():
            yield ("call_calibration_excess", str(agency), month, float(value), None, None)
        area = months["roc_auc"].dropna()
        for place, window in windows(area.index):
            drop = max(0.0, float(area.iloc[window].mean() - area.iloc[place]))
            yield drift_row("call_auc_drop", agency, area.index, place, window, drop)
