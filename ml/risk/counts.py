"""Counting: the baselines that any other model has to beat, and their shrunken form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats, tally
from ml.risk.history import History
from ml.risk.model import Rate


@dataclass(frozen=True)
class PeriodMean:
    """Mean of the last periods; of one period it is the naive forecast.

    Parameters
    ----------
    periods : int
        How many; fewer when the history is shorter.
    """

    periods: int = 12

    @property
    def name(self) -> str:
        """Name in tables."""
        return "naive" if self.periods == 1 else f"mean_{self.periods}"

    def fit(self, history: History) -> Rate:
        """Count the last periods."""
        since = float(history.bounds[max(0, len(history.bounds) - 1 - self.periods)])
        return Rate(history.end, history.amount(since, history.end) / (history.end - since))


@dataclass(frozen=True)
class SameSeason:
    """The same days of the year before; nothing is known before a year of history."""

    name: str = "seasonal_naive"

    def fit(self, history: History) -> YearAgo:
        """Keep the history, since which days count depends on the window asked for."""
        return YearAgo(history)


@dataclass(frozen=True)
class YearAgo:
    """Repeats the window of the year before, period by period."""

    history: History

    def predict(self, until: float) -> Floats:
        """Amount of the periods that began 365.25 days before, to the nearest period's bound.

        It is scaled from the days of those periods to the days of the window; NaN when the history does not
        reach back a year.
        """
        bounds = self.history.bounds
        since = self.history.end - 365.25
        if since < bounds[0] - 1:
            return np.full(self.history.cells.count, np.nan)
        first, last = (bounds[np.argmin(np.abs(bounds - day))] for day in (since, until - 365.25))
        days = max(last - first, 1.0)
        return self.history.amount(first, first + days) * ((until - self.history.end) / days)


@dataclass(frozen=True)
class Decayed:
    """Count in which an event loses half of its weight every so many days.

    Parameters
    ----------
    half_life : float
        In days.
    """

    half_life: float = 365.0

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"half_life_{self.half_life:g}"

    def fit(self, history: History) -> Rate:
        """Weigh the events by their age, over the weighted length of the history."""
        amount, exposure, _ = decayed_amount(history, self.half_life)
        return Rate(history.end, amount / exposure)


@dataclass(frozen=True)
class EmpiricalBayes:
    """Gamma-Poisson shrinkage of each cell's rate towards that of all, after a decay.

    The gamma's two parameters come from the moments of the cells' rates, so a study area whose cells
    differ much is shrunk little. Harm is shrunk in units of a typical event's harm.

    Parameters
    ----------
    half_life : float
        In days.

    References
    ----------
    Marshall, R. J. (1991), Applied Statistics 40(2), 283-294.
    """

    half_life: float = 365.0

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"empirical_bayes_{self.half_life:g}"

    def fit(self, history: History) -> Rate:
        """Shrink."""
        return self.towards(history, *self.prior(history))

    def prior(self, history: History) -> tuple[float, float]:
        """Return what is learned of all cells, in typical events: see `gamma_prior`."""
        return gamma_prior(*self._counted(history))

    def towards(self, history: History, mean: float, excess: float) -> Rate:
        """Shrink towards a prior that is known.

        Parameters
        ----------
        history : History
            Up to the origin.
        mean, excess : float
            As `prior` gives them.
        """
        counts, days = self._counted(history)
        return Rate(history.end, shrunk(counts, days, mean, excess) * history.unit)

    def _counted(self, history: History) -> tuple[Floats, float]:
        amount, exposure, squared = decayed_amount(history, self.half_life)
        # A decayed count has a smaller variance than its mean: scale it to where the two are equal.
        return amount / history.unit * (exposure / squared), exposure**2 / squared


def decayed_amount(history: History, half_life: float) -> tuple[Floats, float, float]:
    """Amounts whose weight halves with age.

    Parameters
    ----------
    history : History
        Events.
    half_life : float
        In days.

    Returns
    -------
    amount : ndarray, shape (cells,)
        Decayed amounts.
    exposure, squared : float
        Integrals over the history of the decay and of its square, in days.
    """
    # Ten half-lives ago an event weighs a thousandth: earlier ones are left out.
    since = max(history.start, history.end - 10 * half_life)
    first = int(np.searchsorted(history.day, since, side="left"))
    decay = np.exp2((history.day[first:] - history.end) / half_life)
    amount = tally(history.cell[first:], history.weight[first:] * decay, history.cells.count)
    age = history.end - since
    mean_life = half_life / np.log(2)
    exposure = mean_life * (1 - np.exp2(-age / half_life))
    squared = mean_life / 2 * (1 - np.exp2(-2 * age / half_life))
    return amount, exposure, squared


def shrink(counts: Floats, days: float) -> Floats:
    """Posterior mean rate a day of each cell under a gamma prior fitted to all cells.

    Parameters
    ----------
    counts : ndarray, shape (cells,)
        Events of each cell.
    days : float
        Days that they were counted over.

    Returns
    -------
    ndarray, shape (cells,)
        Events a day.
    """
    return shrunk(counts, days, *gamma_prior(counts, days))


def gamma_prior(counts: Floats, days: float) -> tuple[float, float]:
    """Mean of the cells' rates a day, and their variance beyond that of chance.

    Parameters
    ----------
    counts, days
        As for `shrink`.

    Returns
    -------
    mean : float
        Events a day.
    excess : float
        In (events a day) squared; 0 or less when the cells differ no more than chance makes them.
    """
    rates = counts / days
    mean = float(rates.mean())
    return mean, float(rates.var()) - mean / days


def shrunk(counts: Floats, days: float, mean: float, excess: float) -> Floats:
    """Posterior mean rate a day of each cell under the prior that `gamma_prior` gives.

    Parameters
    ----------
    counts, days
        As for `shrink`.
    mean, excess : float
        As `gamma_prior` gives them; without any excess every cell has the mean.

    Returns
    -------
    ndarray, shape (cells,)
        Events a day.
    """
    if mean == 0 or excess <= 0:
        return np.full(len(counts), mean)
    return (mean**2 / excess + counts) / (mean / excess + days)
