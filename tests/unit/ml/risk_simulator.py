"""Events whose truth is known, for the tests of the risk models."""

from __future__ import annotations

import numpy as np
import shapely

from ml.risk.cells import Cells, grid_over
from ml.risk.history import History, make_history


def square(side: int, size: float = 250.0) -> Cells:
    """A square grid."""
    return grid_over(shapely.box(0, 0, side * size, side * size), size)


def poisson_city(
    side: int, months: int, seed: int, *, mean: float = 20.0, dispersion: float = 0.0
) -> History:
    """Monthly counts: a fixed risk for each cell, gamma-mixed month by month when dispersed."""
    random = np.random.default_rng(seed)
    cells = square(side)
    risk = mean * random.gamma(2.0, 0.5, cells.count)
    mixed = random.gamma(1 / dispersion, dispersion, (months, cells.count)) if dispersion else 1.0
    counts = random.poisson(risk * mixed * np.ones((months, cells.count)))
    return monthly(cells, counts)


def exciting_city(
    cells: Cells, days: int, seed: int, *, background: np.ndarray, branching: float, decay: float
) -> History:
    """Hawkes processes cell by cell, by branching: children, their children, and so on."""
    random = np.random.default_rng(seed)
    counts = random.poisson(background * days)
    cell = np.repeat(np.arange(cells.count), counts)
    day = random.uniform(0, days, len(cell))
    all_cells, all_days = [cell], [day]
    while len(cell):
        born = random.poisson(branching, len(cell))
        cell = np.repeat(cell, born)
        day = np.repeat(day, born) + random.exponential(1 / decay, born.sum())
        is_seen = day < days
        cell, day = cell[is_seen], day[is_seen]
        all_cells.append(cell)
        all_days.append(day)
    return make_history(cells, np.concatenate(all_cells), np.concatenate(all_days), np.arange(0.0, days + 1))


def repeating_city(side: int, months: int, seed: int, *, ratio: float, radius: float) -> History:
    """Monthly counts whose rate is a multiple of the usual one near the events of the month before."""
    random = np.random.default_rng(seed)
    cells = square(side)
    usual = 0.05 * random.gamma(2.0, 0.5, cells.count)
    near, counts = cells.near(radius), []
    near_by = np.split(near.indices, near.indptr[1:-1])
    for _ in range(months):
        last = counts[-1] if counts else np.zeros(cells.count)
        is_alert = np.array([last[others].any() for others in near_by])
        counts.append(random.poisson(usual * np.where(is_alert, ratio, 1.0)))
    return monthly(cells, np.array(counts))


def monthly(cells: Cells, counts: np.ndarray) -> History:
    """A history of counts, shape (months, cells), in months of 30 days."""
    month, cell = np.nonzero(counts)
    repeats = counts[month, cell]
    bounds = np.arange(len(counts) + 1) * 30.0
    return make_history(cells, np.repeat(cell, repeats), np.repeat(month * 30.0 + 15, repeats), bounds)
