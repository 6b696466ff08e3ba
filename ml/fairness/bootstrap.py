"""Bootstraps of shares: over areas, and over areas and months at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.common.intervals import percentile_interval

Floats = npt.NDArray[np.float64]

SEED = 20210321
REPLICATES = 1000
FEWEST_AREAS = 10
_CELLS_AT_ONCE = 2_000_000
# Resamples held in memory together.
_AT_ONCE = 100


def bootstrap_share(
    part: Floats, whole: Floats, *, replicates: int = REPLICATES, seed: int = SEED, confidence: float = 0.95
) -> tuple[float, float]:
    """Percentile interval of sum(part) / sum(whole), resampling whole areas.

    Parameters
    ----------
    part, whole : ndarray, shape (areas,)
        Amounts of each area, 0 <= part <= whole.
    replicates : int
        Resamples.
    seed : int
        Seed; the same areas in the same order give the same bounds.
    confidence : float
        Two-sided level.

    Returns
    -------
    lower, upper : float
        Always around the share itself. NaN with fewer than ten areas of a positive whole: resampling a
        handful of areas says nothing about how much they vary.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993), *An Introduction to the Bootstrap*, chapter 13.
    """
    is_there = whole > 0
    part, whole = part[is_there], whole[is_there]
    count = len(whole)
    if count < FEWEST_AREAS:
        return float("nan"), float("nan")
    random = np.random.default_rng(seed)
    chunk = max(1, _CELLS_AT_ONCE // count)
    shares = []
    for start in range(0, replicates, chunk):
        picked = random.integers(0, count, size=(min(chunk, replicates - start), count))
        shares.append(part[picked].sum(axis=1) / whole[picked].sum(axis=1))
    lower, upper = percentile_interval(np.concatenate(shares), confidence)
    share = float(part.sum() / whole.sum())
    return min(lower, share), max(upper, share)


def resampled_sums(amounts: Floats) -> Floats:
    """Sum amounts over areas drawn anew, every column in the same draws.

    Parameters
    ----------
    amounts : ndarray, shape (areas, columns)
        Amounts of each area.

    Returns
    -------
    ndarray, shape (resamples, columns)
        ``REPLICATES`` resamples; the same areas in the same order give the same sums.
    """
    random = np.random.default_rng(SEED)
    count = len(amounts)
    chances = np.full(count, 1 / count)
    chunks = [
        random.multinomial(count, chances, size=_AT_ONCE) @ amounts for _ in range(REPLICATES // _AT_ONCE)
    ]
    return np.vstack(chunks)


@dataclass(frozen=True, eq=False)
class TwoWay:
    """Months and areas drawn anew, each by itself and both together: the pigeonhole bootstrap.

    What a map gets wrong in an area comes back month after month, and what it gets wrong in a month goes
    through all areas. Drawing one of the two alone takes the other for certain. The product of both
    draws is on the safe side: intervals are somewhat too wide rather than too narrow.

    Parameters
    ----------
    months : ndarray, shape (resamples, months)
        How often each month was drawn.
    areas : ndarray, shape (resamples, areas)
        How often each area was drawn.

    References
    ----------
    Owen, A. B. (2007), "The pigeonhole bootstrap", *Annals of Applied Statistics* 1(2), 386-411.
    """

    months: Floats
    areas: Floats

    @classmethod
    def draw(cls, months: int, areas: int, *, replicates: int = REPLICATES, seed: int = SEED) -> TwoWay:
        """Draw with replacement; the same numbers and seed give the same draws.

        Parameters
        ----------
        months, areas : int
            How many there are, and how many are drawn in each resample.
        replicates : int
            Resamples.
        seed : int
            Seed.
        """
        random = np.random.default_rng(seed)
        drawn = (
            random.multinomial(count, np.full(count, 1 / count), size=replicates).astype(np.float64)
            for count in (months, areas)
        )
        return cls(*drawn)

    def sums(self, amounts: Floats, members: Floats) -> Floats:
        """Sum amounts over what was drawn, weighted by each group's members.

        Parameters
        ----------
        amounts : ndarray, shape (months, areas)
            Amounts.
        members : ndarray, shape (areas, groups)
            Weights.

        Returns
        -------
        ndarray, shape (resamples, groups)
        """
        # Most areas are never flagged, and add nothing to what is summed over flagged ones.
        is_there = amounts.any(axis=0)
        by_area = (self.months @ amounts[:, is_there]) * self.areas[:, is_there]
        return np.asarray(by_area @ members[is_there])
