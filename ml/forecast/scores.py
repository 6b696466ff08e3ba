"""How far past forecasts were off, by model and by horizon.

Hyndman, R. J. and Koehler, A. B. (2006), International Journal of Forecasting 22(4), 679-688, for MASE;
Gneiting, T. and Raftery, A. E. (2007), JASA 102(477), 359-378, for the pinball loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.intervals import effective_count
from ml.forecast.coverage import coverage_finding

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

# Quantiles that the bounds are, and the column of each.
_QUANTILES = {
    "lower_95": 0.025,
    "lower_80": 0.1,
    "predicted": 0.5,
    "upper_80": 0.9,
    "upper_95": 0.975,
}
_LOSSES = ("mase", "scaled_pinball_loss", "adjusted_scaled_pinball_loss")
_SHARES = tuple(f"{prefix}coverage_{level}_share" for prefix in ("", "adjusted_") for level in (80, 95))

_CHANGED = tuple(f"adjusted_{level}_share" for level in (80, 95))
# Bounds that were stretched by 1 are themselves, up to rounding.
_ROUNDING = 1e-9


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


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Judge each forecast of a backtest.

    Parameters
    ----------
    rows : DataFrame
        What `ml.forecast.backtest.backtest` returned, with adjusted bounds.

    Returns
    -------
    DataFrame
        With the columns that it had, and ``mean_absolute_error``, ``mase`` and ``scaled_pinball_loss`` (mean
        over the five quantiles, in MASE's unit) of each forecast, and 1 or 0 for whether its intervals held
        the outcome (``coverage_80_share`` and so on); loss and coverage of the adjusted bounds beside them,
        and 1 or 0 for whether these are other bounds (``adjusted_80_share``, ``_95_``).
    """
    error = (rows["actual"] - rows["predicted"]).abs()
    inside = {
        f"{prefix}coverage_{level}_share": rows["actual"]
        .between(rows[f"{prefix}lower_{level}"], rows[f"{prefix}upper_{level}"])
        .astype(float)
        for prefix in ("", "adjusted_")
        for level in (80, 95)
    }
    changed = {f"adjusted_{level}_share": _is_changed(rows, level).astype(float) for level in (80, 95)}
    scale = rows["scaling_error"].astype(float)
    losses = {f"{prefix}scaled_pinball_loss": _pinball(rows, prefix) / scale for prefix in ("", "adjusted_")}
    return rows.assign(mean_absolute_error=error, mase=error / scale, **losses, **inside, **changed)


def judged_table(backtest: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Judge each forecast of a published backtest as `judged` does.

    Parameters
    ----------
    backtest : DataFrame
        Table ``ml_forecast_backtest`` or ``ml_forecast_count_backtest``.
    measure : str
        'harm_days' or 'crime_count'.
    """
    from ml.common.contracts_forecast import measured_names

    return judged(backtest.rename(columns={name: own for own, name in measured_names(measure).items()}))


def score(rows: pd.DataFrame) -> pd.DataFrame:
    """Score each model of one series' backtest.

    Parameters
    ----------
    rows : DataFrame
        What `ml.forecast.backtest.backtest` returned, with adjusted bounds.

    Returns
    -------
    DataFrame
        ``model``, ``origin_count``, ``judged_month_count`` (months that were forecast, from whatever origin),
        the means of what `judged` gives, every forecast of the same weight, and what is to be said of the
        adjusted intervals (``adjusted_coverage_80_finding``, ``_95_``: see `ml.forecast.coverage`).
    """
    means = (*_LOSSES, "mean_absolute_error", *_SHARES, *_CHANGED)
    grouped = judged(rows).groupby("model")
    table = grouped.agg(
        origin_count=("origin_month", "nunique"),
        judged_month_count=("forecast_month", "nunique"),
        **{name: (name, "mean") for name in means},
    ).reset_index()
    worth = [effective_count(months.value_counts()) for _, months in grouped["forecast_month"]]
    for level in (80, 95):
        # Months that never change are held by any interval, which says nothing of it.
        shares = table[f"adjusted_coverage_{level}_share"].where(table["mase"].notna())
        table[f"adjusted_coverage_{level}_finding"] = [
            coverage_finding(share, months, level) for share, months in zip(shares, worth, strict=True)
        ]
    return table


def scores_by_horizon(backtest: pd.DataFrame, scores: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Score the champions of each level by horizon, beside the plain baseline.

    Parameters
    ----------
    backtest, scores : DataFrame
        What `ml.forecast.forecast_all` returned.
    measure : str
        'harm_days' or 'crime_count'.

    Returns
    -------
    DataFrame
        Table ``ml_forecast_horizons`` of one measure; every series and origin of a level weighs the same.
        The champions were chosen by these months, so the figures flatter.
    """
    rows = judged_table(backtest, measure)
    champions = scores.loc[scores["is_champion"].astype(bool), ["series", "model"]]
    keys = ["level", "horizon_months"]
    of_champions = rows.merge(champions, on=["series", "model"]).groupby(keys)
    table = of_champions.agg(
        origin_count=("origin_month", "nunique"),
        forecast_count=("origin_month", "size"),
        **{name: (name, "mean") for name in (*_LOSSES, *_SHARES)},
    )
    of_baselines = rows.merge(_baselines(scores), on=["series", "model"]).groupby(keys)
    beside = of_baselines[list(_LOSSES)].mean().add_prefix("baseline_")
    return table.join(beside).reset_index().assign(measure=measure)


def _baselines(scores: pd.DataFrame) -> pd.DataFrame:
    """The plain baseline of each series: seasonal naive, or naive where that cannot be had."""
    named = scores[scores["model"].isin(["naive", "seasonal_naive"])]
    return named.sort_values(["series", "model"]).groupby("series").tail(1)[["series", "model"]]


def _is_changed(rows: pd.DataFrame, level: int) -> pd.Series:
    """Whether the adjusted interval of a level is another than the model's own."""
    lower, upper = (
        (rows[f"adjusted_{side}_{level}"] - rows[f"{side}_{level}"]).abs() for side in ("lower", "upper")
    )
    allowed = _ROUNDING * (1 + rows[f"upper_{level}"])
    return (lower > allowed) | (upper > allowed)


def _pinball(rows: pd.DataFrame, prefix: str) -> pd.Series:
    """Mean pinball loss over the quantiles; twice the loss of each, so that the median's is its error."""
    import pandas as pd

    losses = []
    for name, level in _QUANTILES.items():
        over = rows["actual"] - rows[name if name == "predicted" else f"{prefix}{name}"]
        losses.append(2 * np.maximum(level * over, (level - 1) * over))
    return pd.Series(np.mean(losses, axis=0), index=rows.index)
