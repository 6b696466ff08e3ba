"""What the learners see of a cell: its own past, its neighbours', the calendar, and what does not change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Cells, Floats, Ints
from ml.risk.history import History

SEED = 20210321
LAGS = (1, 2, 3, 6, 12)
MEANS = (3, 6, 12)
LONGEST = 12


@dataclass(frozen=True)
class Design:
    """Rows to learn from, and rows to forecast.

    Parameters
    ----------
    seen : ndarray, shape (rows, columns)
        Features of past periods and their cells; NaN where the history does not reach back.
    came : ndarray, shape (rows,)
        What came in them, in amounts a day.
    ahead : ndarray, shape (cells, columns)
        Features of the next period.
    """

    seen: Floats
    came: Floats
    ahead: Floats


def design(
    history: History, until: float, *, shortest: int = 3, most: int = 24, rows: int | None = None
) -> Design:
    """Lay out the features of the last periods and of the next one.

    A row's features use periods before its own only. Amounts are rates a day, so that months compare.

    Parameters
    ----------
    history : History
        Up to the origin.
    until : float
        End of the next period.
    shortest : int
        Periods that must lie before a row.
    most : int
        Latest periods to learn from.
    rows : int, optional
        Rows to learn from, at most: each period then keeps as many cells, drawn from a seed; at least one.
        All of them when not given.

    Returns
    -------
    Design
        Columns as `column_names` names them, for all rows alike.

    Raises
    ------
    ValueError
        The history has no more than ``shortest`` periods, so that there is nothing to learn from.
    """
    lengths = np.diff(history.bounds)
    rates = history.table() / lengths[:, None]
    count = len(rates)
    around = _around(history.cells, rates)
    fixed = _fixed(history.cells)
    ends = np.append(history.bounds, until)
    periods = range(max(shortest, count - most), count)
    every = np.arange(history.cells.count)
    kept = dict.fromkeys(periods, every)
    if rows is not None and len(every) * len(periods) > rows:
        random = np.random.default_rng(SEED)
        size = max(1, rows // len(periods))
        kept = {t: np.sort(random.choice(every, size, replace=False)) for t in periods}

    def features(t: int, cells: Ints) -> Floats:
        own, near = _lags(rates[:, cells], t), _lags(around[:, cells], t)[:, [0, len(LAGS)]]
        return np.column_stack([own, near, _calendar(ends, t, len(cells)), fixed[cells]])

    seen = [features(t, cells) for t, cells in kept.items()]
    came = [rates[t, cells] for t, cells in kept.items()]
    return Design(np.concatenate(seen), np.concatenate(came), features(count, every))


def column_names(cells: Cells) -> list[str]:
    """Name the columns of `design`, in order.

    Parameters
    ----------
    cells : Cells
        The study area.
    """
    own = [f"own_lag_{lag}" for lag in LAGS] + [f"own_mean_{length}" for length in MEANS] + ["own_mean_all"]
    around = [f"around_lag_{LAGS[0]}", f"around_mean_{MEANS[0]}"]
    calendar = ["period_days", "year_sine", "year_cosine"]
    return [*own, *around, *calendar, "area_log", *sorted(cells.features)]


def _lags(rates: Floats, t: int) -> Floats:
    """Rates some periods before period ``t`` and their means, shape (cells, lags + means + 1)."""
    empty = np.full(rates.shape[1], np.nan)
    columns = [rates[t - lag] if t >= lag else empty for lag in LAGS]
    columns += [rates[max(0, t - length) : t].mean(axis=0) for length in MEANS]
    columns.append(rates[:t].mean(axis=0))
    return np.column_stack(columns)


def _around(cells: Cells, rates: Floats) -> Floats:
    """Mean rate of the eight nearest other cells, for every period."""
    from scipy.spatial import cKDTree

    nearest = min(9, cells.count)
    _, found = cKDTree(cells.xy).query(cells.xy, nearest)
    return rates[:, found.reshape(cells.count, -1)[:, 1:]].mean(axis=2) if nearest > 1 else rates


def _calendar(ends: Floats, t: int, rows: int) -> Floats:
    """Length of the period and its place in the year, the same for all cells."""
    middle = (ends[t] + ends[t + 1]) / 2
    turn = 2 * np.pi * middle / 365.25
    return np.tile([ends[t + 1] - ends[t], np.sin(turn), np.cos(turn)], (rows, 1))


def _fixed(cells: Cells) -> Floats:
    return np.column_stack([np.log(cells.area), *(cells.features[name] for name in sorted(cells.features))])
