"""Which models a history is given to, and how they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.words import counted
from ml.forecast.arima import Arima
from ml.forecast.baselines import PERIOD, Drift, Forecast, Naive, SeasonalNaive, State
from ml.forecast.ets import Smoothing, smoothed
from ml.forecast.ets_forms import FORMS, Form
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


@dataclass(frozen=True)
class History:
    """What is known of a series at the end of a month.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        Consecutive months.
    values : ndarray, shape (n,)
        Harm days or counts, as they were recorded.
    adjusted : ndarray, shape (n,)
        The same without declared breaks.
    note : str
        Which breaks were taken out, or an empty string.
    smoothing : Smoothing or None
        ETS fitted to ``adjusted``; None where it was not tried or cannot be fitted.
    """

    months: pd.DatetimeIndex
    values: Floats
    adjusted: Floats
    note: str
    smoothing: Smoothing | None = None


def plan_for(month_count: int) -> Plan:
    """Choose candidates by length.

    From two years on the candidates are seasonal naive, naive, drift, ETS, ARIMA and the count
    regression without and with the calendar, and a backtest may start from 18 months. Below that one year
    cannot tell a season from a trend: naive and drift only. Below three months nothing can be said.

    Parameters
    ----------
    month_count : int
        Months in the last contiguous stretch.
    """
    if month_count >= LONG_ENOUGH:
        models = ("seasonal_naive", "naive", "drift", "ets", "arima", "count_regression", CALENDAR_MODEL)
        return Plan(models, 18, PERIOD, "")
    held = f"only {counted(month_count, 'month')}, fewer than"
    if month_count >= SHORTEST:
        note = f"{held} {LONG_ENOUGH}: too short to tell a season from a trend"
        return Plan(("naive", "drift"), SHORTEST, 1, note)
    return Plan((), SHORTEST, 1, f"{held} {SHORTEST}: no forecast")


def history_of(months: pd.DatetimeIndex, values: Floats, forces: frozenset[str] = frozenset()) -> History:
    """Return what is known with such months, ETS not yet fitted.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        Consecutive months.
    values : ndarray, shape (n,)
        Harm days or counts.
    forces : frozenset of str
        Forces that the series is made of.
    """
    return History(months, values, *without_interventions(months, values, forces))


def with_smoothing(series: Sequence[Sequence[History]], forms: Sequence[Form] = FORMS) -> list[list[History]]:
    """Fit ETS to the histories of all series at once, which takes a small part of the time of one by one.

    Parameters
    ----------
    series : sequence of sequence of History
        Histories of each series, the longest last: that one decides whether the series is long enough.
    forms : sequence of Form
        What may be chosen.
    """
    is_long = ["ets" in plan_for(len(own[-1].values)).models for own in series]
    wanted = [one for own, has_ets in zip(series, is_long, strict=True) if has_ets for one in own]
    days = [one.months.days_in_month.to_numpy(dtype=np.float64) for one in wanted]
    pairs = [(one.adjusted, own) for one, own in zip(wanted, days, strict=True)]
    fits = iter(smoothed(pairs, PERIOD, forms))
    return [
        [replace(one, smoothing=next(fits)) for one in own] if has_ets else list(own)
        for own, has_ets in zip(series, is_long, strict=True)
    ]


def fit_model(model: str, history: History) -> tuple[State, str] | None:
    """Fit one named model to a history.

    The naive methods see the history as it is, so that they stay the plain baseline; the others see it
    without its declared breaks.

    Parameters
    ----------
    model : str
        'ets', 'arima', 'count_regression', 'calendar_regression', 'seasonal_naive', 'naive' or 'drift'.
    history : History
        What is known.

    Returns
    -------
    state, note : State and str, or None
        With what was done to the history first, or an empty string; None when the model cannot be fitted.
    """
    if model in _BASELINES:
        return _BASELINES[model](history.values), ""
    state: State | None
    if model == "ets":
        state = history.smoothing
    elif model == "arima":
        state = Arima.fit(history.adjusted, PERIOD)
    else:
        state = CountRegression.fit(history.adjusted, history.months, has_calendar=model == CALENDAR_MODEL)
    return None if state is None else (state, history.note)


def forecast_with(model: str, history: History, horizon: int) -> Forecast | None:
    """Fit one named model as `fit_model` does, and forecast so many months with it, clipped at 0.

    Returns
    -------
    Forecast or None
        None when the model cannot be fitted, or has no bounds.
    """
    fitted = fit_model(model, history)
    return None if fitted is None else path_of(fitted[0], history.months[-1], horizon)


def path_of(state: State, last: pd.Timestamp, horizon: int) -> Forecast | None:
    """Forecast the months after the last one seen, clipped at 0; None where there are no bounds."""
    forecast = state.forecast(months_after(last, horizon))
    return forecast.clipped() if forecast.is_finite else None


def months_after(month: pd.Timestamp, count: int) -> pd.DatetimeIndex:
    """The ``count`` months that follow ``month``."""
    import pandas as pd

    return pd.date_range(month, periods=count + 1, freq="MS")[1:]
