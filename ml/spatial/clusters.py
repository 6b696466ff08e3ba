"""Local clusters and outliers of one map: local Moran's I, tested by conditional permutation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from scipy.sparse import csr_array

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

NOT_SIGNIFICANT = "not_significant"
CLUSTER_CLASSES = ("high_high", "low_low", "high_low", "low_high", NOT_SIGNIFICANT)
_ALPHA = 0.05


@dataclass(frozen=True)
class LocalClusters:
    """Local indicators of spatial association of each place.

    Parameters
    ----------
    statistic, z_score : ndarray of float, shape (n,)
        Local Moran's I, and it standardised by its exact conditional moments; NaN where values do not vary.
    p_value, q_value : ndarray of float, shape (n,)
        Two-sided p value over the draws, and that after Benjamini and Hochberg over all places; NaN likewise.
    cluster_class : ndarray of str, shape (n,)
        One of `CLUSTER_CLASSES`: the place first and its neighbours second, each above or not above the mean
        of the map; ``not_significant`` with a q value above 0.05 or none.
    """

    statistic: Floats
    z_score: Floats
    p_value: Floats
    q_value: Floats
    cluster_class: npt.NDArray[np.object_]


def local_clusters(
    values: npt.ArrayLike, weights: csr_array, *, draws: int = 99_999, seed: int = 20251125
) -> LocalClusters:
    """Say of each place whether it and its neighbours are alike or opposites beyond chance.

    Given the place's own value, chance puts any of the other values at its neighbours. Values of crime are
    skewed, so a normal distribution would understate its tail, and name places that chance explains.
    As every place has as many neighbours, the same draws of values serve all places, each leaving out those
    that hold its own; so draws can be many, as control over thousands of places needs.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Value of each place.
    weights : sparse array, shape (n, n)
        Neighbours, diagonal empty: 1 for each, as many for every place, as `nearest_neighbours` gives. The
        statistics scale rows to 1, so that their mean is the global Moran's I of the same weights.
    draws : int
        Draws of neighbours' values.
    seed : int
        Their seed.

    Raises
    ------
    ValueError
        Shapes do not fit, a weight stands on the diagonal, or places have unequal neighbours.

    References
    ----------
    Anselin, L. (1995), Geographical Analysis 27(2), 93-115, with its conditional permutation.
    """
    import numpy as np

    from ml.spatial.autocorrelation import local_moran
    from ml.spatial.testing import benjamini_hochberg

    x = np.asarray(values, dtype=np.float64)
    count = _neighbour_count(weights)
    statistic, z_score = local_moran(x, weights / max(count, 1))
    centred = x - x.mean()
    lag = weights @ centred
    p_value = np.where(np.isnan(z_score), np.nan, _permutation_p_values(centred, lag, count, draws, seed))
    q_value = benjamini_hochberg(p_value)
    quadrant = np.array(CLUSTER_CLASSES[:4], dtype=object)[_quadrant(centred > 0, lag > 0)]
    return LocalClusters(
        statistic, z_score, p_value, q_value, np.where(q_value <= _ALPHA, quadrant, NOT_SIGNIFICANT)
    )


def _neighbour_count(weights: csr_array) -> int:
    import numpy as np

    counts = np.unique(np.diff(weights.indptr))
    if len(counts) != 1 or (weights.data != 1).any():
        raise ValueError("local_clusters: every place needs as many neighbours, each with a weight of 1")
    return int(counts[0])


def _permutation_p_values(x: Floats, lag: Floats, count: int, draws: int, seed: int) -> Floats:
    """Twice the smaller tail of each sum over neighbours among the drawn sums without the place itself."""
    import numpy as np

    chosen = _draw(len(x), count, draws, np.random.default_rng(seed))
    sums = x[chosen].sum(axis=1)
    ordered = np.sort(sums)
    # The same values added in another order may differ in the last digit.
    hair = 1e-9 * np.abs(x).max(initial=0.0)
    least, most = lag - hair, lag + hair
    at_least = draws - np.searchsorted(ordered, least, side="left")
    at_most = np.searchsorted(ordered, most, side="right")
    place, total = chosen.reshape(-1), np.repeat(sums, count)
    held = np.bincount(place, minlength=len(x))
    at_least = at_least - np.bincount(place, total >= least[place], minlength=len(x))
    at_most = at_most - np.bincount(place, total <= most[place], minlength=len(x))
    return np.minimum(2 * (1 + np.minimum(at_least, at_most)) / (1 + draws - held), 1.0)


def _draw(size: int, count: int, draws: int, generator: np.random.Generator) -> Integers:
    """Draw ``count`` distinct numbers below ``size``, many times: (draws, count), by Floyd's algorithm."""
    import numpy as np

    chosen = np.empty((draws, count), dtype=np.int64)
    for column, top in enumerate(range(size - count, size)):
        pick = generator.integers(0, top + 1, draws)
        is_taken = (chosen[:, :column] == pick[:, None]).any(axis=1)
        chosen[:, column] = np.where(is_taken, top, pick)
    return chosen


def _quadrant(is_high: npt.NDArray[np.bool_], has_high: npt.NDArray[np.bool_]) -> Integers:
    """Place of each pair in `CLUSTER_CLASSES`."""
    import numpy as np

    return np.where(is_high == has_high, np.where(is_high, 0, 1), np.where(is_high, 2, 3))
