"""The months that a month is held against, and how far its mix lies from theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

REFERENCE_MONTHS = 12
FEWEST_REFERENCE_MONTHS = 6
# A month of fewer calls, such as the one that is not over, says little of calls or of a model of them.
FEWEST_CALLS = 100
_SMOOTHED = 0.5
_CHANCE_LEVEL = 0.95

#: Measure, subject, month, value, first and last month of the reference.
Row = tuple[str, str, object, float, object, object]


def windows(months: pd.Index, latest: int = 1) -> Iterator[tuple[int, slice]]:
    """Yield each month's place and the window before the latest months up to it, once that is long enough."""
    for first in range(FEWEST_REFERENCE_MONTHS, len(months) - latest + 1):
        yield first + latest - 1, slice(max(0, first - REFERENCE_MONTHS), first)


def drift_row(
    measure: str, subject: object, months: pd.Index, place: int, window: slice, value: float
) -> Row:
    """Return one row of the table of drift."""
    return (measure, str(subject), months[place], value, months[window][0], months[window][-1])


def stability_index(expected: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Return the population stability index of two distributions over the same classes.

    Parameters
    ----------
    expected, actual
        Shape (classes,): counts, or anything that adds up; half a unit is added to each class.

    Returns
    -------
    float
        Sum of (a - e) ln(a / e) over the shares a and e; 0 when they are the same, NaN without any counts.
    """
    old, new = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    if not old.sum() or not new.sum():
        return float("nan")
    # Scaled to the new total first, or a reference of many months would weigh the added half away.
    e = old / old.sum() * new.sum() + _SMOOTHED
    a = new + _SMOOTHED
    e, a = e / e.sum(), a / a.sum()
    return float(np.sum((a - e) * np.log(a / e)))


def stability_excess(expected: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Return by how much the stability index lies above what chance alone stays below.

    Two samples of the same mix, of n and m cases in k classes, have an index of some (1/n + 1/m) times a
    chi-squared variable of k - 1 degrees of freedom: a hundred cases in a dozen classes would alarm by it.

    Parameters
    ----------
    expected, actual
        Shape (classes,): counts of cases.

    Returns
    -------
    float
        The index less the 95% point of that distribution, at least 0; NaN when either has no case.

    References
    ----------
    Yurdakul, B. (2018), Statistical properties of population stability index, Western Michigan University.
    """
    from scipy.stats import chi2

    old, new = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    index, class_count = stability_index(old, new), np.count_nonzero(old + new)
    if np.isnan(index) or class_count == 1:
        return index
    chance = chi2.ppf(_CHANCE_LEVEL, class_count - 1) * (1 / old.sum() + 1 / new.sum())
    return max(0.0, index - float(chance))
