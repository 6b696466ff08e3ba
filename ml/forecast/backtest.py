"""Rolling-origin backtest, and the choice of a champion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.forecast.baselines import Forecast
from ml.forecast.models import History, Plan, forecast_with, history_of
from ml.forecast.scores import scaling_error

Floats = npt.NDArray[np.float64]

BASELINES = ("seasonal_naive", "naive", "drift")
_COLUMNS = (
    "model",
    "origin_month",
    "forecast_month",
    "horizon_months",
    "actual",
    "predicted",
    "lower_80",
    "upper_80",
    "lower_95",
    "upper_95",
    "scaling_error",
)


def histories_at_origins(
    months: pd.DatetimeIndex,
    values: Floats,
    plan: Plan,
    *,
    max_origins: int = 23,
    forces: frozenset[str] = frozenset(),
) -> list[History]:
    """Return what was known at each of the last origins, and then the whole series.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        Consecutive months.
    values : ndarray, shape (n,)
        Harm days or counts.
    plan : Plan
        Shortest history.
    max_origins : int
        The most recent origins are used, at most this many: by default just enough for twelve forecasts
        twelve months ahead, as more would judge the model on a past that matters less.
    forces : frozenset of str
        Forces that the series is made of.
    """
    origins = range(max(plan.min_train, len(values) - max_origins), len(values))
    return [history_of(months[:count], values[:count], forces) for count in (*origins, len(values))]


def backtest(histories: Sequence[History], plan: Plan, *, horizon: int = 12) -> pd.DataFrame:
    """Forecast from each of the last origins with what was known then, and set it beside what came.

    Every model, its form and its parameters are chosen again at every origin, on the months up to the origin
    and nothing else. All models are judged on the same origins: one that fails at any of them is left out.

    Parameters
    ----------
    histories : sequence of History
        What was known at each origin, and then the whole series.
    plan : Plan
        Candidates.
    horizon : int
        Longest horizon, in months; late origins have fewer.

    Returns
    -------
    DataFrame
        ``model``, ``origin_month``, ``forecast_month``, ``horizon_months``, ``actual``, ``predicted``,
        bounds by level (``lower_80`` and so on) and ``scaling_error`` (MASE's unit, from the months up to
        the origin); no rows when the history allows no origin.
    """
    *known, whole = histories
    parts: list[dict[str, npt.NDArray[Any]]] = []
    for model in plan.models:
        rows: list[dict[str, npt.NDArray[Any]]] = []
        for history in known:
            ahead = min(horizon, len(whole.values) - len(history.values))
            forecast = forecast_with(model, history, ahead)
            if forecast is None:
                break
            rows.append(_rows_at(model, whole, len(history.values), forecast, plan.period))
        else:
            parts.extend(rows)
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS})


def _rows_at(
    model: str, whole: History, count: int, forecast: Forecast, period: int
) -> dict[str, npt.NDArray[Any]]:
    """Columns of one model from one origin, the ``count``-th month."""
    ahead = len(forecast.mean)
    stamps, values = whole.months.to_numpy(), whole.values
    bounds = {
        f"{side}_{round(level * 100)}": bound
        for level, pair in forecast.bounds.items()
        for side, bound in zip(("lower", "upper"), pair, strict=True)
    }
    return {
        "model": np.full(ahead, model, dtype=object),
        "origin_month": np.repeat(stamps[count - 1], ahead),
        "forecast_month": stamps[count : count + ahead],
        "horizon_months": np.arange(1, ahead + 1),
        "actual": values[count : count + ahead],
        "predicted": forecast.mean,
        **bounds,
        "scaling_error": np.full(ahead, scaling_error(values[:count], period)),
    }


def choose_champion(scores: pd.DataFrame, plan: Plan) -> tuple[str, str]:
    """Pick the model to publish.

    The rule: the lowest mean MASE over the same origins (mean absolute error where MASE is undefined);
    a model must be strictly below every baseline. Ties, and series without a backtest, go to the plan's
    first baseline.

    Parameters
    ----------
    scores : DataFrame
        What `ml.forecast.scores.score` returned, one row per model.
    plan : Plan
        Candidates, preferred baseline first.

    Returns
    -------
    model : str
    reason : str
        In words, for the ``note``.
    """
    first = plan.models[0]
    names = [model for model in plan.models if model in set(scores["model"])]
    if not names:
        return first, f"no backtest origin in so short a series: {first} by default"
    is_scaled = bool(scores["mase"].notna().all())
    measure = "mase" if is_scaled else "mean_absolute_error"
    figures = dict(zip(scores["model"], scores[measure].astype(float), strict=True))
    best = min(names, key=lambda name: (figures[name], names.index(name)))
    unit = "MASE" if is_scaled else "mean absolute error"
    shown = ", ".join(f"{name} {figures[name]:.3g}" for name in names)
    origins = int(scores["origin_count"].max())
    reason = f"{best} has the lowest {unit} over {origins} origins ({shown})"
    if best in BASELINES and set(names) - set(BASELINES):
        reason += "; no model beats the baseline"
    if "ets" in plan.models and "ets" not in names:
        reason += "; ETS could not be fitted"
    return best, reason
