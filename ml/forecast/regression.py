"""Log-linear count regression with season and trend.

Wedderburn, R. W. M. (1974), Biometrika 61(3), 439-447, for quasi-likelihood; the variance is the mean times a
dispersion, so that harm days, which come in lumps, can be fitted as counts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecast.baselines import LEVELS, Forecast
from ml.forecast.covariates import calendar_columns

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

# A straight line on the log scale runs away; the trend of the months ahead fades by this factor a month.
TREND_DAMPING = 0.9
LONG_SEASON_MONTHS = 36
_MOST_STEPS = 50
_MOST_EXPONENT = 30.0


@dataclass(frozen=True)
class LogLinear:
    """A fitted log-linear mean.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Of the coefficients, dispersion included.
    dispersion : float
        Variance over mean.
    """

    coefficients: Floats
    covariance: Floats
    dispersion: float


def seasonal_design(
    months: pd.DatetimeIndex, *, harmonics: int, trend: Floats | None = None, year: int = 12
) -> Floats:
    """Columns of intercept, trend in years, and pairs of sine and cosine.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        Months.
    harmonics : int
        Pairs, from the yearly one on.
    trend : ndarray, shape (n,), optional
        Months since the start; 0, 1, 2 and so on by default.
    year : int
        Months in a season.
    """
    steps = np.arange(len(months), dtype=np.float64) if trend is None else trend
    angle = 2 * np.pi * months.month.to_numpy(dtype=np.float64) / year
    waves = [wave(k * angle) for k in range(1, harmonics + 1) for wave in (np.sin, np.cos)]
    return np.column_stack([np.ones(len(months)), steps / year, *waves])


def fit_log_linear(design: Floats, values: Floats, exposure: Floats) -> LogLinear | None:
    """Fit by iteratively reweighted least squares.

    Parameters
    ----------
    design : ndarray, shape (n, p)
        Columns.
    values : ndarray, shape (n,)
        Amounts, not negative.
    exposure : ndarray, shape (n,)
        Days of each month.

    Returns
    -------
    LogLinear or None
        None when the columns cannot be told apart, no degree of freedom is left or nothing was counted.
    """
    count, size = design.shape
    if count <= size or not values.any() or np.linalg.matrix_rank(design) < size:
        return None
    offset = np.log(exposure)
    mean = (values + values.mean()) / 2
    coefficients = np.zeros(size)
    for _ in range(_MOST_STEPS):
        working = np.log(mean) - offset + (values - mean) / mean
        weighted = design * mean[:, None]
        try:
            moved = np.linalg.solve(design.T @ weighted, weighted.T @ working)
        except np.linalg.LinAlgError:
            return None
        mean = np.exp(np.clip(design @ moved + offset, -_MOST_EXPONENT, _MOST_EXPONENT))
        is_done = bool(np.max(np.abs(moved - coefficients)) < 1e-9)
        coefficients = moved
        if is_done:
            break
    dispersion = float(np.sum((values - mean) ** 2 / mean) / (count - size))
    inverse = np.linalg.pinv(design.T @ (design * mean[:, None]), hermitian=True)
    return LogLinear(coefficients, inverse * dispersion, dispersion) if np.isfinite(dispersion) else None


def regression_forecast(
    values: Floats, history: pd.DatetimeIndex, future: pd.DatetimeIndex, *, has_calendar: bool = False
) -> Forecast | None:
    """Forecast with the regression; quantiles are those of a gamma law of the same mean and variance.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Harm days or counts.
    history, future : DatetimeIndex, shapes (n,) and (h,)
        Their months, and the months to forecast.
    has_calendar : bool
        Whether weekends and bank holidays are columns, too.

    Returns
    -------
    Forecast or None
        None when it cannot be fitted.
    """
    from scipy.stats import gamma

    harmonics = 2 if len(values) >= LONG_SEASON_MONTHS else 1
    design = seasonal_design(history, harmonics=harmonics)
    if has_calendar:
        design = np.hstack([design, calendar_columns(history)])
    fit = fit_log_linear(design, values, history.days_in_month.to_numpy(dtype=np.float64))
    if fit is None:
        return None
    trend = len(values) - 1 + np.cumsum(TREND_DAMPING ** np.arange(1, len(future) + 1))
    ahead = seasonal_design(future, harmonics=harmonics, trend=trend)
    if has_calendar:
        ahead = np.hstack([ahead, calendar_columns(future)])
    days = future.days_in_month.to_numpy(dtype=np.float64)
    mean = np.exp(np.clip(ahead @ fit.coefficients + np.log(days), -_MOST_EXPONENT, _MOST_EXPONENT))
    of_parameters = np.einsum("hp,pq,hq->h", ahead, fit.covariance, ahead)
    variance = np.maximum(fit.dispersion * mean + mean**2 * of_parameters, 1e-12 * mean)
    bounds = {}
    for level in LEVELS:
        lower, upper = (
            gamma.ppf(p, mean**2 / variance, scale=variance / mean)
            for p in (0.5 - level / 2, 0.5 + level / 2)
        )
        # A law with a long tail has its mean above its quantiles when it is very wide.
        bounds[level] = (np.minimum(lower, mean), np.maximum(upper, mean))
    is_finite = all(np.isfinite(bound).all() for pair in bounds.values() for bound in pair)
    label = f"log-linear, {harmonics} harmonics" + (", weekends and bank holidays" if has_calendar else "")
    return Forecast(mean, bounds, label) if is_finite else None
