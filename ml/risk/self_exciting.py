"""Self-exciting point process on cells, fitted by expectation and maximisation."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

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
        # Days are few where entries are many, so that what only the day decides is summed over days.
        size_of_day, still = tally(series.place, series.size, len(series.days)), length - series.days
        background: Floats = 0.5 * counts / length
        branching, decay = 0.5, 0.1
        for _ in range(self.iterations):
            near, aged = series.excitation(decay)
            base, triggered = background[series.cell], branching * decay * near
            # How much of an event each unit of its rate answers for.
            answered = series.size / np.maximum(base + triggered, 1e-300)
            own = tally(series.cell, answered * base, history.cells.count)
            background = shrink(own, length) if self.is_shrunk else own / length
            left = np.exp(-decay * still)
            # Children that the end of the history cut off are allowed for in both parameters.
            seen = float(size_of_day @ (1 - left))
            lag = float(branching * decay * (answered @ aged))
            cut = float(branching * (size_of_day @ (still * left)))
            born = float(answered @ triggered)
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
        first = int(np.searchsorted(history.day, since, side="left"))
        left = np.exp(-decay * (history.end - history.day[first:]))
        weight = history.weight[first:] / history.unit * left
        pending = tally(history.cell[first:], weight, history.cells.count)
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
    """Events by cell and day, one entry per pair; ``place`` is that of the day among ``days``.

    ``lag`` is the time since the cell's entry before; 0 for its first, which has none. First stand the
    earliest entries of all cells, then the second ones, and so on; cells come in the same order each time,
    those of most entries first. So each turn's predecessors are the head of the turn before.
    """

    days: Floats
    cell: Ints
    place: Ints
    size: Floats
    lag: Floats
    turns: list[slice]

    @classmethod
    def of(cls, history: History, since: float) -> _Series:
        from scipy.sparse import coo_array

        first = int(np.searchsorted(history.day, since, side="left"))
        day = history.day[first:]
        is_new = np.diff(day, prepend=-np.inf) > 0
        days, place = day[is_new] - since, np.cumsum(is_new) - 1
        shape = (history.cells.count, max(len(days), 1))
        weight = history.weight[first:] / history.unit
        # By cell, with the days of each ascending: same days are summed.
        by_cell = coo_array((weight, (history.cell[first:], place)), shape=shape).tocsr()
        by_cell.sum_duplicates()
        length = np.diff(by_cell.indptr)
        order = np.argsort(-length, kind="stable")
        cells_of_turn = len(length) - np.cumsum(np.bincount(length))[:-1]
        ends = np.cumsum(cells_of_turn)
        turns = [slice(end - count, end) for end, count in zip(ends, cells_of_turn, strict=True)]
        cell = np.concatenate([order[:0], *(order[:count] for count in cells_of_turn)])
        turn = np.repeat(np.arange(len(turns)), cells_of_turn)
        entry = by_cell.indptr[cell] + turn
        place = by_cell.indices[entry]
        lag = days[place] - days[by_cell.indices[np.where(turn > 0, entry - 1, entry)]]
        return cls(days, cell, place, by_cell.data[entry], lag, turns)

    def excitation(self, decay: float) -> tuple[Floats, Floats]:
        """Sums over earlier events of exp(-decay x lag), and of lag x exp(-decay x lag)."""
        near, aged, fading = np.zeros(len(self.cell)), np.zeros(len(self.cell)), np.exp(-decay * self.lag)
        for before, turn in pairwise(self.turns):
            head = slice(before.start, before.start + turn.stop - turn.start)
            carried = near[head] + self.size[head]
            near[turn] = fading[turn] * carried
            aged[turn] = fading[turn] * (aged[head] + self.lag[turn] * carried)
        return near, aged
