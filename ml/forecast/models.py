"""Which models a history is given to, and how they are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecast.arima import arima_forecast
from ml.forecast.baselines import Forecast, drift, naive, seasonal_naive
from ml.forecast.ets import ets_forecast
from ml.forecast.interventions import without_interventions
from ml.forecast.regression import regression_forecast

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

PERIOD = 12
SHORTEST = 3
LONG_ENOUGH = 24
CALENDAR_MODEL = "calendar_regression"

_BASELINES: dict[str, Callable[[Floats, int], Forecast]] = {
    "seasonal_naive": seasonal_naive,
    "naive": naive,
    "drift": drift,
}


@dataclass(frozen=True)
class Plan:
    """What a series' length allows.

    Parameters
    ----------
    models : tuple of str
        Candidates, the preferred baseline first: ties and missing evidence go to the first.
    min_train : int
        Shortest history that a backtest origin may have.
    period : int
        Lag of the naive error that MASE is scaled by.
    note : str
        What the reader must know, or an empty string.
    """

    models: tuple[str, ...]
    min_train: int
    period: int
    note: str


def plan_for(month_count: int, *, has_ets: bool = True) -> Plan:
    """Choose candidates by length.

    From two years on the candidates are seasonal naive, naive, drift, ETS, ARIMA and the count
    regression without and with the calendar, and a backtest may start from 18 months. Below that one year
    cannot tell a season from a trend: naive and drift only. Below three months nothing can be said.

    Parameters
    ----------
    month_count : int
        Months in the last contiguous stretch.
    has_ets : bool
        Whether ETS may be tried: it takes a hundred times as long as all others together.
    """
    if month_count >= LONG_ENOUGH:
        models = ("seasonal_naive", "naive", "drift", "ets", "arima", "count_regression", CALENDAR_MODEL)
        if has_ets:
            return Plan(models, 18, PERIOD, "")
        kept = tuple(model for model in models if model != "ets")
        return Plan(kept, 18, PERIOD, "ETS is not tried for a series this small, for its time")
    if month_count >= SHORTEST:
        note = f"only {month_count} months, fewer than {LONG_ENOUGH}: too short to tell a season from a trend"
        return Plan(("naive", "drift"), SHORTEST, 1, note)
    return Plan((), SHORTEST, 1, f"only {month_count} months, fewer than {SHORTEST}: no forecast")


def forecast_with(
    model: str,
    months: pd.DatetimeIndex,
    values: Floats,
    horizon: int,
    *,
    forces: frozenset[str] = frozenset(),
    label: str = "",
) -> Forecast | None:
    """Forecast a history with one named model, clipped at 0.

    The naive methods see the history as it is, so that they stay the plain baseline; the others see it
    without its declared breaks.

    Parameters
    ----------
    model : str
        'ets', 'arima', 'count_regression', 'calendar_regression', 'seasonal_naive', 'naive' or 'drift'.
    months : DatetimeIndex
        The months of ``values``, consecutive.
    values : ndarray, shape (n,)
        Harm days or counts.
    horizon : int
        Months ahead.
    forces : frozenset of str
        Forces that the series is made of.
    label : str
        The only form of ETS to be tried; empty for all.

    Returns
    -------
    Forecast or None
        None when the model cannot be fitted.
    """
    if model in _BASELINES:
        return _BASELINES[model](values, horizon).clipped()
    history, note = without_interventions(months, values, forces)
    future = months_after(months[-1], horizon)
    if model == "ets":
        days = np.concatenate([months.days_in_month, future.days_in_month]).astype(np.float64)
        forecast = ets_forecast(history, horizon, days, PERIOD, label)
    elif model == "arima":
        forecast = arima_forecast(history, horizon, PERIOD)
    else:
        forecast = regression_forecast(history, months, future, has_calendar=model == CALENDAR_MODEL)
    if forecast is None:
        return None
    return Forecast(forecast.mean, forecast.bounds, forecast.label, note).clipped()


def months_after(month: pd.Timestamp, count: int) -> pd.DatetimeIndex:
    """The ``count`` months that follow ``month``."""
    import pandas as pd

    return pd.date_range(month, periods=count + 1, freq="MS")[1:]
