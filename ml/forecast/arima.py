"""Autoregressive integrated models by conditional least squares, their order chosen by AICc.

Box, G. E. P. and Jenkins, G. M. (1970), *Time Series Analysis*, Holden-Day: ARIMA(p,0,0)(0,1,0)12 with drift
where there are three years of months, and ARIMA(p,1,0) below, where too few yearly differences are left.
Without moving averages a fit is one least squares, so that every series can have it at every origin.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecast.baselines import PERIOD, Forecast, symmetric_forecast

Floats = npt.NDArray[np.float64]

LONG_ENOUGH_FOR_SEASON = 36
MOST_LAGS = 3
FEWEST_DIFFERENCES = 10


@dataclass(frozen=True)
class Arima:
    """A fitted model of differences.

    Parameters
    ----------
    mean : float
        Of the differences; 0 without drift.
    lags : ndarray, shape (p,)
        Coefficients, the nearest first.
    last_differences : ndarray, shape (p,)
        Less the mean, the latest last.
    last : ndarray, shape (lag,)
        Months that the differences ahead are added to: a season of them, or one.
    variance : float
        Of the errors.
    degrees : int
        Of freedom of the variance.
    """

    mean: float
    lags: Floats
    last_differences: Floats
    last: Floats
    variance: float
    degrees: int

    @property
    def label(self) -> str:
        """The usual name, for example ARIMA(2,0,0)(0,1,0)12."""
        lag = len(self.last)
        return f"ARIMA({len(self.lags)},0,0)(0,1,0){lag}" if lag > 1 else f"ARIMA({len(self.lags)},1,0)"

    @classmethod
    def fit(cls, values: Floats, period: int = PERIOD) -> Arima | None:
        """Fit the orders on the same differences, and take the lowest AICc.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Monthly history.
        period : int
            Months in a season.

        Returns
        -------
        Arima or None
            None when there are too few differences, or they are all the same.
        """
        is_seasonal = len(values) >= LONG_ENOUGH_FOR_SEASON
        lag = period if is_seasonal else 1
        differences = values[lag:] - values[:-lag]
        if len(differences) < FEWEST_DIFFERENCES:
            return None
        if float(np.ptp(differences)) <= 1e-9 * float(np.mean(values)):
            return None
        fits = [_fit(differences, order, has_mean=is_seasonal) for order in range(MOST_LAGS + 1)]
        _, mean, lags, variance, degrees = min(fits, key=lambda fit: fit[0])
        seen = differences[len(differences) - len(lags) :] - mean
        return cls(mean, lags, seen, values[-lag:], variance, degrees)

    def forecast(self, future: Sized) -> Forecast:
        """Carry the differences on, and add them up."""
        horizon, lag = len(future), len(self.last)
        path = self._path(horizon)
        forecast = np.concatenate([self.last, np.zeros(horizon)])
        for step in range(horizon):
            forecast[lag + step] = forecast[step] + path[step]
        weights = _error_weights(self.lags, lag, horizon)
        spread = np.sqrt(self.variance * np.cumsum(weights**2))
        return symmetric_forecast(forecast[lag:], spread, self.label, self.degrees)

    def _path(self, horizon: int) -> Floats:
        order = len(self.lags)
        centred = np.concatenate([self.last_differences, np.zeros(horizon)])
        for step in range(order, order + horizon):
            centred[step] = centred[step - order : step][::-1] @ self.lags if order else 0.0
        return centred[order:] + self.mean


def _fit(differences: Floats, order: int, *, has_mean: bool) -> tuple[float, float, Floats, float, int]:
    """AICc, mean, lag coefficients, error variance and degrees of freedom of one order."""
    mean = float(np.mean(differences)) if has_mean else 0.0
    centred = differences - mean
    target: Floats = centred[MOST_LAGS:]
    lags: Floats = np.zeros(order)
    residuals: Floats = target
    if order:
        design = np.column_stack([centred[MOST_LAGS - k : -k] for k in range(1, order + 1)])
        lags = np.asarray(np.linalg.lstsq(design, target, rcond=None)[0], dtype=np.float64)
        # An order that explodes is no candidate: shrink it until its sum of sizes is below 1.
        lags = lags * min(1.0, 0.98 / max(float(np.sum(np.abs(lags))), 1e-12))
        residuals = np.asarray(target - design @ lags, dtype=np.float64)
    parameters = order + 1 + has_mean
    degrees = max(len(target) - order - has_mean, 1)
    squares = float(np.sum(residuals**2))
    count = len(target)
    penalty = 2 * parameters * count / max(count - parameters - 1, 0.5)
    criterion = count * np.log(max(squares / count, 1e-300)) + penalty
    return float(criterion), mean, lags, squares / degrees, degrees


def _error_weights(lags: Floats, lag: int, horizon: int) -> Floats:
    """What an error leaves behind in each later month: the psi weights."""
    weights = np.zeros(horizon)
    inner = np.zeros(horizon)
    for step in range(horizon):
        reach = min(step, len(lags))
        inner[step] = 1.0 if step == 0 else float(inner[step - reach : step][::-1] @ lags[:reach])
        weights[step] = inner[step] + (weights[step - lag] if step >= lag else 0.0)
    return weights
