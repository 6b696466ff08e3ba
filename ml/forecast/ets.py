"""Exponential smoothing in state space form, chosen by AICc.

Hyndman, R. J., Koehler, A. B., Ord, J. K. and Snyder, R. D. (2008), *Forecasting with Exponential
Smoothing*, Springer.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.forecast.baselines import LEVELS, Forecast, symmetric_forecast

Floats = npt.NDArray[np.float64]

SEED = 20210321
SIMULATED_PATHS = 2000
# The likelihood of a level often has one maximum with a fixed level and one with a level that follows
# the data; a search from one of them does not see the other.
LEVEL_STARTS = (0.1, 0.8)


@dataclass(frozen=True)
class Form:
    """One error/trend/season combination.

    Parameters
    ----------
    error : str
        'add' or 'mul'.
    has_trend : bool
        Whether there is a damped additive trend.
    season : str or None
        'add', 'mul' or None.
    """

    error: str
    has_trend: bool
    season: str | None

    @property
    def is_level_only(self) -> bool:
        """Whether there is neither trend nor season."""
        return not self.has_trend and self.season is None

    @property
    def label(self) -> str:
        """The usual name, for example ETS(M,Ad,N)."""
        letters = {"add": "A", "mul": "M", None: "N"}
        return f"ETS({letters[self.error]},{'Ad' if self.has_trend else 'N'},{letters[self.season]})"

    def parameter_count(self, period: int) -> int:
        """Smoothing parameters, free initial states and the error variance."""
        return 3 + 3 * self.has_trend + period * (self.season is not None)

    def shortest_history(self, period: int) -> int:
        """Months that the form needs.

        Two a parameter; with a season two years and two months, and four years if there is a trend to
        tell from it.
        """
        if self.season is None:
            return 2 * self.parameter_count(period)
        return 4 * period if self.has_trend else 2 * period + 2


# Trends are damped only: a straight line a year ahead from two or three years of months does worse
# (Gardner and McKenzie 1985), and a damped one comes close to it when phi is large. Season and error are
# of one kind: additive errors with a multiplicative season are unstable, and the other mixture forecasts
# like its neighbours and doubles the time. The simplest comes first: its level is where others start.
FORMS = tuple(
    Form(error, has_trend, season)
    for error in ("add", "mul")
    for season in (None, error)
    for has_trend in (False, True)
)


def admissible_forms(values: Floats, period: int = 12) -> list[Form]:
    """Forms that a history can carry.

    Multiplicative parts need positive data; each form needs its shortest history.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Monthly history.
    period : int
        Months in a season.
    """
    is_positive = bool(np.all(values > 0))
    return [
        form
        for form in FORMS
        if len(values) >= form.shortest_history(period) and (is_positive or form.error == "add")
    ]


def ets_forecast(
    values: Floats, horizon: int, days_in_month: Floats, period: int = 12, label: str = ""
) -> Forecast | None:
    """Fit the admissible forms, take the one with the lowest AICc and forecast with it.

    Harm is smoothed as a rate per day and multiplied back by the days of the month forecast, so that
    February is not taken for a fall in harm. Class 1 forms (additive error) have analytic intervals,
    the others simulated ones with a fixed seed. The error variance divides by the observations less
    the parameters, and Student's t stands in for the normal, as the likelihood's own spread is too small
    on a short history. The intervals still take the form and its parameters as known, so they remain
    somewhat narrow: the backtest's coverage says how much.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Monthly harm days.
    horizon : int
        Months ahead.
    days_in_month : ndarray, shape (n + horizon,)
        Days of each month, history then future.
    period : int
        Months in a season.
    label : str
        The only form to be tried, by its usual name; empty for all.

    Returns
    -------
    Forecast or None
        None when no form could be fitted (too short, constant data, or a forecast without bounds).
    """
    rates = values / days_in_month[: len(values)]
    scale = float(np.mean(rates))
    if scale <= 0 or np.ptp(rates) <= 1e-12 * scale or np.ptp(values) == 0:
        return None
    rates = rates / scale
    best: tuple[float, Form, _Fit] | None = None
    starts: tuple[float, ...] = LEVEL_STARTS
    for form in admissible_forms(rates, period):
        if label and form.label != label:
            continue
        fit = _fit(rates, form, LEVEL_STARTS if form.is_level_only else starts, period)
        if fit is None:
            continue
        if form.is_level_only:
            starts = (fit.alpha,)
        criterion = _aicc(fit.log_likelihood, len(rates), form.parameter_count(period))
        if best is None or criterion < best[0] - 1e-9:
            best = (criterion, form, fit)
    if best is None:
        return None
    forecast = _predict(best[2], best[1], len(rates), horizon, period)
    days = days_in_month[len(values) :][:horizon] * scale
    bounds = {level: (low * days, high * days) for level, (low, high) in forecast.bounds.items()}
    is_finite = all(np.isfinite(bound).all() for pair in bounds.values() for bound in pair)
    return Forecast(forecast.mean * days, bounds, forecast.label) if is_finite else None


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


def _predict(fit: _Fit, form: Form, count: int, horizon: int, period: int) -> Forecast:
    result = fit.model.smooth(fit.parameters)
    mean = np.asarray(result.forecast(horizon), dtype=np.float64)
    residuals = np.asarray(result.resid, dtype=np.float64)
    # The variance is a parameter of the likelihood, but not of the residuals' degrees of freedom.
    degrees = count - (form.parameter_count(period) - 1)
    sigma = float(np.sqrt(np.sum(residuals**2) / degrees))
    if form.error == "add":
        relative = _relative_variance(result, form, horizon, period)
        return symmetric_forecast(mean, sigma * np.sqrt(relative), form.label, degrees)
    # Each path has a spread of its own, as plausible given the residuals: with one step this is Student's
    # t, as in the analytic intervals.
    random = np.random.default_rng(SEED)
    spread = sigma * np.sqrt(degrees / random.chisquare(degrees, SIMULATED_PATHS))
    errors = random.standard_normal((horizon, SIMULATED_PATHS)) * spread
    paths = np.asarray(
        result.simulate(horizon, anchor="end", repetitions=SIMULATED_PATHS, random_errors=errors)
    )
    bounds = {}
    for level in LEVELS:
        lower, upper = np.quantile(paths, [0.5 - level / 2, 0.5 + level / 2], axis=1)
        bounds[level] = (np.minimum(lower, mean), np.maximum(upper, mean))
    return Forecast(mean, bounds, form.label)


def _relative_variance(result: Any, form: Form, horizon: int, period: int) -> Floats:
    """Forecast variance over error variance for class 1 forms (Hyndman et al. 2008, table 6.2)."""
    steps = np.arange(1, horizon)
    response = np.full(horizon - 1, float(result.smoothing_level))
    if form.has_trend:
        phi = float(result.damping_trend)
        response = response + float(result.smoothing_trend) * np.cumsum(phi**steps)
    if form.season:
        response = response + float(result.smoothing_seasonal) * (steps % period == 0)
    return 1 + np.concatenate([[0.0], np.cumsum(response**2)])
