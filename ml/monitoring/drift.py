"""Drift of inputs, predictions and errors, each held against the months before it.

What is compared is always older than what is judged, so a month can be judged as soon as it has arrived. The
limits are conventions (stated with each measure), not tests at a level: they say when somebody should look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ml.monitoring.call_inputs import CALL_INPUTS, call_input_drift
from ml.monitoring.reference import FEWEST_CALLS, Row, drift_row, stability_index, windows

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["ok", "warning", "alarm", "not_measured"]
# Errors of fewer series say little of a model.
FEWEST_ERRORS = 3


@dataclass(frozen=True)
class Limit:
    """When a measure warns and when it alarms.

    Parameters
    ----------
    kind
        ``input``, ``prediction`` or ``error``.
    warning, alarm
        Values from which on it does.
    what
        What is measured and where the limits come from.
    """

    kind: str
    warning: float
    alarm: float
    what: str


MEASURES: Mapping[str, Limit] = {
    "crime_mix_stability_index": Limit(
        "input",
        0.1,
        0.25,
        "population stability index of the mix of crime types against the months before; 0.1 and 0.25 are "
        "the limits of credit scoring (Siddiqi 2006)",
    ),
    "volume_deviation": Limit(
        "input",
        3.0,
        5.0,
        "records against the mean of the months before, in standard deviations, never less than Poisson's",
    ),
    "unlocated_share_change": Limit(
        "input",
        0.05,
        0.15,
        "share of records without an area, less that of the months before, as a magnitude",
    ),
    "prediction_stability_index": Limit(
        "prediction",
        0.1,
        0.25,
        "population stability index of next month's expected records by area against the mean month before",
    ),
    "error_ratio": Limit(
        "error",
        1.5,
        2.0,
        "median absolute one-month error of the published models, against that of the origins before",
    ),
    "interval_miss_share": Limit(
        "error", 0.35, 0.5, "share of series whose month fell outside the 80% interval given one month before"
    ),
    "call_auc_drop": Limit(
        "error",
        0.05,
        0.1,
        "area under the ROC curve of the published model of dangerous calls, by how much it lies below the "
        "mean of the months before; a convention",
    ),
    "call_calibration_excess": Limit(
        "error",
        0.02,
        0.05,
        "calibration error of the published model of dangerous calls beyond what chance alone stays below in "
        "95% of draws; 0.02 is the target of the error itself",
    ),
    **{
        measure: Limit(
            "input",
            0.1,
            0.25,
            f"population stability index of calls by {classes} against the months before, beyond what chance "
            "alone stays below in 95% of months with as many calls; 0.1 and 0.25 as of crime types",
        )
        for measure, classes in CALL_INPUTS.items()
    },
}


def monitor(
    counts: pd.DataFrame,
    unlocated: pd.DataFrame,
    predicted: pd.DataFrame,
    errors: pd.DataFrame,
    calls: pd.DataFrame,
    incidents: pd.DataFrame,
) -> pd.DataFrame:
    """Judge every month that has months before it.

    Parameters
    ----------
    counts
        ``force_slug``, ``crime_month``, ``crime_type``, ``crime_count``.
    unlocated
        ``force_slug``, ``crime_month``, ``crime_count``, ``unlocated_count``.
    predicted
        What is expected of the next month: ``forecast_month``, ``lsoa_code``, ``expected_crime_count``, and
        ``recent_crime_count``, the mean month of the area before it.
    errors
        One-month-ahead errors of the published models: ``series``, ``forecast_month``, ``actual``,
        ``predicted``, ``lower_80``, ``upper_80``.
    calls
        Forecasts of dangerous calls by the published model: ``agency``, ``month``, ``call_count``,
        ``roc_auc``, ``expected_calibration_error``, ``calibration_floor_upper``.
    incidents
        The calls that such models learn from and forecast, as :func:`call_input_drift` takes them.

    Returns
    -------
    pandas.DataFrame
        A row per measure, subject (a force, an agency, or ``all``) and month: ``kind``, ``measure``,
        ``subject``, ``month``, ``value``, ``warning_limit``, ``alarm_limit``, ``status``,
        ``reference_start_month``, ``reference_end_month``, ``is_retrain_requested`` (errors or predictions
        alarm in the newest month).
    """
    import pandas as pd

    rows = [
        *_mix(counts),
        *_volume(counts),
        *_unlocated(unlocated),
        *_predictions(predicted),
        *_errors(errors),
        *_calls(calls),
        *call_input_drift(incidents),
    ]
    names = ["measure", "subject", "month", "value", "reference_start_month", "reference_end_month"]
    table = pd.DataFrame(rows, columns=names)
    limits = table["measure"].map(MEASURES)
    table["kind"] = [limit.kind for limit in limits]
    table["warning_limit"] = [limit.warning for limit in limits]
    table["alarm_limit"] = [limit.alarm for limit in limits]
    table["status"] = [_status(value, limit) for value, limit in zip(table["value"], limits, strict=True)]
    newest = table.groupby(["measure", "subject"])["month"].transform("max")
    table["is_retrain_requested"] = (
        (table["status"] == "alarm") & (table["kind"] != "input") & (table["month"] == newest)
    )
    return table.sort_values(["measure", "subject", "month"], ignore_index=True)


def _status(value: float, limit: Limit) -> Status:
    if np.isnan(value):
        return "not_measured"
    if value >= limit.alarm:
        return "alarm"
    return "warning" if value >= limit.warning else "ok"


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
        for place, window in windows(totals.index):
            before = totals.iloc[window].to_numpy(dtype=float)
            spread = max(float(before.std(ddof=1)), float(np.sqrt(before.mean())))
            value = abs(totals.iloc[place] - before.mean()) / spread if spread else float("nan")
            yield drift_row("volume_deviation", force, totals.index, place, window, float(value))


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
        value = stability_index(held["recent_crime_count"], held["expected_crime_count"])
        yield ("prediction_stability_index", "all", month, value, None, None)


def _errors(errors: pd.DataFrame) -> Iterator[Row]:
    if not len(errors):
        return
    scaled = (errors["actual"] - errors["predicted"]).abs() / errors["actual"].abs().clip(lower=1.0)
    outside = (errors["actual"] < errors["lower_80"]) | (errors["actual"] > errors["upper_80"])
    by_month = errors.assign(scaled=scaled, outside=outside).groupby("forecast_month")
    usable = by_month.size() >= FEWEST_ERRORS
    medians, misses = by_month["scaled"].median()[usable], by_month["outside"].mean()[usable]
    for place, window in windows(medians.index):
        usual = float(medians.iloc[window].median())
        ratio = float(medians.iloc[place]) / usual if usual else float("nan")
        yield drift_row("error_ratio", "all", medians.index, place, window, ratio)
        yield drift_row("interval_miss_share", "all", misses.index, place, window, float(misses.iloc[place]))


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
