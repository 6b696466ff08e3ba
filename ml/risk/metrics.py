"""How good a map was: capture, PAI, PEI and recapture at a share of the area, and scores of counts.

The same functions take counts or harm: with harm days, ``came`` is each cell's harm and the ratios are the
harm-weighted variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats


@dataclass(frozen=True)
class Capture:
    """What the flagged area caught.

    Parameters
    ----------
    caught : float
        n: amount that fell in the flagged area.
    total : float
        N: amount that fell anywhere.
    best : float
        n*: the most that the same area could have caught, chosen in hindsight from the same cells.
    area_share : float
        a/A.
    caught_before, total_before : float
        The same of the history that the map was made from.
    """

    caught: float
    total: float
    best: float
    area_share: float
    caught_before: float
    total_before: float

    @property
    def hit_rate(self) -> float:
        """n/N: the share captured; NaN when nothing came."""
        return _ratio(self.caught, self.total)

    @property
    def pai(self) -> float:
        """Predictive accuracy index, (n/N) / (a/A) (Chainey, Tompson and Uhlig 2008)."""
        return _ratio(self.hit_rate, self.area_share)

    @property
    def pei(self) -> float:
        """Predictive efficiency index, n/n* at the same area."""
        return _ratio(self.caught, self.best)

    @property
    def recapture(self) -> float:
        """Recapture rate index, (n after / n before) / (N after / N before) (Levine 2008)."""
        return _ratio(_ratio(self.caught, self.caught_before), _ratio(self.total, self.total_before))


def flagged(score: Floats, area: Floats, budget: float) -> Floats:
    """Share of each cell that is flagged when the riskiest cells are taken until the area is used up.

    Cells are taken by score per area. A group of cells with the same score that does not fit whole is
    taken in part, each cell alike: that is the expectation over all ways to break the tie, so no order
    of cells can be lucky.

    Parameters
    ----------
    score, area : ndarray, shape (cells,)
        Expected amount and area.
    budget : float
        Area to flag, in the units of ``area``.

    Returns
    -------
    ndarray, shape (cells,)
        Between 0 and 1; areas times shares sum to the budget, or to the whole area when that is less.
    """
    return flagged_at(score, area, [budget])[0]


def flagged_at(score: Floats, area: Floats, budgets: Sequence[float]) -> Floats:
    """Flag for several areas at once, which sorts the cells once.

    Parameters
    ----------
    score, area
        As for `flagged`.
    budgets : sequence of float
        Areas to flag, in the units of ``area``.

    Returns
    -------
    ndarray, shape (budgets, cells)
        A row as `flagged` gives it for each area.
    """
    density = score / area
    order = np.argsort(-density, kind="stable")
    ranked = density[order]
    group = np.concatenate([[0], np.cumsum(ranked[1:] != ranked[:-1])])
    sizes = np.bincount(group, area[order])
    before = np.concatenate([[0.0], np.cumsum(sizes)[:-1]])
    shares = np.zeros((len(budgets), len(score)))
    for row, budget in zip(shares, budgets, strict=True):
        row[order] = np.clip((budget - before) / sizes, 0.0, 1.0)[group]
    return shares


def capture(score: Floats, came: Floats, area: Floats, budget: float, before: Floats) -> Capture:
    """Judge a map by what came.

    Parameters
    ----------
    score : ndarray, shape (cells,)
        The map: expected amounts.
    came : ndarray, shape (cells,)
        Counts or harm days that came.
    area : ndarray, shape (cells,)
        Areas.
    budget : float
        Area that may be flagged.
    before : ndarray, shape (cells,)
        Counts or harm days of the history.
    """
    chosen = flagged(score, area, budget)
    ideal = flagged(came, area, budget)
    return Capture(
        float(chosen @ came),
        float(came.sum()),
        float(ideal @ came),
        budget / float(area.sum()),
        float(chosen @ before),
        float(before.sum()),
    )


def poisson_deviance(came: Floats, mean: Floats) -> float:
    """Mean of `unit_deviance`.

    Parameters
    ----------
    came, mean : ndarray, shape (cells,)
        As for `unit_deviance`.
    """
    return float(np.mean(unit_deviance(came, mean)))


def unit_deviance(came: Floats, mean: Floats) -> Floats:
    """2 (y log(y/m) - y + m) of each cell; infinite where something came that could not.

    Parameters
    ----------
    came : ndarray, shape (cells,)
        y: counts, 0 or more.
    mean : ndarray, shape (cells,)
        m: expected counts, 0 or more.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(came > 0, came * np.log(came / mean), 0.0)
    return np.asarray(2 * (log - came + mean))


def calibration_error(came: Floats, mean: Floats, groups: int = 10) -> float:
    """Sum over tenths of the cells, by forecast, of |came - expected|, over all that came.

    0 for a forecast that is right on average at every level of risk; NaN when nothing came.

    Parameters
    ----------
    came, mean : ndarray, shape (cells,)
        Amounts that came and that were expected.
    groups : int
        Groups of as near as can be equal numbers of cells, in order of the forecast.
    """
    total = came.sum()
    order = np.argsort(mean, kind="stable")
    gaps = [abs(float(came[part].sum() - mean[part].sum())) for part in np.array_split(order, groups)]
    return _ratio(sum(gaps), float(total))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
