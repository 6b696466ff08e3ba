"""Rolling-origin backtest, its scores, and the choice of a champion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.forecast.models import Plan, forecast_with, months_after

Floats = npt.NDArray[np.float64]


def backtest(
    months: pd.DatetimeIndex, values: Floats, plan: Plan, *, horizon: int = 12, max_origins: int = 12
) -> pd.DataFrame:
    """Forecast from each of the last origins with what was known then, and set it beside what came.

    Every model, its form and its parameters are estimated again at every origin, on the months up to
    the origin and nothing else. All models are judged on the same origins: one that fails at any of
    them is left out.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        Consecutive months.
    values : ndarray, shape (n,)
        Harm days.
    plan : Plan
        Candidates and shortest history.
    horizon : int
        Longest horizon, in months; late origins have fewer.
    max_origins : int
        The most recent origins are used, at most this many (a year of them by default: more would
        cost time, and judge the model on a past that matters less).

    Returns
    -------
    DataFrame
        Table ``ml_forecast_backtest`` without ``series``; no rows when the history allows no origin.
    """
    origins = range(max(plan.min_train, len(values) - max_origins), len(values))
    parts: list[pd.DataFrame] = []
    for model in plan.models:
        rows: list[pd.DataFrame] = []
        for count in origins:
            row = _rows_at(model, months, values, count, horizon)
            if row is None:
                break
            rows.append(row)
        else:
            parts.extend(rows)
    columns = ["model", "origin_month", "forecast_month", "horizon_months", "actual_harm_days"]
    columns += ["predicted_harm_days", "lower_80", "upper_80", "lower_95", "upper_95"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _rows_at(
    model: str, months: pd.DatetimeIndex, values: Floats, count: int, horizon: int
) -> pd.DataFrame | None:
    """One model from one origin, the ``count``-th month."""
    ahead = min(horizon, len(values) - count)
    forecast = forecast_with(model, months[:count], values[:count], ahead)
    if forecast is None:
        return None
    bounds = {
        f"{side}_{round(level * 100)}": bound
        for level, pair in forecast.bounds.items()
        for side, bound in zip(("lower", "upper"), pair, strict=True)
    }
    return pd.DataFrame(
        {
            "model": model,
            "origin_month": months[count - 1],
            "forecast_month": months_after(months[count - 1], ahead),
            "horizon_months": np.arange(1, ahead + 1),
            "actual_harm_days": values[count : count + ahead],
            "predicted_harm_days": forecast.mean,
            **bounds,
        }
    )


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
        ``model``, ``origin_count``, ``mase``, ``mean_absolute_error_harm_days``, ``coverage_80_share``,
        ``coverage_95_share``; every origin and horizon weighs the same.

    References
    ----------
    Hyndman, R. J. and Koehler, A. B. (2006), International Journal of Forecasting 22(4), 679-688.
    """
    scales = {month: scaling_error(values[: i + 1], period) for i, month in enumerate(months)}
    error = (rows["actual_harm_days"] - rows["predicted_harm_days"]).abs()
    judged = pd.DataFrame(
        {
            "model": rows["model"],
            "origin": rows["origin_month"],
            "error": error,
            "scaled": error / rows["origin_month"].map(scales),
            "in_80": rows["actual_harm_days"].between(rows["lower_80"], rows["upper_80"]).astype(float),
            "in_95": rows["actual_harm_days"].between(rows["lower_95"], rows["upper_95"]).astype(float),
        }
    )
    return (
        judged.groupby("model")
        .agg(
            origin_count=("origin", "nunique"),
            mase=("scaled", "mean"),
            mean_absolute_error_harm_days=("error", "mean"),
            coverage_80_share=("in_80", "mean"),
            coverage_95_share=("in_95", "mean"),
        )
        .reset_index()
    )


def choose_champion(scores: pd.DataFrame, plan: Plan) -> tuple[str, str]:
    """Pick the model to publish.

    The rule: the lowest mean MASE over the same origins (mean absolute error where MASE is undefined);
    ETS must be strictly below every baseline. Ties, and series without a backtest, go to the plan's
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
    measure = "mase" if is_scaled else "mean_absolute_error_harm_days"
    figures = dict(zip(scores["model"], scores[measure].astype(float), strict=True))
    best = min(names, key=lambda name: (figures[name], names.index(name)))
    unit = "MASE" if is_scaled else "mean absolute error"
    shown = ", ".join(f"{name} {figures[name]:.3g}" for name in names)
    origins = int(scores["origin_count"].max())
    reason = f"{best} has the lowest {unit} over {origins} origins ({shown})"
    if "ets" in names and best != "ets":
        reason += "; ETS does not beat the baseline"
    if "ets" in plan.models and "ets" not in names:
        reason += "; ETS could not be fitted"
    return best, reason
