"""Which models a history is given to, and how they are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecast.baselines import Forecast, drift, naive, seasonal_naive
from ml.forecast.ets import ets_forecast

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

PERIOD = 12
SHORTEST = 3
LONG_ENOUGH = 24


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


def plan_for(month_count: int) -> Plan:
    """Choose candidates by length.

    From two years on the candidates are seasonal naive, naive and ETS, and a backtest may start from
    18 months. Below that one year cannot tell a season from a trend: naive and drift only. Below three
    months nothing can be said.

    Parameters
    ----------
    month_count : int
        Months in the last contiguous stretch.
    """
    if month_count >= LONG_ENOUGH:
        return Plan(("seasonal_naive", "naive", "ets"), 18, PERIOD, "")
    if month_count >= SHORTEST:
        note = f"only {month_count} months, fewer than {LONG_ENOUGH}: too short to tell a season from a trend"
        return Plan(("naive", "drift"), SHORTEST, 1, note)
    return Plan((), SHORTEST, 1, f"only {month_count} months, fewer than {SHORTEST}: no forecast")


def forecast_with(model: str, months: pd.DatetimeIndex, values: Floats, horizon: int) -> Forecast | None:
    """Forecast a history with one named model, clipped at 0.

    Parameters
    ----------
    model : str
        'ets', 'seasonal_naive', 'naive' or 'drift'.
    months : DatetimeIndex
        The months of ``values``, consecutive.
    values : ndarray, shape (n,)
        Harm days.
    horizon : int
        Months ahead.

    Returns
    -------
    Forecast or None
        None when the model cannot be fitted.
    """
    if model == "ets":
        days = np.concatenate([months.days_in_month, months_after(months[-1], horizon).days_in_month])
        forecast = ets_forecast(values, horizon, days.astype(np.float64), PERIOD)
        return None if forecast is None else forecast.clipped()
    baselines: dict[str, Callable[[Floats, int], Forecast]] = {
        "seasonal_naive": seasonal_naive,
        "naive": naive,
        "drift": drift,
    }
    return baselines[model](values, horizon).clipped()


def months_after(month: pd.Timestamp, count: int) -> pd.DatetimeIndex:
    """The ``count`` months that follow ``month``."""
    import pandas as pd

    return pd.date_range(month, periods=count + 1, freq="MS")[1:]
