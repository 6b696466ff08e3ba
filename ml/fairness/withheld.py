"""Which cells of a table of counts to withhold, so that the small ones cannot be worked out from the rest.

A table has groups as rows and, say, districts as columns; the totals of its columns are always known, and
those of its rows are where they are shown. After the hypercube method: a small cell is safe when counts can
be moved around rectangles of withheld cells, which changes no total, so far that the range in which it must
lie is as wide as the threshold. What is proven is about the table itself: who knows some of the people
counted knows more.

Repsilber, D. (1994), "Preservation of confidentiality in aggregated data", Second International Seminar on
Statistical Confidentiality; Hundepool, A. et al. (2012), *Statistical Disclosure Control*, chapter 4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SMALL_COUNT = 10
FEWEST_IN_COLUMN = 100


def withheld_groups(counts: Floats, worth: npt.ArrayLike, *, small: int = SMALL_COUNT) -> Flags:
    """Choose the groups that are withheld whole.

    A lone withheld group is the total less the others, so that it gets company: the smallest others, until
    what is withheld together is no small count itself.

    Parameters
    ----------
    counts : ndarray, shape (groups,)
        Counts whose sum is known.
    worth : array of int or bool, shape (groups,)
        Groups worth more are taken for company only when no others are left.
    small : int
        Counts below it are small.

    Returns
    -------
    ndarray of bool, shape (groups,)
        All True where even the sum is small.
    """
    withheld: Flags = counts < small
    if not withheld.any():
        return withheld
    for group in np.lexsort((counts, np.asarray(worth))):
        if withheld.sum() >= 2 and counts[withheld].sum() >= small:
            break
        withheld[group] = True
    return withheld


def withheld_hits(hits: Floats, misses: Floats, hidden: Flags, *, small: int = SMALL_COUNT) -> Flags:
    """Choose the groups whose share of searches that found something is withheld.

    The number of a group's searches may be known, so that a hit more is a miss less.

    Parameters
    ----------
    hits, misses : ndarray, shape (groups,)
        Searches that found something, and that did not; both sums are known.
    hidden : ndarray of bool, shape (groups,)
        Groups whose searches are withheld.
    small : int
        Counts below it are small.

    Returns
    -------
    ndarray of bool, shape (groups,)
        Groups to withhold.
    """
    is_small: Flags = (hits < small) | (misses < small)
    withheld: Flags = hidden | is_small
    for group in np.argsort(hits + misses, kind="stable"):
        other_hits = hits[withheld].sum() - hits
        other_misses = misses[withheld].sum() - misses
        width = np.minimum(misses, other_hits) + np.minimum(hits, other_misses)
        is_open = width >= np.minimum(small, hits + misses)
        enough = min(hits[withheld].sum(), misses[withheld].sum()) >= small
        if not withheld.any() or (enough and is_open[is_small].all()):
            break
        withheld[group] = True
    return withheld


def kept_columns(totals: Floats, *, fewest: int = FEWEST_IN_COLUMN) -> Flags:
    """Choose the columns that stand for themselves; the others are to be taken together.

    Parameters
    ----------
    totals : ndarray, shape (columns,)
        Counts of the columns.
    fewest : int
        Columns with less are taken together; so is the smallest of the rest, while what is taken together
        has less.

    Returns
    -------
    ndarray of bool, shape (columns,)
        Columns to keep.
    """
    kept: Flags = totals >= fewest
    for column in np.argsort(totals, kind="stable"):
        if not 0 < totals[~kept].sum() < fewest:
            break
        kept[column] = False
    return kept


def withheld_cells(
    counts: Floats,
    whole: Flags,
    *,
    others: Floats | None = None,
    hidden: Flags | None = None,
    small: int = SMALL_COUNT,
) -> Flags | None:
    """Choose the cells to withhold.

    Parameters
    ----------
    counts : ndarray, shape (groups, columns)
        Counts; totals of columns are known, and totals of the groups that are not withheld whole.
    whole : ndarray of bool, shape (groups,)
        Groups withheld in every column, by what was chosen of the totals of the rows.
    others : ndarray, shape (groups, columns), optional
        Where counts are a part of what may be known, as hits are of searches, the other part: small is
        either, and a count can rise no higher than by it.
    hidden : ndarray of bool, shape (groups, columns), optional
        Cells that are withheld whatever their counts are.
    small : int
        Counts below it are small.

    Returns
    -------
    ndarray of bool, shape (groups, columns), or None
        None where the table cannot be made safe: leave it out.
    """
    shown = np.flatnonzero(~whole)

    def with_the_rest(cells: Floats) -> Floats:
        # Of groups withheld whole, the sum is known: together they are one more row.
        together = cells[whole].sum(axis=0, keepdims=True)
        return np.vstack([cells[shown], together[: int(whole.any())]])

    falls = with_the_rest(counts)
    rises = np.full(falls.shape, np.inf) if others is None else with_the_rest(others)
    withheld: Flags = np.minimum(falls, rises) < small
    is_small = withheld.copy()
    withheld[len(shown) :] = True
    if hidden is not None:
        withheld[: len(shown)] |= hidden[shown]
    for row, column in np.argwhere(is_small):
        if not _make_safe((falls, rises), withheld, int(row), int(column), small):
            return None
    cells: Flags = np.ones(counts.shape, dtype=bool)
    cells[shown] = withheld[: len(shown)]
    return cells


def _make_safe(moves: tuple[Floats, Floats], withheld: Flags, row: int, column: int, small: int) -> bool:
    """Withhold the fewest further counts that leave a cell's range wide enough; False when nothing does.

    ``moves``: how far each count can fall and rise. A range as wide as both together is wide enough.
    """
    falls, rises = moves
    wanted = min(small, falls[row, column] + rises[row, column])
    others = np.delete(np.arange(falls.shape[1]), column)
    best: tuple[float, int, npt.NDArray[np.intp]] | None = None
    for partner in range(len(falls)):
        if partner == row:
            continue
        pair = [row, partner]
        worth = falls[pair] + np.where(np.isinf(rises[pair]), 0.0, rises[pair]) + 1
        price = np.where(withheld[pair], 0.0, worth).sum(axis=0)
        order = others[np.argsort(price[others], kind="stable")]
        # The cell rises while its partner falls, and the other way round in the columns that make up for it.
        up = np.cumsum(np.minimum(falls[row, order], rises[partner, order]))
        down = np.cumsum(np.minimum(rises[row, order], falls[partner, order]))
        highest = np.minimum(np.minimum(rises[row, column], falls[partner, column]), up)
        lowest = np.minimum(np.minimum(falls[row, column], rises[partner, column]), down)
        enough = np.flatnonzero(highest + lowest >= wanted)
        if not len(enough):
            continue
        needed = order[: enough[0] + 1]
        cost = float(price[column] + price[needed].sum())
        if best is None or cost < best[0]:
            best = (cost, partner, needed)
    if best is None:
        return False
    withheld[best[1], column] = True
    withheld[np.ix_(np.array([row, best[1]]), best[2])] = True
    return True
