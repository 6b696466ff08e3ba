"""Distributions of what comes, around what is expected: of counts, and of harm of events of many sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml.risk.cells import Floats, Ints
from ml.risk.sizes import Sizes

POISSON_BELOW = 1e-8
#: Means within 6% of each other share a row of the table, and means within a factor of 2 its amounts.
_ROWS_A_DOUBLING = 12
_STEPS = 1024
#: Less probability than this makes no step of a distribution function.
_NEXT_TO_NOTHING = 1e-6


class Law(Protocol):
    """Distribution of each cell's amount."""

    def stretch(self, came: Floats) -> tuple[Floats, Floats]:
        """Distribution function just below each outcome and at it, each shape (cells,)."""

    def interval(self, tail: float) -> tuple[Floats, Floats]:
        """Lowest and highest amount of which at least half lies in the central part, each shape (cells,).

        The central part leaves the probability ``tail`` on each side.

        The rule is the mid-P of Lancaster (1961). An interval that held all of the central part would cover
        no less than its level, and so far more where counts are small. This one covers its level on average
        over cells of different means, and may cover less than it in a single cell.
        """

    def covered(self, came: Floats, stretch: tuple[Floats, Floats], tail: float) -> np.ndarray:
        """Whether each outcome lies in its interval, shape (cells,); ``stretch`` is that of the outcomes."""


def law_of(mean: Floats, dispersion: float, sizes: Sizes) -> Law:
    """Distribution of amounts whose events are negative binomial around the mean.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected amounts, above 0.
    dispersion : float
        a of variance = mean + a x mean^2, in units of a typical event; 0 for Poisson.
    sizes : Sizes
        What single events weigh.
    """
    if sizes.is_one:
        return Counted(mean / sizes.mean, dispersion, sizes.mean)
    return compound(mean, dispersion, sizes)


@dataclass(frozen=True, eq=False)
class Counted:
    """Whole numbers of events of one size.

    Parameters
    ----------
    mean : ndarray, shape (cells,)
        Expected events.
    dispersion : float
        As for `law_of`.
    unit : float
        Size of an event.

    References
    ----------
    Lancaster, H. O. (1961), Journal of the American Statistical Association 56(294), 223-234 (the mid-P).
    """

    mean: Floats
    dispersion: float
    unit: float

    def stretch(self, came: Floats) -> tuple[Floats, Floats]:
        """As `Law` has it."""
        return self._stretch(np.round(came / self.unit))

    def interval(self, tail: float) -> tuple[Floats, Floats]:
        """As `Law` has it, in whole units."""
        lower, upper = self._quantile(tail), self._quantile(1 - tail)
        lower = lower + (_middle(*self._stretch(lower)) < tail)
        upper = upper - (_middle(*self._stretch(upper)) > 1 - tail)
        return lower * self.unit, upper * self.unit

    def covered(self, came: Floats, stretch: tuple[Floats, Floats], tail: float) -> np.ndarray:
        """As `Law` has it: by the rule itself, which is quicker than the quantiles."""
        middle = _middle(*stretch)
        return (middle >= tail) & (middle <= 1 - tail)

    def _quantile(self, p: float) -> Floats:
        from scipy.stats import nbinom, poisson

        safe = np.maximum(self.mean, 1e-12)
        if self.dispersion < POISSON_BELOW:
            return np.asarray(poisson.ppf(p, safe))
        size = 1 / self.dispersion
        return np.asarray(nbinom.ppf(p, size, size / (size + safe)))

    def _stretch(self, count: Floats) -> tuple[Floats, Floats]:
        from scipy.special import betainc, gammaincc

        safe = np.maximum(self.mean, 1e-12)
        below, is_any = np.zeros(len(safe)), count > 0
        if self.dispersion < POISSON_BELOW:
            below[is_any] = gammaincc(count[is_any], safe[is_any])
            return below, gammaincc(count + 1, safe)
        size = 1 / self.dispersion
        share = size / (size + safe)
        below[is_any] = betainc(size, count[is_any], share[is_any])
        return below, betainc(size, count + 1, share)


@dataclass(frozen=True, eq=False)
class _Band:
    """Cells whose means are alike enough for a table of the same amounts."""

    cells: Ints
    row: Ints
    step: float
    at: Floats

    def interval(self, tail: float) -> tuple[Floats, Floats]:
        first, last = _inside(self.at, tail)
        # A step stands for the amounts that are rounded to it.
        lower, upper = (first[self.row] - 0.5) * self.step, (last[self.row] + 0.5) * self.step
        return np.maximum(lower, 0.0), np.asarray(upper, np.float64)


@dataclass(frozen=True, eq=False)
class Compound:
    """Sums over events of different sizes, tabulated.

    Parameters
    ----------
    count : int
        Number of cells.
    bands : tuple
        Tables of their distribution functions.
    """

    count: int
    bands: tuple[_Band, ...]

    def stretch(self, came: Floats) -> tuple[Floats, Floats]:
        """As `Law` has it, of amounts rounded to a step of the table."""
        below, at = np.zeros(self.count), np.zeros(self.count)
        for band in self.bands:
            place = np.minimum(np.round(came[band.cells] / band.step), _STEPS - 1).astype(np.int64)
            at[band.cells] = band.at[band.row, place]
            before = band.at[band.row, np.maximum(place - 1, 0)]
            below[band.cells] = np.where(place > 0, before, 0.0)
        return below, at

    def interval(self, tail: float) -> tuple[Floats, Floats]:
        """As `Law` has it."""
        lower, upper = np.zeros(self.count), np.zeros(self.count)
        for band in self.bands:
            lower[band.cells], upper[band.cells] = band.interval(tail)
        return lower, upper

    def covered(self, came: Floats, stretch: tuple[Floats, Floats], tail: float) -> np.ndarray:
        """As `Law` has it: by the interval, which is of steps of the table where outcomes are not."""
        lower, upper = self.interval(tail)
        return (lower <= came) & (came <= upper)


def compound(mean: Floats, dispersion: float, sizes: Sizes) -> Compound:
    """Tabulate the sums of a negative-binomial number of events whose sizes are drawn alike in every cell.

    The variance is that of the moments: mean x unit + a x mean^2, with the unit of `Sizes`. What the table
    adds is the shape: how likely no harm is, a little of it, or that of one grave offence.

    Parameters
    ----------
    mean, dispersion, sizes
        As for `law_of`.

    References
    ----------
    Embrechts, P. and Frei, M. (2009), Mathematical Methods of Operations Research 69, 497-508 (compound
    distributions by Fourier transform).
    """
    return Compound(len(mean), tuple(_bands(mean, dispersion, sizes)))


def _bands(mean: Floats, dispersion: float, sizes: Sizes) -> Iterator[_Band]:
    node = np.round(np.log2(mean) * _ROWS_A_DOUBLING).astype(np.int64)
    doubling = node // _ROWS_A_DOUBLING
    for one in np.unique(doubling):
        cells = np.flatnonzero(doubling == one)
        nodes, row = np.unique(node[cells], return_inverse=True)
        means = np.exp2(nodes / _ROWS_A_DOUBLING)
        highest = means[-1]
        # So far out next to nothing is left that could come round to the small amounts.
        spread = float(np.sqrt(highest * sizes.unit + dispersion * highest**2))
        step = _step((highest + 10 * spread + 2 * float(sizes.amount.max())) / _STEPS, sizes)
        yield _Band(cells, row, step, _distribution(means / sizes.mean, dispersion, sizes, step))


def _step(least: float, sizes: Sizes) -> float:
    """Step no shorter than the least one that has the sizes at whole steps, as nearly as any does.

    An offence between two steps would be a smear where there is an atom.
    """
    gravest = float(sizes.amount[np.argmax(sizes.share * sizes.amount**2)])
    most = int(gravest / least)
    if most == 0:
        return least
    steps = gravest / np.arange(most, most // 2, -1)
    place = sizes.amount / steps[:, None]
    misfit = np.abs(place - np.round(place)) @ (sizes.share * sizes.amount)
    return float(steps[np.argmin(np.round(misfit, 9))])


def _distribution(events: Floats, dispersion: float, sizes: Sizes, step: float) -> Floats:
    """Distribution function at whole steps, shape (rows, steps), for expected numbers of events."""
    place = sizes.amount / step
    first = np.floor(place).astype(np.int64)
    # An event between two steps counts for both, so that its mean stays.
    rest = place - first
    law = np.bincount(first, sizes.share * (1 - rest), minlength=_STEPS)
    law += np.bincount(first + 1, sizes.share * rest, minlength=_STEPS)
    missing = events[:, None] * (1 - np.fft.rfft(law))
    if dispersion < POISSON_BELOW:
        transform = np.exp(-missing)
    else:
        transform = np.exp(-np.log1p(dispersion * missing) / dispersion)
    sums = np.maximum(np.fft.irfft(transform, n=_STEPS, axis=1), 0.0).cumsum(axis=1)
    return np.minimum(sums, 1.0)


def _inside(at: Floats, tail: float) -> tuple[Ints, Ints]:
    """First and last step inside, neither of them one that next to nothing falls on; each shape (rows,)."""
    before = np.hstack([np.zeros((len(at), 1)), at[:, :-1]])
    middle = _middle(before, at)
    row = np.arange(len(at))
    first = (middle < tail).sum(axis=1)
    last = (middle <= 1 - tail).sum(axis=1) - 1
    first = (at < (before[row, first] + _NEXT_TO_NOTHING)[:, None]).sum(axis=1)
    last = (at < (at[row, last] - _NEXT_TO_NOTHING)[:, None]).sum(axis=1)
    return first, np.maximum(first, last)


def _middle(below: Floats, at: Floats) -> Floats:
    return (below + at) / 2
