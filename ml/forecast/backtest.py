"""Rolling-origin backtest, its scores, and the choice of a champion."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.forecast.baselines import Forecast
from ml.forecast.models import Plan, forecast_with

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
)
# Quantiles that the bounds are, and the column of each.
_QUANTILES = {
    "lower_95": 0.025,
    "lower_80": 0.1,
    "predicted": 0.5,
    "upper_80": 0.9,
    "upper_95": 0.975,
}


def backtest(
    months: pd.DatetimeIndex,
    values: Floats,
    plan: Plan,
    *,
    horizon: int = 12,
    max_origins: int = 12,
    forces: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """Forecast from each of the last origins with what was known then, and set it beside what came.

    Every model and its parameters are estimated again at every origin, on the months up to the origin and
    nothing else; the form of ETS is chosen at the first origin and kept, which no later month can have
    told it. All models are judged on the same origins: one that fails at any of them is left out.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        Consecutive months.
    values : ndarray, shape (n,)
        Harm days or counts.
    plan : Plan
        Candidates and shortest history.
    horizon : int
        Longest horizon, in months; late origins have fewer.
    max_origins : int
        The most recent origins are used, at most this many (a year of them by default: more would
        cost time, and judge the model on a past that matters less).
    forces : frozenset of str
        Forces that the series is made of.

    Returns
    -------
    DataFrame
        ``model``, ``origin_month``, ``forecast_month``, ``horizon_months``, ``actual``, ``predicted`` and
        bounds by level (``lower_80`` and so on); no rows when the history allows no origin.
    """
    origins = range(max(plan.min_train, len(values) - max_origins), len(values))
    parts: list[dict[str, npt.NDArray[Any]]] = []
    for model in plan.models:
        rows: list[dict[str, npt.NDArray[Any]]] = []
        label = ""
        for count in origins:
            ahead = min(horizon, len(values) - count)
            forecast = forecast_with(model, months[:count], values[:count], ahead, forces=forces, label=label)
            if forecast is None:
                break
            label = forecast.label
            rows.append(_rows_at(model, months, values, count, forecast))
        else:
            parts.extend(rows)
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS})


def _rows_at(
    model: str, months: pd.DatetimeIndex, values: Floats, count: int, forecast: Forecast
) -> dict[str, npt.NDArray[Any]]:
    """Columns of one model from one origin, the ``count``-th month."""
    ahead = len(forecast.mean)
    stamps = months.to_numpy()
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
    }


def scaling_error(values: Floats, period: int) -> float:
    """In-sample mean absolute error of the (seasonal) naive forecast: MASE's unit.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Training history.
    period : int
        Lag: 12 for the seasonal naive forecast, 1 for the naive one.

    Returns
    -------
    float
        NaN when the history is too short or repeats itself exactly (0/0).
    """
    if len(values) <= period:
        return float("nan")
    error = float(np.mean(np.abs(values[period:] - values[:-period])))
    return error if error > 0 else float("nan")


def score(rows: pd.DataFrame, months: pd.DatetimeIndex, values: Floats, period: int) -> pd.DataFrame:
    """Score each model of a backtest.

    Parameters
    ----------
    rows : DataFrame
        What `backtest` returned.
    months, values
        The series that it was run on.
    period : int
        Lag of MASE's scaling error, computed at each origin from the training months only.

    Returns
    -------
    DataFrame
        ``model``, ``origin_count``, ``mase``, ``scaled_pinball_loss`` (mean over the five quantiles, in
        MASE's unit), ``mean_absolute_error``, ``coverage_80_share``, ``coverage_95_share`` and
        the same two of the adjusted bounds; every origin and horizon weighs the same.

    References
    ----------
    Hyndman, R. J. and Koehler, A. B. (2006), International Journal of Forecasting 22(4), 679-688, for
    MASE; Gneiting, T. and Raftery, A. E. (2007), JASA 102(477), 359-378, for the pinball loss.
    """
    scales = {month: scaling_error(values[: i + 1], period) for i, month in enumerate(months)}
    scale = rows["origin_month"].map(scales).astype(float)
    error = (rows["actual"] - rows["predicted"]).abs()
    judged = pd.DataFrame(
        {
            "model": rows["model"],
            "origin": rows["origin_month"],
            "error": error,
            "scaled": error / scale,
            "pinball": _pinball(rows) / scale,
            "in_80": _inside(rows, "lower_80", "upper_80"),
            "in_95": _inside(rows, "lower_95", "upper_95"),
            "adjusted_80": _inside(rows, "adjusted_lower_80", "adjusted_upper_80"),
            "adjusted_95": _inside(rows, "adjusted_lower_95", "adjusted_upper_95"),
        }
    )
    return (
        judged.groupby("model")
        .agg(
            origin_count=("origin", "nunique"),
            mase=("scaled", "mean"),
            scaled_pinball_loss=("pinball", "mean"),
            mean_absolute_error=("error", "mean"),
            coverage_80_share=("in_80", "mean"),
            coverage_95_share=("in_95", "mean"),
            adjusted_coverage_80_share=("adjusted_80", "mean"),
            adjusted_coverage_95_share=("adjusted_95", "mean"),
        )
        .reset_index()
    )


def _inside(rows: pd.DataFrame, lower: str, upper: str) -> pd.Series:
    return rows["actual"].between(rows[lower], rows[upper]).astype(float)


def _pinball(rows: pd.DataFrame) -> pd.Series:
    """Mean pinball loss over the quantiles; twice the loss of each, so that the median's is its error."""
    losses = []
    for name, level in _QUANTILES.items():
        over = rows["actual"] - rows[name]
        losses.append(2 * np.maximum(level * over, (level - 1) * over))
    return pd.Series(np.mean(losses, axis=0), index=rows.index)


def choose_champion(scores: pd.DataFrame, plan: Plan) -> tuple[str, str]:
    """Pick the model to publish.

    The rule: the lowest mean MASE over the same origins (mean absolute error where MASE is undefined);
    a model must be strictly below every baseline. Ties, and series without a backtest, go to the plan's
    first baseline.

    Parameters
    ----------
    scores : DataFrame
        What `score` returned, one row per model.
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
