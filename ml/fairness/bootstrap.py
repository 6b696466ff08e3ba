"""Bootstrap of a share over areas."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SEED = 20210321
REPLICATES = 1000
FEWEST_AREAS = 10
_CELLS_AT_ONCE = 2_000_000


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
    tail = (1 - confidence) / 2
    lower, upper = np.quantile(np.concatenate(shares), [tail, 1 - tail])
    share = float(part.sum() / whole.sum())
    return min(float(lower), share), max(float(upper), share)
