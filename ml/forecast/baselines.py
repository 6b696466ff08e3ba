"""Naive forecasts with their textbook intervals.

Hyndman, R. J. and Athanasopoulos, G., *Forecasting: principles and practice*, 3rd edition, sections
5.2 (methods) and 5.5 (intervals, table 5.2). Residual standard deviations divide by the number of
residuals less the number of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVELS = (0.80, 0.95)


@dataclass(frozen=True)
class Forecast:
    """A forecast path, horizons 1 to h.

    Parameters
    ----------
    mean : ndarray, shape (h,)
        Point forecast.
    bounds : dict of float to (lower, upper)
        Interval bounds by level.
    label : str
        What the model turned out to be.
    note : str
        What was done to the history first, or an empty string.
    """

    mean: Floats
    bounds: dict[float, tuple[Floats, Floats]]
    label: str
    note: str = ""

    def clipped(self) -> Forecast:
        """The same forecast with nothing below 0, as harm cannot be negative."""
        bounds = {
            level: (np.maximum(lower, 0.0), np.maximum(upper, 0.0))
            for level, (lower, upper) in self.bounds.items()
        }
        return Forecast(np.maximum(self.mean, 0.0), bounds, self.label, self.note)


def symmetric_forecast(mean: Floats, spread: Floats, label: str, degrees: int | None = None) -> Forecast:
    """Forecast whose bounds are mean +/- quantile x spread.

    Parameters
    ----------
    mean, spread : ndarray, shape (h,)
        Point forecasts and standard deviations of the forecast errors.
    label : str
        Name for the reader.
    degrees : int, optional
        Degrees of freedom of Student's t; None takes the normal quantile.
    """
    from scipy.stats import norm, t

    bounds = {}
    for level in LEVELS:
        p = 0.5 + level / 2
        quantile = float(norm.ppf(p) if degrees is None else t.ppf(p, degrees))
        bounds[level] = (mean - quantile * spread, mean + quantile * spread)
    return Forecast(mean, bounds, label)


def seasonal_naive(values: Floats, horizon: int, period: int = 12) -> Forecast:
    """Repeat the last year.

    The standard deviation h months ahead is that of the one-year differences times sqrt(k + 1), with k
    the number of whole years before h.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Monthly history, n > period.
    horizon : int
        Months ahead.
    period : int
        Months in a season.
    """
    if len(values) <= period:
        raise ValueError(f"seasonal_naive: needs more than {period} months, has {len(values)}")
    steps = np.arange(1, horizon + 1)
    residuals = values[period:] - values[:-period]
    sigma = np.sqrt(np.mean(residuals**2))
    mean = values[len(values) - period + (steps - 1) % period]
    return symmetric_forecast(mean, sigma * np.sqrt((steps - 1) // period + 1), "seasonal naive")


def naive(values: Floats, horizon: int) -> Forecast:
    """Repeat the last month; the spread grows with the square root of the horizon.

    Student's t takes the place of the textbook's normal quantile: this is the method for short
    histories, whose spread is itself known from a few differences only.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Monthly history, n >= 3.
    horizon : int
        Months ahead.
    """
    _require(values, "naive")
    steps = np.arange(1, horizon + 1)
    residuals = np.diff(values)
    sigma = np.sqrt(np.mean(residuals**2))
    mean = np.full(horizon, values[-1])
    return symmetric_forecast(mean, sigma * np.sqrt(steps), "naive", len(residuals))


def drift(values: Floats, horizon: int) -> Forecast:
    """Carry on the line from the first month to the last; Student's t as for `naive`.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Monthly history, n >= 3.
    horizon : int
        Months ahead.
    """
    _require(values, "drift")
    steps = np.arange(1, horizon + 1)
    differences = np.diff(values)
    slope = float(np.mean(differences))
    degrees = len(differences) - 1
    sigma = np.sqrt(np.sum((differences - slope) ** 2) / degrees)
    spread = sigma * np.sqrt(steps * (1 + steps / len(differences)))
    return symmetric_forecast(values[-1] + slope * steps, spread, "drift", degrees)


def _require(values: Floats, method: str) -> None:
    if len(values) < 3:
        raise ValueError(f"{method}: needs 3 months, has {len(values)}")
