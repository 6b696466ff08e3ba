"""What was known at an origin: events by cell and day, and the bounds of the periods."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ml.risk.cells import Cells, Floats, Ints, tally
from ml.risk.sizes import Sizes, sizes_of


@dataclass(frozen=True, eq=False)
class History:
    """Events up to an origin, which is the last bound.

    Parameters
    ----------
    cells : Cells
        The study area.
    cell : ndarray of int, shape (events,)
        Cell of each event.
    day : ndarray, shape (events,)
        When, in days since any fixed day, ascending. Monthly data take the middle of the month.
    weight : ndarray, shape (events,)
        1 for counts; harm days for harm.
    bounds : ndarray, shape (periods + 1,)
        First days of the periods and the day after the last one, ascending.
    """

    cells: Cells
    cell: Ints
    day: Floats
    weight: Floats
    bounds: Floats

    @property
    def start(self) -> float:
        """First day of the history."""
        return float(self.bounds[0])

    @property
    def end(self) -> float:
        """The origin: the day after the last known one."""
        return float(self.bounds[-1])

    @cached_property
    def unit(self) -> float:
        """Typical weight of an event: the sum of squared weights over the sum of weights.

        Amounts over this unit vary as counts of equal events do, to the second moment.
        """
        total = self.weight.sum()
        return float((self.weight**2).sum() / total) if total > 0 else 1.0

    @cached_property
    def sizes(self) -> Sizes:
        """What single events weigh."""
        return sizes_of(self.weight)

    def before(self, end: float) -> History:
        """The same history as it was known at an earlier day.

        Parameters
        ----------
        end : float
            One of the bounds.

        Raises
        ------
        ValueError
            The day is no bound, or the first one.
        """
        last = int(np.searchsorted(self.bounds, end))
        if last == 0 or last == len(self.bounds) or self.bounds[last] != end:
            raise ValueError(f"History.before: day {end:g} is not the end of one of the periods")
        known = int(np.searchsorted(self.day, end, side="left"))
        return replace(
            self,
            cell=self.cell[:known],
            day=self.day[:known],
            weight=self.weight[:known],
            bounds=self.bounds[: last + 1],
        )

    def amount(self, since: float, until: float) -> Floats:
        """Summed weight of each cell from a day on until before another, shape (cells,).

        Parameters
        ----------
        since, until : float
            First day and the day after the last one, on the scale of ``day``; need not be bounds.
        """
        first, last = np.searchsorted(self.day, [since, until], side="left")
        return tally(self.cell[first:last], self.weight[first:last], self.cells.count)

    def table(self, periods: int | None = None) -> Floats:
        """Summed weight by period and cell, shape (periods, cells), oldest period first.

        Parameters
        ----------
        periods : int, optional
            How many of the last periods; all when not given, or when the history has no more.
        """
        bounds = self.bounds if periods is None else self.bounds[-periods - 1 :]
        first = int(np.searchsorted(self.day, bounds[0], side="left"))
        period = np.searchsorted(bounds, self.day[first:], side="right") - 1
        count = len(bounds) - 1
        flat = period * self.cells.count + self.cell[first:]
        table = tally(flat, self.weight[first:], count * self.cells.count)
        return table.reshape(count, self.cells.count)


def make_history(
    cells: Cells, cell: Ints, day: Floats, bounds: Floats, weight: npt.ArrayLike | None = None
) -> History:
    """Build a history: sorts the events, and refuses what cannot be.

    Parameters
    ----------
    cells, cell, day, bounds, weight
        As in `History`, events in any order; weight 1 when not given.

    Returns
    -------
    History
        Events in order of day.

    Raises
    ------
    ValueError
        An event outside the cells or periods, a weight that is negative or not finite, or bounds that do
        not ascend or hold no period.
    """
    weights = np.ones(len(cell)) if weight is None else np.asarray(weight, dtype=np.float64)
    bounds = np.asarray(bounds, dtype=np.float64)
    if len(bounds) < 2 or (np.diff(bounds) <= 0).any():
        raise ValueError("make_history: bounds must ascend and hold at least one period")
    if len(cell) and (cell.min() < 0 or cell.max() >= cells.count):
        raise ValueError("make_history: an event lies in no cell; leave it out and count it")
    if len(day) and not (day.min() >= bounds[0] and day.max() < bounds[-1]):
        raise ValueError("make_history: an event lies outside the periods")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("make_history: weights must be finite and not negative")
    order = np.argsort(day, kind="stable")
    return History(
        cells,
        np.asarray(cell, dtype=np.int64)[order],
        np.asarray(day, dtype=np.float64)[order],
        weights[order],
        bounds,
    )
