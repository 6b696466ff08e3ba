"""Exponential smoothing in state space form, chosen by AICc.

Hyndman, R. J., Koehler, A. B., Ord, J. K. and Snyder, R. D. (2008), *Forecasting with Exponential
Smoothing*, Springer.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.forecast.baselines import LEVELS, PERIOD, Forecast, symmetric_forecast
from ml.forecast.ets_forms import Form, admissible_forms

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

SEED = 20210321
SIMULATED_PATHS = 2000
# The likelihood of a level often has one maximum with a fixed level and one with a level that follows
# the data; a search from one of them does not see the other.
LEVEL_STARTS = (0.1, 0.8)


@dataclass(frozen=True)
class Smoothing:
    """A fitted form with the state at the end of the history, of rates a day over their mean.

    Class 1 forms (additive error) have analytic intervals, the others simulated ones with a fixed seed.
    The intervals take the form and its parameters as known, so they are somewhat narrow: the backtest's
    coverage says how much.

    Parameters
    ----------
    error : str
        'add' or 'mul'.
    level, trend : float
        Their state; the trend 0 where there is none.
    season : ndarray, shape (period,)
        State of the months ahead, the next one first; empty without a season.
    alpha, beta, gamma, phi : float
        Smoothing of level, trend and season, and damping; 0 for what is not there.
    sigma : float
        Standard deviation of the errors.
    degrees : int
        Of freedom of ``sigma``.
    scale : float
        Mean rate a day.
    """

    error: str
    level: float
    trend: float
    season: Floats
    alpha: float
    beta: float
    gamma: float
    phi: float
    sigma: float
    degrees: int
    scale: float

    @property
    def form(self) -> Form:
        """The combination of error, trend and season."""
        return Form(self.error, self.phi > 0, self.error if len(self.season) else None)

    @property
    def label(self) -> str:
        """The usual name of the form."""
        return self.form.label

    @classmethod
    def fit(
        cls, values: Floats, days_in_month: Floats, period: int = PERIOD, label: str = ""
    ) -> Smoothing | None:
        """Fit the admissible forms, and take the one with the lowest AICc.

        Amounts are smoothed as a rate per day and multiplied back by the days of the month forecast, so that
        February is not taken for a fall. The error variance divides by the observations less the
        parameters, and Student's t stands in for the normal, as the likelihood's own spread is too small on
        a short history.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Monthly harm days or counts.
        days_in_month : ndarray, shape (n,)
            Days of each month.
        period : int
            Months in a season.
        label : str
            The only form to be tried, by its usual name; all where it is empty or not admissible.

        Returns
        -------
        Smoothing or None
            None when no form could be fitted (too short, or constant data).
        """
        rates = values / days_in_month
        scale = float(np.mean(rates))
        if scale <= 0 or np.ptp(rates) <= 1e-12 * scale or np.ptp(values) == 0:
            return None
        rates = rates / scale
        best: tuple[float, Form, _Fit] | None = None
        starts: tuple[float, ...] = LEVEL_STARTS
        forms = admissible_forms(rates, period)
        # A form that a month of nothing made inadmissible is chosen anew.
        for form in [form for form in forms if form.label == label] or forms:
            fit = _fit(rates, form, LEVEL_STARTS if form.is_level_only else starts, period)
            if fit is None:
                continue
            if form.is_level_only:
                starts = (fit.alpha,)
            criterion = _aicc(fit.log_likelihood, len(rates), form.parameter_count(period))
            if best is None or criterion < best[0] - 1e-9:
                best = (criterion, form, fit)
        return None if best is None else _at_the_end(best[2], best[1], len(rates), period, scale)

    def forecast(self, future: pd.DatetimeIndex) -> Forecast:
        """Forecast the months ahead."""
        return self.over(future.days_in_month.to_numpy(dtype=np.float64))

    def over(self, days: Floats) -> Forecast:
        """Forecast months of so many days: shape (h,)."""
        mean = self._paths(np.zeros((len(days), 1)))[:, 0]
        forecast = self._simulated(mean) if self.error == "mul" else self._analytic(mean)
        days = days * self.scale
        bounds = {level: (low * days, high * days) for level, (low, high) in forecast.bounds.items()}
        return Forecast(forecast.mean * days, bounds, self.label)

    def _paths(self, errors: Floats) -> Floats:
        """What comes of the state with such errors ahead, by the state equations: shape (h, paths)."""
        count = errors.shape[1]
        level, trend = np.full(count, self.level), np.full(count, self.trend)
        season = list(np.repeat(self.season[:, None], count, axis=1))
        is_relative = self.error == "mul"
        paths = np.empty_like(errors)
        for step, error in enumerate(errors):
            damped = self.phi * trend
            base = expected = level + damped
            if season:
                wave = season.pop(0)
                expected = base * wave if is_relative else base + wave
                season.append(wave + self.gamma * error * (wave if is_relative else 1.0))
            # A relative error is a share of what it strikes.
            paths[step] = expected * (1 + error) if is_relative else expected + error
            struck = base * error if is_relative else error
            level, trend = base + self.alpha * struck, damped + self.beta * struck
        return paths

    def _analytic(self, mean: Floats) -> Forecast:
        """Forecast variance of class 1 forms (Hyndman et al. 2008, table 6.2)."""
        steps = np.arange(1, len(mean))
        response = self.alpha + self.beta * np.cumsum(self.phi**steps)
        if len(self.season):
            response = response + self.gamma * (steps % len(self.season) == 0)
        relative = 1 + np.concatenate([[0.0], np.cumsum(response**2)])
        return symmetric_forecast(mean, self.sigma * np.sqrt(relative), self.label, self.degrees)

    def _simulated(self, mean: Floats) -> Forecast:
        # Each path has a spread of its own, as plausible given the residuals: with one step this is Student's
        # t, as in the analytic intervals.
        random = np.random.default_rng(SEED)
        spread = self.sigma * np.sqrt(self.degrees / random.chisquare(self.degrees, SIMULATED_PATHS))
        paths = self._paths(random.standard_normal((len(mean), SIMULATED_PATHS)) * spread)
        bounds = {}
        for level in LEVELS:
            lower, upper = np.quantile(paths, [0.5 - level / 2, 0.5 + level / 2], axis=1)
            bounds[level] = (np.minimum(lower, mean), np.maximum(upper, mean))
        return Forecast(mean, bounds, self.label)


@dataclass(frozen=True)
class _Fit:
    """A fitted form: statsmodels' model, its parameters and what they reach."""

    model: Any
    parameters: Floats
    log_likelihood: float

    @property
    def alpha(self) -> float:
        """Smoothing of the level, kept off the bounds of the search."""
        return float(np.clip(self.parameters[0], 0.05, 0.95))


def _fit(rates: Floats, form: Form, starts: tuple[float, ...], period: int) -> _Fit | None:
    """Best fit over the starting points, or None if every search failed."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    best: _Fit | None = None
    for alpha in starts:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = ETSModel(
                    rates,
                    error=form.error,
                    trend="add" if form.has_trend else None,
                    damped_trend=form.has_trend,
                    seasonal=form.season,
                    seasonal_periods=period if form.season else None,
                )
                start = np.array(model.start_params, dtype=np.float64)
                start[0] = alpha
                # Only the winner needs a full result, whose standard errors cost as much as the fit.
                parameters = np.asarray(
                    model.fit(start_params=start, disp=False, maxiter=200, return_params=True)
                )
                likelihood = float(model.loglike(parameters))
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            continue
        is_sound = np.isfinite(likelihood) and bool(np.all(np.isfinite(parameters)))
        if is_sound and (best is None or likelihood > best.log_likelihood):
            best = _Fit(model, parameters, likelihood)
    return best


def _aicc(log_likelihood: float, count: int, parameters: int) -> float:
    return -2 * log_likelihood + 2 * parameters * count / (count - parameters - 1)


def _at_the_end(fit: _Fit, form: Form, count: int, period: int, scale: float) -> Smoothing:
    """The state after the last month, read off statsmodels' result."""
    result = fit.model.smooth(fit.parameters)
    residuals = np.asarray(result.resid, dtype=np.float64)
    # The variance is a parameter of the likelihood, but not of the residuals' degrees of freedom.
    degrees = count - (form.parameter_count(period) - 1)
    season = np.asarray(result.season[-period:], dtype=np.float64) if form.season else np.zeros(0)
    return Smoothing(
        form.error,
        float(result.level[-1]),
        float(result.slope[-1]) if form.has_trend else 0.0,
        season,
        float(result.smoothing_level),
        float(result.smoothing_trend) if form.has_trend else 0.0,
        float(result.smoothing_seasonal) if form.season else 0.0,
        float(result.damping_trend) if form.has_trend else 0.0,
        float(np.sqrt(np.sum(residuals**2) / degrees)),
        degrees,
        scale,
    )
