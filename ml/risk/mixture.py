"""Models made of models: a learned mixture, and plain averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats
from ml.risk.history import History
from ml.risk.model import Fitted, Model


@dataclass(frozen=True)
class Mixture:
    """A weighted sum of other models' forecasts; the weights come from earlier windows.

    At each of the last windows before the origin the parts are fitted to what was known then. The weights
    are not negative and have the largest Poisson likelihood of what came in those windows; they need not
    sum to 1, so a level that has moved is followed. Each part alone is a special case.

    Parameters
    ----------
    parts : tuple of Model
        What is mixed.
    days : float
        Length of a window, for daily periods; None takes whole periods (monthly data).
    windows : int
        How many earlier windows.
    step : int
        Periods between them.
    shortest : int
        Fewest periods before a window.
    label : str
        Name in tables.
    """

    parts: tuple[Model, ...]
    days: float | None = None
    windows: int = 6
    step: int = 1
    shortest: int = 6
    label: str = "mixture"

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.label

    def fit(self, history: History) -> Mixed:
        """Learn the weights, then fit the parts to the whole history."""
        weights = self._weights(history)
        return Mixed(tuple(part.fit(history) for part in self.parts), weights)

    def _weights(self, history: History) -> Floats:
        parts, came = [], []
        for start, end in self._windows(history):
            known = history.before(start)
            forecasts = [part.fit(known).predict(end) for part in self.parts]
            parts.append(np.array(forecasts))
            came.append(history.amount(start, end))
        if not came:
            return np.full(len(self.parts), 1.0 / len(self.parts))
        return mixture_weights(np.concatenate(parts, axis=1), np.concatenate(came))

    def _windows(self, history: History) -> list[tuple[float, float]]:
        bounds = history.bounds
        last = len(bounds) - 2
        if self.days is not None:
            # Whole steps back, so that windows of all lengths start at the same days.
            wide = int(np.searchsorted(bounds, history.end - self.days, side="right")) - 1
            last = len(bounds) - 1 - self.step * -(-(len(bounds) - 1 - wide) // self.step)
        starts = [last - i * self.step for i in range(self.windows)]
        return [
            (float(bounds[i]), float(bounds[i + 1] if self.days is None else bounds[i] + self.days))
            for i in starts
            if i >= self.shortest
        ]


@dataclass(frozen=True)
class Mixed:
    """A fitted mixture.

    Parameters
    ----------
    parts : tuple of Fitted
        Fitted parts.
    weights : ndarray, shape (parts,)
        Their weights.
    """

    parts: tuple[Fitted, ...]
    weights: Floats

    def predict(self, until: float) -> Floats:
        """Weighted sum."""
        # A part that counts for nothing may be undefined, and must not make the sum so.
        used = [(part, weight) for part, weight in zip(self.parts, self.weights, strict=True) if weight > 0]
        if not used:
            return np.zeros_like(self.parts[0].predict(until))
        return np.asarray(sum(weight * part.predict(until) for part, weight in used))


@dataclass(frozen=True)
class Average:
    """Mean of the parts' forecasts, or of their ranks.

    Ranks keep a part with wild values from ruling the order; the mean forecast gives the level.

    Parameters
    ----------
    parts : tuple of Model
        What is averaged.
    is_by_rank : bool
        Whether the order comes from mean ranks: the sorted mean forecasts are then dealt out in it.
    label : str
        Name in tables, instead of one of the kind.
    """

    parts: tuple[Model, ...]
    is_by_rank: bool = False
    label: str = ""

    @property
    def name(self) -> str:
        """Name in tables."""
        return self.label or ("average_rank" if self.is_by_rank else "average_mean")

    def fit(self, history: History) -> Averaged:
        """Fit the parts."""
        return Averaged(tuple(part.fit(history) for part in self.parts), self.is_by_rank)


@dataclass(frozen=True)
class Averaged:
    """Fitted parts whose forecasts are averaged."""

    parts: Sequence[Fitted]
    is_by_rank: bool

    def predict(self, until: float) -> Floats:
        """Mean forecast, dealt out by mean rank where asked for."""
        from scipy.stats import rankdata

        forecasts = np.array([part.predict(until) for part in self.parts])
        mean = forecasts.mean(axis=0)
        if not self.is_by_rank:
            return mean
        rank = rankdata(forecasts, axis=1).mean(axis=0)
        # Cells of equal mean rank share their amounts, so that no order is made up.
        places = np.sort(mean)
        _, group = np.unique(rank, return_inverse=True)
        size = np.bincount(group)
        sums = np.add.reduceat(places, np.concatenate([[0], np.cumsum(size)[:-1]]))
        return (sums / size)[group]


def mixture_weights(parts: Floats, came: Floats, *, iterations: int = 200) -> Floats:
    """Weights, not negative, under which a sum of forecasts has the largest Poisson likelihood.

    Parameters
    ----------
    parts : ndarray, shape (parts, observations)
        Forecasts.
    came : ndarray, shape (observations,)
        What came.
    iterations : int
        Steps of expectation and maximisation, each of which raises the likelihood.

    Returns
    -------
    ndarray, shape (parts,)

    References
    ----------
    Lee, D. D. and Seung, H. S. (2001), NIPS 13: the multiplicative update for Poisson data.
    """
    totals = parts.sum(axis=1)
    is_there = came > 0
    seen, amount = parts[:, is_there], came[is_there]
    is_used = totals > 0
    weights = np.where(is_used, came.sum() / np.maximum(totals, 1e-300) / max(is_used.sum(), 1), 0.0)
    for _ in range(iterations):
        expected = np.maximum(weights @ seen, 1e-12)
        weights = weights * (seen @ (amount / expected)) / np.where(is_used, totals, 1.0)
    return weights
