"""Forecast every series: the public entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from ml.forecast.baselines import Forecast
    from ml.forecast.models import Plan
    from ml.forecast.series import Stretch


def forecast_all(
    monthly: pd.DataFrame, horizon: int = 12, *, harm_scheme: str, max_origins: int = 12
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Forecast the monthly harm of each series, with its backtest and its scores.

    Parameters
    ----------
    monthly : DataFrame
        ``series``, ``month`` (first of month), ``harm_days``; one row per series and month.
        See `ml.forecast.series.monthly_series` for the way from forces to series.
    horizon : int
        Months ahead.
    harm_scheme : str
        Scheme that ``harm_days`` were counted with.
    max_origins : int
        Backtest origins, the most recent.

    Returns
    -------
    forecast : DataFrame
        Table ``ml_forecast_harm``: the champion's forecast; null figures where a series has fewer than
        three months.
    backtest : DataFrame
        Table ``ml_forecast_backtest``.
    scores : DataFrame
        Table ``ml_forecast_scores``.

    Raises
    ------
    ValueError
        A column is missing, a month repeats, or a value is negative or infinite.
    """
    import pandas as pd

    from ml.common.contracts import (
        ML_FORECAST_BACKTEST,
        ML_FORECAST_HARM,
        ML_FORECAST_SCORES,
        conform,
        empty_frame,
    )
    from ml.forecast.series import last_contiguous_stretch

    for name in ("series", "month", "harm_days"):
        if name not in monthly.columns:
            raise ValueError(f"forecast_all: monthly has no column {name!r}")
    if horizon < 1 or max_origins < 0:
        raise ValueError("forecast_all: horizon must be at least 1 and max_origins at least 0")
    contracts = (ML_FORECAST_HARM, ML_FORECAST_BACKTEST, ML_FORECAST_SCORES)
    collected: tuple[list[pd.DataFrame], ...] = ([], [], [])
    for series, part in monthly.groupby("series", sort=True):
        stretch = last_contiguous_stretch(part["month"], part["harm_days"])
        tables = _forecast_one(stretch, horizon, max_origins)
        for parts, table in zip(collected, tables, strict=True):
            if len(table):
                parts.append(table.assign(series=series))
    if collected[0]:
        collected[0][:] = [table.assign(harm_scheme=harm_scheme) for table in collected[0]]
    forecast, backtest, scores = (
        conform(pd.concat(parts, ignore_index=True), contract) if parts else empty_frame(contract)
        for parts, contract in zip(collected, contracts, strict=True)
    )
    return forecast, backtest, scores


def _forecast_one(
    stretch: Stretch, horizon: int, max_origins: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The three tables of one series, without its name."""
    from ml.forecast.backtest import backtest, choose_champion, score
    from ml.forecast.models import forecast_with, plan_for

    plan = plan_for(len(stretch.values))
    rows = backtest(stretch.months, stretch.values, plan, horizon=horizon, max_origins=max_origins)
    scores = score(rows, stretch.months, stretch.values, plan.period)
    if not plan.models:
        forecast = _forecast_rows(stretch, "none", None, horizon, _join(stretch.note, plan.note))
        return forecast, rows, _score_rows(scores, plan, "none", _join(stretch.note, plan.note))
    champion, reason = choose_champion(scores, plan)
    path = forecast_with(champion, stretch.months, stretch.values, horizon)
    if path is None:
        reason = f"{reason}; but it could not be fitted to the whole series: {plan.models[0]} instead"
        champion = plan.models[0]
        path = forecast_with(champion, stretch.months, stretch.values, horizon)
    label = path.label if path and champion == "ets" else ""
    note = _join(reason, stretch.note, plan.note)
    forecast = _forecast_rows(stretch, champion, path, horizon, _join(label, note))
    return forecast, rows, _score_rows(scores, plan, champion, note)


def _forecast_rows(
    stretch: Stretch, model: str, path: Forecast | None, horizon: int, note: str
) -> pd.DataFrame:
    """Rows of ml_forecast_harm; null figures without a path, no rows without a month to start from."""
    import numpy as np
    import pandas as pd

    from ml.forecast.models import months_after

    if len(stretch.months) == 0:
        return pd.DataFrame()
    table = pd.DataFrame({"forecast_month": months_after(stretch.months[-1], horizon)})
    table["horizon_months"] = np.arange(1, horizon + 1)
    table["model"] = model
    table["harm_days"] = np.nan if path is None else path.mean
    for level, share in ((80, 0.80), (95, 0.95)):
        lower, upper = (np.nan, np.nan) if path is None else path.bounds[share]
        table[f"harm_days_lower_{level}"] = lower
        table[f"harm_days_upper_{level}"] = upper
    return table.assign(
        train_start_month=stretch.months[0], train_end_month=stretch.months[-1], note=note or None
    )


def _score_rows(scores: pd.DataFrame, plan: Plan, champion: str, note: str) -> pd.DataFrame:
    """Rows of ml_forecast_scores: every candidate, scored or not, with the same note."""
    import pandas as pd

    candidates = pd.DataFrame({"model": list(plan.models) or [champion]})
    table = candidates.merge(scores, on="model", how="left")
    table["origin_count"] = table["origin_count"].fillna(0)
    table["is_champion"] = table["model"] == champion
    return table.assign(note=note or None)


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
