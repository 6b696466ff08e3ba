"""Near repeats: what happened lately and close by raises the risk."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ml.risk.cells import Floats, tally
from ml.risk.counts import EmpiricalBayes
from ml.risk.history import History
from ml.risk.model import Fitted, Model, Rate

#: As many events as likely without an alert as with one: a handful of calm cells decides nothing.
PRIOR_EVENTS = 10.0


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
    """A rule as Precobs has it: where something happened lately and close by, the area is on alert.

    An area is on alert or it is not, however much happened. On alert its usual rate is multiplied by a
    ratio, which earlier periods tell: the Mantel-Haenszel rate ratio of areas on alert against the others,
    with the usual amounts in the place of person-time and the periods as strata, so that a month of more
    crime is no effect of alerts. Where every area is always on alert (months of a busy neighbourhood) there
    is nothing to compare, the ratio is 1, and the usual rates are what remains.

    Parameters
    ----------
    radius : float
        In the units of the cells' coordinates (Precobs: some 500 m).
    days : float
        How long an alert lasts (Precobs: 7).
    base : Model
        Gives the usual rates; it must expect something wherever something can happen.
    windows : int
        Earlier periods that tell the ratio.
    shortest : int
        Fewest periods before the first of them.

    References
    ----------
    Gerstner, D. (2018), European Journal for Security Research 3, 115-138 (Precobs).
    Greenland, S. and Robins, J. M. (1985), Biometrics 41(1), 55-68 (rate ratio from sparse strata).
    """

    radius: float
    days: float = 7.0
    base: Model = field(default_factory=EmpiricalBayes)
    windows: int = 12
    shortest: int = 6
    name: str = "near_repeat"

    def fit(self, history: History) -> Alerted:
        """Learn the ratio, and see who is on alert."""
        return Alerted(self.base.fit(history), on_alert(history, self.radius, self.days), self.ratio(history))

    def ratio(self, history: History) -> float:
        """Rate on alert against the rate without, all else equal; 1 where nothing tells it."""
        alert = calm = PRIOR_EVENTS
        for first in range(
            max(self.shortest, len(history.bounds) - 1 - self.windows), len(history.bounds) - 1
        ):
            start, end = float(history.bounds[first]), float(history.bounds[first + 1])
            known = history.before(start)
            is_alert = on_alert(known, self.radius, self.days)
            usual = self.base.fit(known).predict(end)
            came = history.amount(start, end) / history.unit
            share = usual[is_alert].sum() / (usual.sum() or 1.0)
            alert += float(came[is_alert].sum()) * (1 - share)
            calm += float(came[~is_alert].sum()) * share
        return alert / calm


@dataclass(frozen=True)
class Alerted:
    """Usual rates, raised where there is an alert.

    Parameters
    ----------
    usual : Fitted
        Usual rates.
    is_alert : ndarray of bool, shape (cells,)
        Who is on alert.
    ratio : float
        Rate on alert against the rate without.
    """

    usual: Fitted
    is_alert: npt.NDArray[np.bool_]
    ratio: float

    def predict(self, until: float) -> Floats:
        """Usual amounts with those on alert raised, summing to what is usual."""
        return raised(self.usual.predict(until), self.is_alert, self.ratio)


def on_alert(history: History, radius: float, days: float) -> npt.NDArray[np.bool_]:
    """Which cells have an event no further than a radius away in the last days, shape (cells,)."""
    recent = history.amount(max(history.start, history.end - days), history.end) > 0
    near = history.cells.near(radius)
    # Cells at the distance 0 are stored entries too, so entries are counted and not their values.
    reached = recent[near.indices].astype(np.int64)
    before = np.concatenate([[0], np.cumsum(reached)])
    return before[near.indptr[1:]] > before[near.indptr[:-1]]


def raised(usual: Floats, is_alert: npt.NDArray[np.bool_], ratio: float) -> Floats:
    """Amounts multiplied by a ratio where there is an alert, with the sum that they had."""
    return scaled(np.where(is_alert, usual * ratio, usual), float(usual.sum()))


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
