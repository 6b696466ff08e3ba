"""Exponential smoothing in state space form, chosen by AICc.

Hyndman, R. J., Koehler, A. B., Ord, J. K. and Snyder, R. D. (2008), *Forecasting with Exponential
Smoothing*, Springer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecast.baselines import LEVELS, PERIOD, Forecast, symmetric_forecast
from ml.forecast.ets_equations import Smoothers, States, expected, follow
from ml.forecast.ets_fit import Fits, fit_form
from ml.forecast.ets_forms import FORM_BY_LABEL, FORMS, Form

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

SEED = 20210321
SIMULATED_PATHS = 2000


@dataclass(frozen=True)
class Smoothing:
    """A fitted form with the state at the end of the history, of rates a day over their mean.

    Class 1 forms (additive error) have analytic intervals, the others simulated ones with a fixed seed.
    The intervals take the form and its parameters as known, so they are somewhat narrow: the backtest's
    coverage says how much.

    Parameters
    ----------
    label : str
        The usual name of the form.
    level, trend : float
        Their state; the trend 0 where there is none.
    season : ndarray, shape (period,)
        State of the months ahead, the next one first; empty without a season.
    alpha, beta, gamma, phi : float
        Smoothing of level, trend and season, 0 for what is not there, and damping, 1 where there is none.
    sigma : float
        Standard deviation of the errors.
    degrees : int
        Of freedom of ``sigma``.
    scale : float
        Mean rate a day.

    Raises
    ------
    ValueError
        The form is not known, or the season is not its.
    """

    label: str
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

    def __post_init__(self) -> None:
        if self.label not in FORM_BY_LABEL or (self.form.season is None) != (len(self.season) == 0):
            raise ValueError(f"{self.label!r} with {len(self.season)} seasons is no known form")

    @property
    def form(self) -> Form:
        """The combination of error, trend and season."""
        return FORM_BY_LABEL[self.label]

    def forecast(self, future: pd.DatetimeIndex) -> Forecast:
        """Forecast the months ahead."""
        return self.over(future.days_in_month.to_numpy(dtype=np.float64))

    def over(self, days: Floats) -> Forecast:
        """Forecast months of so many days: shape (h,)."""
        mean = self._paths(np.zeros((len(days), 1)))[:, 0]
        forecast = self._simulated(mean) if self.form.error == "mul" else self._analytic(mean)
        days = days * self.scale
        bounds = {level: (low * days, high * days) for level, (low, high) in forecast.bounds.items()}
        return Forecast(forecast.mean * days, bounds, self.label)

    def _paths(self, errors: Floats) -> Floats:
        """What comes of the state with such errors ahead: shape (h, paths)."""
        form, like = self.form, errors[:1]
        smoothers = Smoothers(*(np.full_like(like, x) for x in (self.alpha, self.beta, self.gamma, self.phi)))
        season = [np.full_like(like, wave) for wave in self.season]
        states = States(np.full_like(like, self.level), np.full_like(like, self.trend), season)
        paths = np.empty_like(errors)
        for step, error in enumerate(errors):
            ahead = expected(form, smoothers, states)
            # A relative error is a share of what was expected.
            deviation = ahead.mean * error if form.error == "mul" else error[None]
            paths[step] = (ahead.mean + deviation)[0]
            follow(form, smoothers, states, ahead, deviation)
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


def smoothed(
    histories: Sequence[tuple[Floats, Floats]], period: int = PERIOD, forms: Sequence[Form] = FORMS
) -> list[Smoothing | None]:
    """Fit the admissible forms to each of many histories at once, and take the one with the lowest AICc.

    Amounts are smoothed as a rate per day and multiplied back by the days of the month forecast, so that
    February is not taken for a fall. The error variance divides by the observations less the
    parameters, and Student's t stands in for the normal, as the likelihood's own spread is too small on
    a short history.

    Parameters
    ----------
    histories : sequence of (values, days_in_month), each of shape (n,)
        Monthly harm days or counts and the days of each month; of any lengths.
    period : int
        Months in a season.
    forms : sequence of Form
        What may be chosen.

    Returns
    -------
    list of Smoothing or None
        In the order of the histories; None where no form could be fitted (too short, or constant data).
    """
    rates = [values / days for values, days in histories]
    scales = [float(np.mean(own)) if len(own) else 0.0 for own in rates]
    kept = [
        place
        for place, (own, scale) in enumerate(zip(rates, scales, strict=True))
        if scale > 0 and np.ptp(own) > 1e-12 * scale and np.ptp(histories[place][0]) > 0
    ]
    found: list[Smoothing | None] = [None] * len(histories)
    lowest = np.full(len(histories), np.inf)
    for form in forms:
        which = [place for place in kept if form.is_admissible(rates[place], period)]
        if not which:
            continue
        counts = np.array([len(rates[place]) for place in which])
        table = np.ones((counts.max(), len(which)))
        for column, place in enumerate(which):
            table[: counts[column], column] = rates[place] / scales[place]
        fits = fit_form(form, table, counts, period)
        criteria = _aicc(fits.log_likelihood, counts, form.parameter_count(period))
        for column, place in enumerate(which):
            if criteria[column] < lowest[place] - 1e-9:
                lowest[place] = criteria[column]
                found[place] = _state(form, fits, column, int(counts[column]), period, scales[place])
    return found


def _aicc(log_likelihood: Floats, counts: npt.NDArray[np.int64], parameters: int) -> Floats:
    """The criterion; infinite where there is no fit, or one without any error."""
    criteria = -2 * log_likelihood + 2 * parameters * counts / (counts - parameters - 1)
    return np.where(np.isfinite(log_likelihood), criteria, np.inf)


def _state(form: Form, fits: Fits, column: int, count: int, period: int, scale: float) -> Smoothing:
    # The variance is a parameter of the likelihood, but not of the residuals' degrees of freedom.
    degrees = count - (form.parameter_count(period) - 1)
    return Smoothing(
        form.label,
        float(fits.level[column]),
        float(fits.trend[column]),
        np.ascontiguousarray(fits.season[:, column]),
        float(fits.alpha[column]),
        float(fits.beta[column]),
        float(fits.gamma[column]),
        float(fits.phi[column]),
        float(np.sqrt(fits.squares[column] / degrees)),
        degrees,
        scale,
    )
