"""Naive forecasts with their textbook intervals.

Hyndman, R. J. and Athanasopoulos, G., *Forecasting: principles and practice*, 3rd edition, sections
5.2 (methods) and 5.5 (intervals, table 5.2). Residual standard deviations divide by the number of
residuals less the number of parameters.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

LEVELS = (0.80, 0.95)
PERIOD = 12


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
    """

    mean: Floats
    bounds: dict[float, tuple[Floats, Floats]]
    label: str

    @property
    def is_finite(self) -> bool:
        """Whether every bound is a number."""
        return all(np.isfinite(bound).all() for pair in self.bounds.values() for bound in pair)

    def clipped(self) -> Forecast:
        """The same forecast with nothing below 0, which no count or harm can be."""
        bounds = {
            level: (np.maximum(lower, 0.0), np.maximum(upper, 0.0))
            for level, (lower, upper) in self.bounds.items()
        }
        return Forecast(np.maximum(self.mean, 0.0), bounds, self.label)


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


class State(Protocol):
    """What a fitted model has to keep so that it can forecast: plain numbers, and no history."""

    @property
    def label(self) -> str:
        """The form that was chosen; empty for a model of one form."""

    def forecast(self, future: pd.DatetimeIndex) -> Forecast:
        """Forecast the months that follow the last one seen, any number of them."""


@dataclass(frozen=True)
class SeasonalNaive:
    """Repeats the last year.

    The standard deviation h months ahead is that of the one-year differences times sqrt(k + 1), with k
    the number of whole years before h.

    Parameters
    ----------
    last : ndarray, shape (period,)
        The last year.
    sigma : float
        Standard deviation of the one-year differences.
    """

    last: Floats
    sigma: float
    label: ClassVar[str] = ""

    @classmethod
    def fit(cls, values: Floats, period: int = PERIOD) -> SeasonalNaive:
        """Learn from a monthly history of more than a period."""
        if len(values) <= period:
            raise ValueError(f"seasonal_naive: needs more than {period} months, has {len(values)}")
        residuals = values[period:] - values[:-period]
        return cls(values[-period:], float(np.sqrt(np.mean(residuals**2))))

    def forecast(self, future: Sized) -> Forecast:
        """Repeat."""
        steps = np.arange(len(future))
        spread = self.sigma * np.sqrt(steps // len(self.last) + 1)
        return symmetric_forecast(self.last[steps % len(self.last)], spread, "seasonal naive")


@dataclass(frozen=True)
class Naive:
    """Repeats the last month; the spread grows with the square root of the horizon.

    Student's t takes the place of the textbook's normal quantile: this is the method for short
    histories, whose spread is itself known from a few differences only.

    Parameters
    ----------
    last, sigma : float
        The last month, and the standard deviation of the differences.
    degrees : int
        Of freedom of the standard deviation.
    """

    last: float
    sigma: float
    degrees: int
    label: ClassVar[str] = ""

    @classmethod
    def fit(cls, values: Floats) -> Naive:
        """Learn from a monthly history of three months or more."""
        _require(values, "naive")
        residuals = np.diff(values)
        return cls(float(values[-1]), float(np.sqrt(np.mean(residuals**2))), len(residuals))

    def forecast(self, future: Sized) -> Forecast:
        """Repeat."""
        steps = np.arange(1, len(future) + 1)
        mean: Floats = np.full(len(future), self.last)
        return symmetric_forecast(mean, self.sigma * np.sqrt(steps), "naive", self.degrees)


@dataclass(frozen=True)
class Drift:
    """Carries on the line from the first month to the last; Student's t as for `Naive`.

    Parameters
    ----------
    last, slope, sigma : float
        The last month, the mean difference, and the standard deviation of the differences about it.
    degrees : int
        Of freedom of the standard deviation: one less than there are differences.
    """

    last: float
    slope: float
    sigma: float
    degrees: int
    label: ClassVar[str] = ""

    @classmethod
    def fit(cls, values: Floats) -> Drift:
        """Learn from a monthly history of three months or more."""
        _require(values, "drift")
        differences = np.diff(values)
        slope = float(np.mean(differences))
        degrees = len(differences) - 1
        sigma = np.sqrt(np.sum((differences - slope) ** 2) / degrees)
        return cls(float(values[-1]), slope, float(sigma), degrees)

    def forecast(self, future: Sized) -> Forecast:
        """Carry on."""
        steps = np.arange(1, len(future) + 1, dtype=np.float64)
        spread: Floats = self.sigma * np.sqrt(steps * (1 + steps / (self.degrees + 1)))
        mean: Floats = self.last + self.slope * steps
        return symmetric_forecast(mean, spread, "drift", self.degrees)


def _require(values: Floats, method: str) -> None:
    if len(values) < 3:
        raise ValueError(f"{method}: needs 3 months, has {len(values)}")
