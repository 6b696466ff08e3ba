"""Autoregressive integrated models by conditional least squares, their order chosen by AICc.

Box, G. E. P. and Jenkins, G. M. (1970), *Time Series Analysis*, Holden-Day: ARIMA(p,0,0)(0,1,0)12 with drift
where there are three years of months, and ARIMA(p,1,0) below, where too few yearly differences are left.
Without moving averages a fit is one least squares, so that every series can have it at every origin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ml.forecast.baselines import Forecast, symmetric_forecast

Floats = npt.NDArray[np.float64]

LONG_ENOUGH_FOR_SEASON = 36
MOST_LAGS = 3
FEWEST_DIFFERENCES = 10


def arima_forecast(values: Floats, horizon: int, period: int = 12) -> Forecast | None:
    """Fit the orders on the same differences, take the lowest AICc and forecast with it.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Monthly history.
    horizon : int
        Months ahead.
    period : int
        Months in a season.

    Returns
    -------
    Forecast or None
        None when there are too few differences, or they are all the same.
    """
    is_seasonal = len(values) >= LONG_ENOUGH_FOR_SEASON
    lag = period if is_seasonal else 1
    differences = values[lag:] - values[:-lag]
    if len(differences) < FEWEST_DIFFERENCES or float(np.ptp(differences)) <= 1e-9 * float(np.mean(values)):
        return None
    fits = [_fit(differences, order, has_mean=is_seasonal) for order in range(MOST_LAGS + 1)]
    _, mean, lags, variance, degrees = min(fits, key=lambda fit: fit[0])
    path = _path(differences, mean, lags, horizon)
    forecast = np.concatenate([values[-lag:], np.zeros(horizon)])
    for step in range(horizon):
        forecast[lag + step] = forecast[step] + path[step]
    weights = _error_weights(lags, lag, horizon)
    spread = np.sqrt(variance * np.cumsum(weights**2))
    order = f"ARIMA({len(lags)},0,0)(0,1,0){period}" if is_seasonal else f"ARIMA({len(lags)},1,0)"
    result = symmetric_forecast(forecast[lag:], spread, order, degrees)
    return result if np.isfinite(result.mean).all() and np.isfinite(spread).all() else None


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


def _path(differences: Floats, mean: float, lags: Floats, horizon: int) -> Floats:
    order = len(lags)
    centred = np.concatenate([differences - mean, np.zeros(horizon)])
    start = len(differences)
    for step in range(start, start + horizon):
        centred[step] = centred[step - order : step][::-1] @ lags if order else 0.0
    return centred[start:] + mean


def _error_weights(lags: Floats, lag: int, horizon: int) -> Floats:
    """What an error leaves behind in each later month: the psi weights."""
    weights = np.zeros(horizon)
    inner = np.zeros(horizon)
    for step in range(horizon):
        reach = min(step, len(lags))
        inner[step] = 1.0 if step == 0 else float(inner[step - reach : step][::-1] @ lags[:reach])
        weights[step] = inner[step] + (weights[step - lag] if step >= lag else 0.0)
    return weights
