"""Intervals that are widened where earlier ones held too little.

Split conformal prediction: Vovk, V., Gammerman, A. and Shafer, G. (2005), *Algorithmic Learning in a Random
World*, Springer; for a forecast with bounds of its own, Romano, Y., Patterson, E. and Candes, E. (2019),
Advances in Neural Information Processing Systems 32. Errors of one series are not exchangeable, so the
promise of coverage is an approximation here, and what came of it is measured.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Of one horizon; errors of its nearest neighbours are taken, too, until there are so many.
FEWEST_ERRORS = 60
TOLERANCE = 0.04
# A factor of overlapping errors may be anything; beyond these bounds it would be an accident. Intervals are
# not narrowed: they scored worse so, or held less where too little was held (docs/methods/forecasts.md).
FACTOR_BOUNDS = (1.0, 3.0)
LEVELS = (80, 95)


def reach(actual: Floats, predicted: Floats, lower: Floats, upper: Floats) -> Floats:
    """How many half widths the outcome lies from the forecast: 1 is on the bound.

    Parameters
    ----------
    actual, predicted, lower, upper : ndarray, shape (n,)
        Outcomes, forecasts and bounds.
    """
    error = actual - predicted
    half = np.where(error >= 0, upper - predicted, predicted - lower)
    size = np.abs(error)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(size == 0, 0.0, size / half)


def conformal_factor(reached: Floats, level: float) -> float:
    """What to stretch the half widths by so that the level is kept.

    Parameters
    ----------
    reached : ndarray, shape (n,)
        From `reach`, of forecasts whose outcome is known.
    level : float
        Nominal coverage.

    Returns
    -------
    float
        1 with fewer than 60 errors, or when coverage is within four points of the level; else the
        conformal quantile, the ceil((n + 1) level)-th smallest, between 1 and 3.
    """
    count = len(reached)
    if count < FEWEST_ERRORS:
        return 1.0
    # 76 in 100 are four points off 80%, which the difference of the two shares exceeds by rounding.
    if abs(float(np.mean(reached <= 1)) - level) <= TOLERANCE + 1e-9:
        return 1.0
    rank = min(int(np.ceil((count + 1) * level)), count)
    return float(np.clip(np.partition(reached, rank - 1)[rank - 1], *FACTOR_BOUNDS))


def neighbours(horizons: Ints, horizon: int) -> int:
    """How many horizons on each side a horizon must borrow errors from.

    Parameters
    ----------
    horizons : ndarray of int, shape (n,)
        Horizon of each error that is known.
    horizon : int
        The one to be adjusted.

    Returns
    -------
    int
        The fewest with which there are 60 errors; more than any horizon lies away if there never are.
    """
    within = np.cumsum(np.bincount(np.abs(horizons - horizon)))
    return int(np.searchsorted(within, FEWEST_ERRORS))


def horizon_factors(rows: pd.DataFrame, count: int) -> tuple[dict[int, Floats], Floats]:
    """Factors of each horizon from a model's whole backtest.

    Parameters
    ----------
    rows : DataFrame
        The model's rows of `ml.forecast.backtest.backtest`.
    count : int
        Horizons.

    Returns
    -------
    factors : dict of int to ndarray, shape (count,)
        By level in per cent.
    pooled : ndarray, shape (count,)
        Horizons on each side that lent their errors; NaN where they were too few even so.
    """
    horizons = rows["horizon_months"].to_numpy(dtype=np.int64)
    reached = {level: reach_of(rows, level) for level in LEVELS}
    ahead = range(1, count + 1)
    borrowed = [neighbours(horizons, horizon) for horizon in ahead]
    factors = {
        level: np.array(
            [
                conformal_factor(reached[level][np.abs(horizons - horizon) <= away], level / 100)
                for horizon, away in zip(ahead, borrowed, strict=True)
            ]
        )
        for level in LEVELS
    }
    is_enough = len(rows) >= FEWEST_ERRORS
    return factors, np.array(borrowed, dtype=np.float64) if is_enough else np.full(count, np.nan)


def stretched(
    predicted: Floats, bounds: dict[int, tuple[Floats, Floats]], factors: Mapping[int, Floats | float]
) -> dict[int, tuple[Floats, Floats]]:
    """Bounds stretched about the forecast, not below 0, and wider levels around narrower ones.

    Parameters
    ----------
    predicted : ndarray, shape (n,)
        Forecasts.
    bounds : dict of int to (lower, upper)
        Bounds by level in per cent.
    factors : dict of int to ndarray
        Factors by level, of shape (n,) or one figure.
    """
    result: dict[int, tuple[Floats, Floats]] = {}
    inner = (predicted, predicted)
    for level in sorted(bounds):
        lower, upper = bounds[level]
        lower = np.maximum(predicted - (predicted - lower) * factors[level], 0.0)
        upper = predicted + (upper - predicted) * factors[level]
        inner = (np.minimum(lower, inner[0]), np.maximum(upper, inner[1]))
        result[level] = inner
    return result


def with_adjusted_bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """Add to a backtest the bounds that conformal adjustment would have given at each origin.

    The factor at an origin is computed as `horizon_factors` does, from earlier origins of the same model, and
    of these only from months whose outcome was known by then.

    Parameters
    ----------
    rows : DataFrame
        What `ml.forecast.backtest.backtest` returned.

    Returns
    -------
    DataFrame
        With ``adjusted_lower_80`` and so on.
    """
    if rows.empty:
        return rows.assign(**{f"adjusted_{name}": np.array([]) for name in _bound_names()})
    origins = rows["origin_month"].to_numpy()
    known = rows["forecast_month"].to_numpy()
    models = rows["model"].to_numpy()
    predicted = rows["predicted"].to_numpy(dtype=np.float64)
    factors: dict[int, Floats] = {level: np.ones(len(rows)) for level in LEVELS}
    for model in dict.fromkeys(models):
        is_model = models == model
        for origin in np.unique(origins[is_model]):
            here = is_model & (origins == origin)
            at_hand, _ = horizon_factors(rows[is_model & (known <= origin)], int(here.sum()))
            for level in LEVELS:
                factors[level][here] = at_hand[level]
    bounds = {
        level: (rows[f"lower_{level}"].to_numpy(), rows[f"upper_{level}"].to_numpy()) for level in factors
    }
    adjusted = stretched(predicted, bounds, factors)
    columns = {
        f"adjusted_{side}_{level}": bound
        for level, pair in adjusted.items()
        for side, bound in zip(("lower", "upper"), pair, strict=True)
    }
    return rows.assign(**columns)


def reach_of(rows: pd.DataFrame, level: int) -> Floats:
    """`reach` of a backtest's rows at a level in per cent."""
    names = ("actual", "predicted", f"lower_{level}", f"upper_{level}")
    return reach(*(rows[name].to_numpy(dtype=np.float64) for name in names))


def _bound_names() -> list[str]:
    return [f"{side}_{level}" for level in LEVELS for side in ("lower", "upper")]
