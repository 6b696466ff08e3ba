"""k-means with a stated rule for k, its stability under resampling and a test against no structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.common.intervals import percentile_interval
from ml.profiles.features import Floats, Ints

SEED = 20250712
SMALLEST_K, LARGEST_K = 2, 8
HALVES = 20
BOOTSTRAPS = 40
CLOUDS = 19
#: A cluster of k is expected to hold at least this many areas, or k is not tried.
_AREAS_A_CLUSTER = 10
_SILHOUETTE_AREAS = 2_000


@dataclass(frozen=True, eq=False)
class Clustering:
    """Areas in clusters, with what supports the number of clusters.

    Parameters
    ----------
    cluster : ndarray, shape (areas,)
        Cluster of each area, from 0, the largest first.
    centre : ndarray, shape (k, features)
        Mean profile of each cluster.
    distance : ndarray, shape (areas,)
        Euclidean distance to the own centre.
    silhouette : dict of int to (mean, standard error)
        By number of clusters, over half-samples.
    adjusted_rand : float
        Mean agreement with the clusters of half-samples, to whose centres all areas are dealt out.
    stability : ndarray, shape (k,)
        Mean Jaccard overlap of each cluster with the most alike one of the half-samples.
    rand_interval : tuple of float
        Mean and 95% percentiles of that agreement over bootstrap samples of the areas.
    stability_interval : ndarray, shape (k, 3)
        Of the overlap likewise.
    p_value : float
        Share of samples from one normal cloud of the same covariance that cluster at least as well,
        corrected by one.
    estimator : KMeans
        The fitted estimator, its clusters in the same order.
    """

    cluster: Ints
    centre: Floats
    distance: Floats
    silhouette: dict[int, tuple[float, float]]
    adjusted_rand: float
    stability: Floats
    rand_interval: tuple[float, float, float]
    stability_interval: Floats
    p_value: float
    estimator: Any


def cluster_profiles(standard: Floats) -> Clustering | None:
    """Cluster profiles with the smallest k within one standard error of the best mean silhouette.

    Parameters
    ----------
    standard : ndarray, shape (areas, features)
        Standardised profiles.

    Returns
    -------
    Clustering or None
        None with fewer than ten areas for each of three clusters, as no k could then be chosen.

    References
    ----------
    Rousseeuw, P. J. (1987), Journal of Computational and Applied Mathematics 20, 53-65 (silhouette);
    Politis, D. N. and Romano, J. P. (1994), Annals of Statistics 22(4), 2031-2050 (half-samples);
    Hubert, L. and Arabie, P. (1985), Journal of Classification 2, 193-218 (adjusted Rand);
    Hennig, C. (2007), Computational Statistics and Data Analysis 52, 258-271 (Jaccard stability);
    Liu, Y. et al. (2008), JASA 103(483), 1281-1293 (one normal cloud as the null).
    """
    candidates = range(SMALLEST_K, min(LARGEST_K, len(standard) // _AREAS_A_CLUSTER) + 1)
    if len(candidates) < 2:
        return None
    halves = _halves(len(standard))
    silhouette = {k: _over_halves(standard, k, halves) for k in candidates}
    k = choose_k(silhouette)
    estimator = _fit(standard, k)
    cluster, centre = _largest_first(*_found(estimator))
    estimator.labels_, estimator.cluster_centers_ = cluster.astype(np.int32), centre
    overlap, rand = _agreement(standard, cluster, halves)
    drawn, drawn_rand = _agreement(standard, cluster, _bootstraps(len(standard)))
    return Clustering(
        cluster,
        centre,
        np.linalg.norm(standard - centre[cluster], axis=1),
        silhouette,
        float(np.mean(rand)),
        overlap.mean(axis=0),
        _spread(drawn_rand),
        np.array([_spread(column) for column in drawn.T]),
        _p_value(standard, cluster),
        estimator,
    )


def choose_k(silhouette: dict[int, tuple[float, float]]) -> int:
    """Return the smallest k whose mean silhouette is within one standard error of the best one's.

    Parameters
    ----------
    silhouette : dict of int to (mean, standard error)
        By number of clusters.

    References
    ----------
    Breiman, L. et al. (1984), Classification and Regression Trees, section 3.4.3 (the one-standard-error
    rule).
    """
    best, error = max(silhouette.values(), key=lambda one: one[0])
    return min(k for k, (mean, _) in silhouette.items() if mean >= best - error)


def _halves(size: int) -> list[Ints]:
    rng = np.random.default_rng(SEED)
    return [np.sort(rng.choice(size, size // 2, replace=False)) for _ in range(HALVES)]


def _bootstraps(size: int) -> list[Ints]:
    rng = np.random.default_rng(SEED)
    return [np.sort(rng.integers(0, size, size)) for _ in range(BOOTSTRAPS)]


def _spread(values: Floats) -> tuple[float, float, float]:
    return float(values.mean()), *percentile_interval(values)


def _over_halves(standard: Floats, k: int, halves: list[Ints]) -> tuple[float, float]:
    """Mean over half-samples; their spread is that of an estimate from all areas."""
    values = [_silhouette(standard[half], _kmeans(standard[half], k)[0]) for half in halves]
    return float(np.mean(values)), float(np.std(values, ddof=1))


def _kmeans(standard: Floats, k: int) -> tuple[Ints, Floats]:
    return _found(_fit(standard, k))


def _fit(standard: Floats, k: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=4, random_state=SEED).fit(standard)


def _found(found: Any) -> tuple[Ints, Floats]:
    return found.labels_.astype(np.int64), found.cluster_centers_


def _silhouette(standard: Floats, cluster: Ints) -> float:
    from sklearn.metrics import silhouette_score

    if len(np.unique(cluster)) < 2:
        return -1.0
    some = _SILHOUETTE_AREAS if len(standard) > _SILHOUETTE_AREAS else None
    return float(silhouette_score(standard, cluster, sample_size=some, random_state=SEED))


def _largest_first(cluster: Ints, centre: Floats) -> tuple[Ints, Floats]:
    size = np.bincount(cluster, minlength=len(centre))
    order = np.lexsort((*centre.T[::-1], -size))
    return np.argsort(order)[cluster], centre[order]


def _agreement(standard: Floats, cluster: Ints, samples: list[Ints]) -> tuple[Floats, Floats]:
    """Overlap of each cluster, shape (samples, k), and adjusted Rand index with the clusters of samples."""
    from scipy.spatial.distance import cdist
    from sklearn.metrics import adjusted_rand_score

    k = int(cluster.max()) + 1
    overlap, rand = [], []
    for sample in samples:
        centre = _kmeans(standard[sample], k)[1]
        other = cdist(standard, centre).argmin(axis=1)
        rand.append(adjusted_rand_score(cluster, other))
        both = np.zeros((k, k))
        np.add.at(both, (cluster, other), 1.0)
        either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
        overlap.append((both / either).max(axis=1))
    return np.array(overlap), np.array(rand)


def _p_value(standard: Floats, cluster: Ints) -> float:
    """Compare with one cloud: normal, with the same covariance, so that shares still add up to one."""
    rng = np.random.default_rng(SEED)
    own, k = _silhouette(standard, cluster), int(cluster.max()) + 1
    covariance = np.cov(standard, rowvar=False)
    reached = 0
    for _ in range(CLOUDS):
        cloud = rng.multivariate_normal(np.zeros(len(covariance)), covariance, len(standard), method="eigh")
        reached += _silhouette(cloud, _kmeans(cloud, k)[0]) >= own
    return (1 + reached) / (1 + CLOUDS)
