"""Errors of forecasts and of the risk map: what was forecast for a month against what then came.

What is compared is what an earlier release issued (:mod:`ml.monitoring.issued`) and, of months for which none
did, the backtest's forecast, made anew from the months that were over by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ml.monitoring.reference import Row, drift_row, windows
from ml.risk.metrics import unit_deviance

if TYPE_CHECKING:
    import pandas as pd

# A median of fewer series says little of a model.
FEWEST_SERIES = 3
# One month of one series says little: its error is as often twice the usual one by chance.
LATEST_MONTHS = 3
_ALL = "all"
# Something that came where nothing was expected is infinitely deviant: one area would hide later months.
_LEAST_EXPECTED = 0.01


def forecast_errors(amount: str, forecasts: pd.DataFrame) -> Iterator[Row]:
    """Hold the one-month-ahead errors of published models against those of the months before.

    Parameters
    ----------
    amount
        ``count`` or ``harm``.
    forecasts
        One row a series and month: ``series``, ``level``, ``forecast_month``, ``actual``, ``predicted``,
        ``lower_80``, ``upper_80``, ``scaling_error`` (mean absolute error of a naive forecast of the months
        up to the origin, the unit of MASE; null where it is 0).

    Yields
    ------
    tuple
        A row a month of all series together, and of the total and each force.

    References
    ----------
    Hyndman, R. J. and Koehler, A. B. (2006), Another look at measures of forecast accuracy, International
    Journal of Forecasting 22, 679-688.
    """
    if not len(forecasts):
        return
    scaled = (forecasts["actual"] - forecasts["predicted"]).abs() / forecasts["scaling_error"]
    is_missed = (forecasts["actual"] < forecasts["lower_80"]) | (forecasts["actual"] > forecasts["upper_80"])
    errors = forecasts.assign(scaled=scaled, is_missed=is_missed)
    by_month = errors.groupby("forecast_month")
    usable = by_month.size() >= FEWEST_SERIES
    yield from _ratios(f"forecast_{amount}_error_ratio", _ALL, by_month["scaled"].median()[usable])
    misses = by_month["is_missed"].mean()[usable]
    for place, window in windows(misses.index):
        value = float(misses.iloc[place])
        yield drift_row(f"forecast_{amount}_miss_share", _ALL, misses.index, place, window, value)
    for series, held in errors[errors["level"].isin(("total", "force"))].groupby("series"):
        monthly = held.set_index("forecast_month")["scaled"].sort_index()
        yield from _ratios(f"forecast_{amount}_series_error_ratio", series, monthly, LATEST_MONTHS)


def risk_errors(risk: pd.DataFrame) -> Iterator[Row]:
    """Hold the errors of the map of a month, by neighbourhood, against those of the months before.

    Parameters
    ----------
    risk
        One row a month and LSOA 2021: ``force_slug``, ``forecast_month``, ``expected_crime_count``,
        ``recorded_crime_count``, ``expected_harm_days``, ``recorded_harm_days``.

    Yields
    ------
    tuple
        A row a measure, month and force, and of all forces where there are several.
    """
    if not len(risk):
        return
    came, mean = (risk[f"{word}_crime_count"].to_numpy(dtype=float) for word in ("recorded", "expected"))
    errors = risk.assign(
        deviance=unit_deviance(came, mean.clip(_LEAST_EXPECTED)),
        harm_error=(risk["recorded_harm_days"] - risk["expected_harm_days"]).abs(),
    )
    for force, held in errors.groupby("force_slug"):
        yield from _of_area(force, held)
    if errors["force_slug"].nunique() > 1:
        yield from _of_area(_ALL, errors)


def _of_area(subject: object, errors: pd.DataFrame) -> Iterator[Row]:
    by_month = errors.groupby("forecast_month")
    yield from _ratios("risk_count_deviance_ratio", subject, by_month["deviance"].mean())
    yield from _ratios("risk_harm_error_ratio", subject, by_month["harm_error"].mean())
    for amount, column in (("count", "crime_count"), ("harm", "harm_days")):
        sums = by_month[[f"recorded_{column}", f"expected_{column}"]].sum()
        expected = sums[f"expected_{column}"]
        bias = (sums[f"recorded_{column}"] / expected.where(expected > 0) - 1).abs()
        for month, value in bias.items():
            yield (f"risk_{amount}_bias", str(subject), month, float(value), None, None)


def _ratios(measure: str, subject: object, monthly: pd.Series, latest: int = 1) -> Iterator[Row]:
    """Yield the mean of the latest months over the mean of those before; NaN where that is 0."""
    for place, window in windows(monthly.index, latest):
        usual = float(monthly.iloc[window].mean())
        newest = float(monthly.iloc[place - latest + 1 : place + 1].mean())
        value = newest / usual if usual else float("nan")
        yield drift_row(measure, subject, monthly.index, place, window, value)
