"""Fits of one form of exponential smoothing to many series at once, by maximum likelihood.

With the error variance at its best, the log-likelihood is -n/2 log mean((g e)^2) and a constant: e are the
errors, and g is 1 for additive errors and the geometric mean of the expected months for relative ones
(Hyndman et al. 2008, section 5.1). So the most likely parameters are those of least squares of g e.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecast.ets_equations import Smoothers, States, expected, follow, over, times
from ml.forecast.ets_forms import Form
from ml.forecast.least_squares import least_squares

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

# The likelihood often has several maxima: a level that stands still, one that follows the data, a trend that
# turns. A search from one of them does not see the others. These are as few as leave hardly any out, chosen
# on made-up series beside searches from thirty-six points (docs/methods/forecasts.md).
STARTS = (
    {"alpha": 0.1, "beta": 0.1, "gamma": 0.2, "phi": 0.98},
    {"alpha": 0.8, "beta": 0.01, "gamma": 0.01, "phi": 0.98},
    {"alpha": 0.02, "beta": 0.1, "gamma": 0.01, "phi": 0.98},
    {"alpha": 0.02, "beta": 0.4, "gamma": 0.2, "phi": 0.9},
    {"alpha": 0.4, "beta": 0.9, "gamma": 0.01, "phi": 0.82},
)
# How often a start is drawn half-way towards a level without trend and season.
MOST_FADINGS = 10

# Level, trend and season follow between not at all and as far as they can: beta to alpha, gamma to 1 - alpha.
# With a smaller phi a trend is gone before it is seen; with a larger one it is a straight line (FPP3, 8.2).
SHARE_BOUNDS = (1e-4, 1 - 1e-4)
PHI_BOUNDS = (0.8, 0.98)
# Series at a time, for the memory that their derivatives take.
BATCH = 512


@dataclass(frozen=True)
class Fits:
    """One form fitted to many series.

    Parameters
    ----------
    log_likelihood : ndarray, shape (series,)
        NaN where the search failed.
    alpha, beta, gamma, phi : ndarray, shape (series,)
        Smoothing of level, trend and season, and damping: 0, and 1 for ``phi``, for what the form has not.
    level, trend : ndarray, shape (series,)
        At the end of each series.
    season : ndarray, shape (period or 0, series)
        At the end, the next month first.
    squares : ndarray, shape (series,)
        Sums of squared errors.
    """

    log_likelihood: Floats
    alpha: Floats
    beta: Floats
    gamma: Floats
    phi: Floats
    level: Floats
    trend: Floats
    season: Floats
    squares: Floats


def fit_form(form: Form, rates: Floats, counts: Counts, period: int) -> Fits:
    """Fit a form to each series.

    Parameters
    ----------
    form : Form
        What is fitted; multiplicative parts need positive series.
    rates : ndarray, shape (n, series)
        Months of series that all start in the first row, of a mean of about 1.
    counts : ndarray of int, shape (series,)
        Months that each has; what is below is not looked at, and must be positive.
    period : int
        Months in a season.

    Returns
    -------
    Fits
        Of the best search of those that start from ``STARTS``.
    """
    places = [slice(first, first + BATCH) for first in range(0, rates.shape[1], BATCH)]
    parts = [vars(_Search(form, rates[:, at], counts[at], period).fits()) for at in places]
    return Fits(**{name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]})


@dataclass(frozen=True)
class _Search:
    """One form and the series that it is fitted to; parameters are of shape (p, series)."""

    form: Form
    rates: Floats
    counts: Counts
    period: int

    @property
    def names(self) -> list[str]:
        """The parameters in order; the last season is none, as it is 0, or 1, by definition."""
        form = self.form
        smoothing = {"alpha": True, "beta": form.has_trend, "gamma": form.season, "phi": form.is_damped}
        states = {"level": True, "trend": form.has_trend}
        names = [name for name, is_there in {**smoothing, **states}.items() if is_there]
        return names + [f"season_{month}" for month in range(self.period - 1 if form.season else 0)]

    def fits(self) -> Fits:
        """Search from each starting point, and read off the end of each series."""
        count = len(self.counts)
        with np.errstate(all="ignore"):
            start = np.hstack([self._possible(self._start(values)) for values in self._starts()])
            parameters, squares = least_squares(
                lambda own, places: self._residuals(own, places % count), start, *self._bounds()
            )
            best = squares.reshape(-1, count).argmin(axis=0) * count + np.arange(count)
            return self._at_the_end(parameters[:, best], squares[best])

    def _starts(self) -> list[dict[str, float]]:
        """Those that differ in what the form has."""
        own = [{name: value for name, value in start.items() if name in self.names} for start in STARTS]
        return [values for place, values in enumerate(own) if values not in own[:place]]

    def _start(self, smoothing: dict[str, float]) -> Floats:
        """Such smoothing of the season of the first two years, or else of a line through the first months."""
        if self.form.season is None:
            first = self.rates[: min(self.period, self.form.shortest_history(self.period))]
            months = np.arange(len(first)) - (len(first) - 1) / 2
            trend = months @ first / (months @ months)
            level = first.mean(axis=0) - trend * (len(first) - 1) / 2
            waves = np.zeros((0, len(self.counts)))
        else:
            years = self.rates[: 2 * self.period].reshape(2, self.period, -1)
            trend = (years[1] - years[0]).mean(axis=0) / self.period
            *waves, level = years.mean(axis=0)
            waves = np.array(waves) / level if self.form.season == "mul" else np.array(waves) - level
        held = {**smoothing, "level": level, "trend": trend}
        held |= {f"season_{month}": wave for month, wave in enumerate(waves)}
        return np.array([np.broadcast_to(held[name], self.counts.shape) for name in self.names])

    def _possible(self, start: Floats) -> Floats:
        """Fade trend and season where a month would be expected below 0, of which no error can be a share."""
        if self.form.error == "add":
            return start
        wave = 1.0 if self.form.season == "mul" else 0.0
        still = np.array([wave if name.startswith("season_") else 0.0 for name in self.names])
        fades = np.array([name == "trend" or name.startswith("season_") for name in self.names])
        places = np.arange(len(self.counts))
        for _ in range(MOST_FADINGS):
            residuals, _ = self._residuals(start[:, places], places)
            places = places[~np.isfinite(residuals).all(axis=0)]
            faded = np.ix_(fades, places)
            start[faded] = (start[faded] + still[fades, None]) / 2
        return start

    def _bounds(self) -> tuple[Floats, Floats]:
        """Lower and upper bounds, each of shape (p, 1)."""
        held = {"alpha": SHARE_BOUNDS, "beta": SHARE_BOUNDS, "gamma": SHARE_BOUNDS, "phi": PHI_BOUNDS}
        bounds = np.array([held.get(name, (-np.inf, np.inf)) for name in self.names])
        return bounds[:, :1], bounds[:, 1:]

    def _residuals(self, parameters: Floats, places: Counts) -> tuple[Floats, Floats]:
        """Errors times g, of shape (n, series), and their derivatives, of shape (n, p, series)."""
        rates, counts = self.rates[:, places], self.counts[places]
        is_seen = np.arange(len(rates))[:, None] < counts
        smoothers, states = self._states(parameters, has_slopes=True)
        shape = (len(rates), *states.level.shape)
        means, deviations = np.empty(shape), np.empty(shape)
        for month, seen in enumerate(rates):
            ahead = expected(self.form, smoothers, states)
            deviation = -ahead.mean
            deviation[0] += seen
            deviation = np.where(is_seen[month], deviation, 0.0)
            means[month], deviations[month] = ahead.mean, deviation
            follow(self.form, smoothers, states, ahead, deviation)
        if self.form.error == "add":
            return deviations[:, 0], deviations[:, 1:]
        means = np.where(is_seen[:, None], means, _constant(1.0, means))
        scaled = times(over(deviations, means), _geometric_mean(means, is_seen, counts)[None])
        # A share of what is not positive is no error.
        scaled = np.where((means[:, 0] > 0).all(axis=0), scaled, np.nan)
        return scaled[:, 0], scaled[:, 1:]

    def _states(self, parameters: Floats, *, has_slopes: bool) -> tuple[Smoothers, States]:
        """Smoothing and first states, with derivatives by the parameters or without."""
        held = dict(zip(self.names, parameters[:, None], strict=True))
        if has_slopes:
            unit = np.eye(len(parameters))
            held = {
                name: np.vstack([value, np.repeat(slope[:, None], value.shape[1], axis=1)])
                for slope, (name, value) in zip(unit, held.items(), strict=True)
            }
        alpha = held["alpha"]
        zero, one = _constant(0.0, alpha), _constant(1.0, alpha)
        # Searched as shares of the most that they can be.
        beta = times(alpha, held["beta"]) if "beta" in held else zero
        gamma = times(one - alpha, held["gamma"]) if "gamma" in held else zero
        season = [value for name, value in held.items() if name.startswith("season_")]
        if season:
            season.append(one if self.form.season == "mul" else zero)
        smoothers = Smoothers(alpha, beta, gamma, held.get("phi", one))
        return smoothers, States(held["level"], held.get("trend", zero), season)

    def _at_the_end(self, parameters: Floats, squares: Floats) -> Fits:
        """The states after the last month of each series, and the likelihood that they came with."""
        smoothers, states = self._states(parameters, has_slopes=False)
        level, trend = np.empty(len(squares)), np.empty(len(squares))
        season = np.empty((len(states.season), len(squares)))
        errors = np.zeros(len(squares))
        for month, seen in enumerate(self.rates):
            ahead = expected(self.form, smoothers, states)
            deviation = seen - ahead.mean
            error = deviation / ahead.mean if self.form.error == "mul" else deviation
            errors += np.where(month < self.counts, error[0] ** 2, 0.0)
            follow(self.form, smoothers, states, ahead, deviation)
            ends = self.counts == month + 1
            level[ends], trend[ends] = states.level[0, ends], states.trend[0, ends]
            if states.season:
                season[:, ends] = np.array(states.season)[:, 0, ends]
        likelihood = -self.counts / 2 * (np.log(2 * np.pi * squares / self.counts) + 1)
        smoothing = smoothers.alpha[0], smoothers.beta[0], smoothers.gamma[0], smoothers.phi[0]
        return Fits(likelihood, *smoothing, level, trend, season, errors)


def _geometric_mean(means: Floats, is_seen: Bools, counts: Counts) -> Floats:
    """Of the months seen, with its derivatives: shape (1 + p, series)."""
    shares = np.where(is_seen, 1 / counts, 0.0)[:, None]
    size = np.exp(np.sum(shares[:, 0] * np.log(means[:, 0]), axis=0))
    slopes = size * np.sum(shares * means[:, 1:] / means[:, :1], axis=0)
    return np.vstack([size[None], slopes])


def _constant(value: float, like: Floats) -> Floats:
    """A number that no parameter moves."""
    constant = np.zeros_like(like)
    constant[..., :1, :] = value
    return constant
