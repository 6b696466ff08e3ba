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


@dataclass(frozen=True)
class CountRegression:
    """A fitted regression of months; quantiles are those of a gamma law of the same mean and variance.

    Parameters
    ----------
    coefficients : ndarray, shape (p,)
        Intercept, trend, pairs of waves and, where asked for, the calendar.
    covariance : ndarray, shape (p, p)
        Of the coefficients, dispersion included.
    dispersion : float
        Variance over mean.
    harmonics : int
        Pairs of waves.
    last_step : int
        Number of the last month seen, from 0.
    has_calendar : bool
        Whether weekends and bank holidays are columns, too.
    """

    coefficients: Floats
    covariance: Floats
    dispersion: float
    harmonics: int
    last_step: int
    has_calendar: bool

    @property
    def label(self) -> str:
        """Name for the reader."""
        calendar = ", weekends and bank holidays" if self.has_calendar else ""
        return f"log-linear, {self.harmonics} harmonics{calendar}"

    @classmethod
    def fit(
        cls, values: Floats, months: pd.DatetimeIndex, *, has_calendar: bool = False
    ) -> CountRegression | None:
        """Fit to a history.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Harm days or counts.
        months : DatetimeIndex, shape (n,)
            Their months.
        has_calendar : bool
            Whether weekends and bank holidays are columns, too.

        Returns
        -------
        CountRegression or None
            None when it cannot be fitted.
        """
        harmonics = harmonics_of(len(values))
        design = seasonal_design(months, harmonics=harmonics)
        if has_calendar:
            design = np.hstack([design, calendar_columns(months)])
        fit = fit_log_linear(design, values, months.days_in_month.to_numpy(dtype=np.float64))
        if fit is None:
            return None
        return cls(fit.coefficients, fit.covariance, fit.dispersion, harmonics, len(values) - 1, has_calendar)

    def forecast(self, future: pd.DatetimeIndex) -> Forecast:
        """Forecast the months ahead."""
        from scipy.stats import gamma

        ahead = _design_ahead(future, harmonics=self.harmonics, last_step=self.last_step)
        if self.has_calendar:
            ahead = np.hstack([ahead, calendar_columns(future)])
        days = future.days_in_month.to_numpy(dtype=np.float64)
        mean = np.exp(np.clip(ahead @ self.coefficients + np.log(days), -_MOST_EXPONENT, _MOST_EXPONENT))
        of_parameters = np.einsum("hp,pq,hq->h", ahead, self.covariance, ahead)
        variance = np.maximum(self.dispersion * mean + mean**2 * of_parameters, 1e-12 * mean)
        bounds = {}
        for level in LEVELS:
            lower, upper = (
                gamma.ppf(p, mean**2 / variance, scale=variance / mean)
                for p in (0.5 - level / 2, 0.5 + level / 2)
            )
            # A law with a long tail has its mean above its quantiles when it is very wide.
            bounds[level] = (np.minimum(lower, mean), np.maximum(upper, mean))
        return Forecast(mean, bounds, self.label)


def rate_ahead(
    values: Floats, days: Floats, months: pd.DatetimeIndex, *, harmonics: int, columns: Floats | None = None
) -> float:
    """Forecast the month after a history.

    Parameters
    ----------
    values, days : ndarray, shape (n,)
        Amounts, not negative, and days of each month.
    months : DatetimeIndex, shape (n + 1,)
        Months of the history, and the one after it.
    harmonics : int
        Pairs of waves.
    columns : ndarray, shape (n + 1, p), optional
        What else is known of these months.

    Returns
    -------
    float
        Amount a day; NaN when the regression cannot be fitted.
    """
    known = np.zeros((len(months), 0)) if columns is None else columns
    seasonal = seasonal_design(months[:-1], harmonics=harmonics)
    fit = fit_log_linear(np.hstack([seasonal, known[:-1]]), values, days)
    if fit is None:
        return float("nan")
    ahead = _design_ahead(months[-1:], harmonics=harmonics, last_step=len(values) - 1)
    return float(np.exp(np.hstack([ahead, known[-1:]]) @ fit.coefficients)[0])


def harmonics_of(month_count: int) -> int:
    """Pairs of waves that a history of so many months has."""
    return 2 if month_count >= LONG_SEASON_MONTHS else 1


def _design_ahead(future: pd.DatetimeIndex, *, harmonics: int, last_step: int) -> Floats:
    """Design of the months after a history, whose trend fades."""
    trend = last_step + np.cumsum(TREND_DAMPING ** np.arange(1, len(future) + 1))
    return seasonal_design(future, harmonics=harmonics, trend=trend)


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
        None when the columns cannot be told apart, no degree of freedom is left, nothing was counted, or the
        steps do not settle: where a column is 1 in months without any amount, say, the likelihood has no
        maximum, and coefficients that are still on their way would forecast anything.
    """
    count, size = design.shape
    if count <= size or not values.any() or np.linalg.matrix_rank(design) < size:
        return None
    offset = np.log(exposure)
    mean = (values + values.mean()) / 2
    coefficients, is_done = np.zeros(size), False
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
    if not is_done:
        return None
    dispersion = float(np.sum((values - mean) ** 2 / mean) / (count - size))
    inverse = np.linalg.pinv(design.T @ (design * mean[:, None]), hermitian=True)
    return LogLinear(coefficients, inverse * dispersion, dispersion) if np.isfinite(dispersion) else None
