"""Which models a history is given to, and how they are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecast.arima import Arima
from ml.forecast.baselines import PERIOD, Drift, Forecast, Naive, SeasonalNaive, State
from ml.forecast.ets import Smoothing
from ml.forecast.interventions import without_interventions
from ml.forecast.regression import CountRegression

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

SHORTEST = 3
LONG_ENOUGH = 24
CALENDAR_MODEL = "calendar_regression"

_BASELINES: dict[str, Callable[[Floats], State]] = {
    "seasonal_naive": SeasonalNaive.fit,
    "naive": Naive.fit,
    "drift": Drift.fit,
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


def fit_model(
    model: str,
    months: pd.DatetimeIndex,
    values: Floats,
    *,
    forces: frozenset[str] = frozenset(),
    label: str = "",
) -> tuple[State, str] | None:
    """Fit one named model to a history.

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
    forces : frozenset of str
        Forces that the series is made of.
    label : str
        The only form of ETS to be tried; empty for all.

    Returns
    -------
    state, note : State and str, or None
        With what was done to the history first, or an empty string; None when the model cannot be fitted.
    """
    if model in _BASELINES:
        return _BASELINES[model](values), ""
    history, note = without_interventions(months, values, forces)
    state: State | None
    if model == "ets":
        state = Smoothing.fit(history, months.days_in_month.to_numpy(dtype=np.float64), PERIOD, label)
    elif model == "arima":
        state = Arima.fit(history, PERIOD)
    else:
        state = CountRegression.fit(history, months, has_calendar=model == CALENDAR_MODEL)
    return None if state is None else (state, note)


def forecast_with(
    model: str,
    months: pd.DatetimeIndex,
    values: Floats,
    horizon: int,
    *,
    forces: frozenset[str] = frozenset(),
    label: str = "",
) -> Forecast | None:
    """Fit one named model as `fit_model` does, and forecast so many months with it, clipped at 0.

    Returns
    -------
    Forecast or None
        None when the model cannot be fitted, or has no bounds.
    """
    fitted = fit_model(model, months, values, forces=forces, label=label)
    return None if fitted is None else path_of(fitted[0], months[-1], horizon)


def path_of(state: State, last: pd.Timestamp, horizon: int) -> Forecast | None:
    """Forecast the months after the last one seen, clipped at 0; None where there are no bounds."""
    forecast = state.forecast(months_after(last, horizon))
    return forecast.clipped() if forecast.is_finite else None


def months_after(month: pd.Timestamp, count: int) -> pd.DatetimeIndex:
    """The ``count`` months that follow ``month``."""
    import pandas as pd

    return pd.date_range(month, periods=count + 1, freq="MS")[1:]
