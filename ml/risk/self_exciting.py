"""Self-exciting point process on cells, fitted by expectation and maximisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats, Ints, tally
from ml.risk.counts import shrink
from ml.risk.history import History

LARGEST_BRANCHING = 0.99


@dataclass(frozen=True)
class SelfExciting:
    """Each cell has a background rate, and each event raises its own cell's rate for a while.

    rate(cell, t) = background(cell) + sum over earlier events of branching x decay x exp(-decay x age).
    Events of the same day and cell do not excite each other, as their order is unknown.

    Parameters
    ----------
    days : float
        History used (PredPol's publication: 365); the background is constant over it.
    iterations : int
        Steps of expectation and maximisation.
    is_shrunk : bool
        Whether the backgrounds are shrunk to a common gamma distribution; the publication's are not.

    References
    ----------
    Mohler, G. O. et al. (2015), JASA 110(512), 1399-1411.
    """

    days: float = 365.0
    iterations: int = 50
    is_shrunk: bool = False

    @property
    def name(self) -> str:
        """Name in tables."""
        return f"self_exciting_{self.days:g}" + ("_shrunk" if self.is_shrunk else "")

    def fit(self, history: History) -> Excited:
        """Estimate the backgrounds, the branching ratio and the decay."""
        since = max(history.start, history.end - self.days)
        length = history.end - since
        series = _Series.of(history, since)
        counts = tally(series.cell, series.size, history.cells.count)
        background: Floats = 0.5 * counts / length
        branching, decay = 0.5, 0.1
        for _ in range(self.iterations):
            near, aged = series.excitation(decay)
            triggered = branching * decay * near
            base = background[series.cell]
            total = np.maximum(base + triggered, 1e-300)
            share = series.size * triggered / total
            own = tally(series.cell, series.size * base / total, history.cells.count)
            background = shrink(own, length) if self.is_shrunk else own / length
            left = np.exp(-decay * (length - series.day))
            # Children that the end of the history cut off are allowed for in both parameters.
            seen = float((series.size * (1 - left)).sum())
            lag = float((series.size * branching * decay * aged / total).sum())
            cut = branching * float((series.size * (length - series.day) * left).sum())
            born = float(share.sum())
            branching = min(born / seen, LARGEST_BRANCHING) if seen > 0 else 0.0
            decay = born / (lag + cut) if lag + cut > 0 else decay
        return self.excited(history, background, branching, decay)

    def excited(self, history: History, background: Floats, branching: float, decay: float) -> Excited:
        """Return the process with what is learned given.

        Parameters
        ----------
        history : History
            Up to the origin; its last ``days`` are what still sets off events.
        background, branching, decay
            As in `Excited`.
        """
        since = max(history.start, history.end - self.days)
        series = _Series.of(history, since)
        left = np.exp(-decay * (history.end - since - series.day))
        pending = tally(series.cell, series.size * left, history.cells.count)
        return Excited(history.end, background, pending, branching, decay, history.unit)


@dataclass(frozen=True)
class Excited:
    """A fitted process.

    Parameters
    ----------
    origin : float
        End of the history.
    background : ndarray, shape (cells,)
        Events a day.
    pending : ndarray, shape (cells,)
        Sum of exp(-decay x age) over the past events.
    branching : float
        Events that an event sets off, on average.
    decay : float
        Per day; its inverse is the mean lag.
    unit : float
        Amount of an event.
    """

    origin: float
    background: Floats
    pending: Floats
    branching: float
    decay: float
    unit: float

    def predict(self, until: float) -> Floats:
        """Background and what past events still set off; not what those would set off in turn."""
        days = until - self.origin
        triggered = self.branching * self.pending * (1 - np.exp(-self.decay * days))
        return (self.background * days + triggered) * self.unit


@dataclass(frozen=True)
class _Series:
    """Events by cell and day: one entry per pair, sorted; ``turns`` are entries by rank in their cell."""

    cell: Ints
    day: Floats
    size: Floats
    turns: list[Ints]

    @classmethod
    def of(cls, history: History, since: float) -> _Series:
        first = int(np.searchsorted(history.day, since, side="left"))
        cell, day = history.cell[first:], history.day[first:] - since
        order = np.lexsort((day, cell))
        cell, day, weight = cell[order], day[order], history.weight[first:][order] / history.unit
        is_new = np.ones(len(cell), dtype=bool)
        is_new[1:] = (np.diff(cell) != 0) | (np.diff(day) != 0)
        starts = np.flatnonzero(is_new)
        cell, day = cell[starts], day[starts]
        size = np.add.reduceat(weight, starts) if len(starts) else weight
        is_first = np.ones(len(cell), dtype=bool)
        is_first[1:] = np.diff(cell) != 0
        entry = np.arange(len(cell))
        rank = entry - np.maximum.accumulate(np.where(is_first, entry, 0))
        by_rank = np.argsort(rank, kind="stable")
        sizes = np.bincount(rank) if len(rank) else np.zeros(0, dtype=np.int64)
        return cls(cell, day, size, np.split(by_rank, np.cumsum(sizes)[:-1]))

    def excitation(self, decay: float) -> tuple[Floats, Floats]:
        """Sums over earlier events of exp(-decay x lag), and of lag x exp(-decay x lag)."""
        near, aged = np.zeros(len(self.cell)), np.zeros(len(self.cell))
        for turn in self.turns[1:]:
            # An entry's predecessor in its cell is the entry before it.
            lag = self.day[turn] - self.day[turn - 1]
            fading = np.exp(-decay * lag)
            carried = near[turn - 1] + self.size[turn - 1]
            near[turn] = fading * carried
            aged[turn] = fading * (aged[turn - 1] + lag * carried)
        return near, aged
