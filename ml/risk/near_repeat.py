"""Near repeats: what happened lately and close by raises the risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats, tally
from ml.risk.counts import PeriodMean
from ml.risk.history import History
from ml.risk.model import Rate


@dataclass(frozen=True)
class ProspectiveHotspot:
    """Bowers, Johnson and Pease's map: near and recent events count for more.

    Each event within the radius and the weeks adds 1 / (1 + half cells away) x 1 / (1 + weeks ago).
    The surface is scaled so that it sums to the recent rate of the whole area.

    Parameters
    ----------
    radius : float
        In the units of the cells' coordinates (the authors: 400 m).
    weeks : float
        How far back (the authors: two months).
    half_cell : float
        Unit of distance: half the edge of a cell.

    References
    ----------
    Bowers, K. J., Johnson, S. D. and Pease, K. (2004), British Journal of Criminology 44(5), 641-658.
    """

    radius: float
    half_cell: float
    weeks: float = 8.0
    name: str = "prospective"

    def fit(self, history: History) -> Rate:
        """Add up the events' weights cell by cell."""
        since = max(history.start, history.end - 7 * self.weeks)
        first = int(np.searchsorted(history.day, since, side="left"))
        age = np.floor((history.end - history.day[first:]) / 7)
        recent = tally(history.cell[first:], history.weight[first:] / (1 + age), history.cells.count)
        score = spread_near(history, recent, self.radius, self.half_cell)
        return Rate(history.end, scaled(score, history.weight[first:].sum() / (history.end - since)))


@dataclass(frozen=True)
class NearRepeat:
    """A rule as Precobs has it: around each event of the last days an area is on alert.

    A cell's rate is the long-run mean plus as much again for each event within the radius and days, so
    cells without an alert keep their order.

    Parameters
    ----------
    radius : float
        In the units of the cells' coordinates (Precobs: some 500 m).
    days : float
        How long an alert lasts (Precobs: 7).
    periods : int
        Periods of the long-run mean.
    """

    radius: float
    days: float = 7.0
    periods: int = 12
    name: str = "near_repeat"

    def fit(self, history: History) -> Rate:
        """Raise the mean where there was an event lately."""
        since = max(history.start, history.end - self.days)
        recent = history.amount(since, history.end) / history.unit
        near = history.cells.near(self.radius).copy()
        near.data[:] = 1.0
        mean = PeriodMean(self.periods).fit(history).per_day
        alerts = np.asarray(near @ recent)
        return Rate(history.end, scaled(mean * (1 + alerts), float(mean.sum())))


def spread_near(history: History, amount: Floats, radius: float, unit: float) -> Floats:
    """Sum over cells within a radius of amount / (1 + distance / unit), shape (cells,).

    Only cells with an amount send any out, so the cost goes with the events and not with the area.
    """
    from scipy.spatial import cKDTree

    senders = np.flatnonzero(amount)
    if len(senders) == 0:
        return np.zeros(history.cells.count)
    pairs = cKDTree(history.cells.xy[senders]).sparse_distance_matrix(
        cKDTree(history.cells.xy), radius, output_type="ndarray"
    )
    sent = amount[senders][pairs["i"]] / (1 + pairs["v"] / unit)
    return tally(pairs["j"], sent, history.cells.count)


def scaled(score: Floats, total: float) -> Floats:
    """The same surface summing to a total; a flat one where it is empty."""
    sum_of_scores = score.sum()
    if sum_of_scores == 0:
        return np.full(len(score), total / len(score))
    return score * (total / sum_of_scores)
