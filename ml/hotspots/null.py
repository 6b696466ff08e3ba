"""What clustering finds when harm falls on the located records by chance, snap points held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ml.hotspots.clusters import Clustering, Labeller

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Scene:
    """The snap points of a window, and what lies on them.

    Parameters
    ----------
    points : ndarray of float, shape (p, 2)
        Distinct snap points, easting and northing in metres, sorted.
    located_count : ndarray of int, shape (p,)
        Located records of every kind on each.
    high_count : ndarray of int, shape (p,)
        Ultra-high-harm records among them.
    labels : ndarray of int, shape (p,)
        Cluster that was found at each, -1 for none.

    Raises
    ------
    ValueError
        A point holds more ultra-high-harm records than records.
    """

    points: Floats
    located_count: Integers
    high_count: Integers
    labels: Integers

    def __post_init__(self) -> None:
        """Refuse counts of which one cannot be a part of the other."""
        if (self.high_count > self.located_count).any():
            raise ValueError("a snap point has more ultra-high-harm records than located records")


@dataclass(frozen=True)
class Null:
    """What the relabellings found.

    Parameters
    ----------
    cluster_count : ndarray of int, shape (relabellings,)
        Clusters of each.
    clustered_share : ndarray of float, shape (relabellings,)
        Share of its ultra-high-harm records that lie in a cluster.
    found_again : ndarray of bool, shape (relabellings, clusters)
        Whether it has a cluster that shares a snap point with each cluster that was found.
    excess : ndarray of float, shape (all its clusters,)
        `excess_ratio` of every cluster of every relabelling.
    strongest : ndarray of float, shape (relabellings,)
        Largest of each, 0 where there is no cluster.
    overlap_share : ndarray of float, shape (relabellings,)
        Share of its hulls' area inside ``places``; NaN without places or hulls.
    """

    cluster_count: Integers
    clustered_share: Floats
    found_again: npt.NDArray[np.bool_]
    excess: Floats
    strongest: Floats
    overlap_share: Floats


def excess_ratio(high: npt.ArrayLike, located: npt.ArrayLike, all_high: int, all_located: int) -> Floats:
    """Log likelihood ratio of a higher share of ultra-high-harm records inside than outside.

    Parameters
    ----------
    high, located : array_like of int, shape (n,)
        Ultra-high-harm and all located records of each place.
    all_high, all_located : int
        The same of the whole window.

    Returns
    -------
    ndarray of float, shape (n,)
        At least 0; 0 where the share is not higher inside.

    References
    ----------
    Kulldorff, M. (1997), Communications in Statistics: Theory and Methods 26(6), 1481-1496, Bernoulli model.
    """
    import numpy as np
    from scipy.special import xlogy

    k, n = np.asarray(high, dtype=np.float64), np.asarray(located, dtype=np.float64)
    rest_high, rest = all_high - k, all_located - n

    def likelihood(success: Any, trials: Any) -> Any:
        failure = trials - success
        return xlogy(success, success) + xlogy(failure, failure) - xlogy(trials, trials)

    ratio = likelihood(k, n) + likelihood(rest_high, rest) - likelihood(float(all_high), float(all_located))
    return np.where(k * rest > rest_high * n, np.maximum(ratio, 0.0), 0.0)


def relabel(
    scene: Scene,
    method: Clustering,
    *,
    relabellings: int,
    seed: int,
    places: Any = None,
    disc_radius_m: float,
) -> Null:
    """Deal the ultra-high-harm labels to the located records anew, and cluster again, many times over.

    Parameters
    ----------
    scene : Scene
        Snap points, records and what was found.
    method : Clustering
        The clustering that found it.
    relabellings : int
        Number of times.
    seed : int
        Seed of the dealing.
    places : shapely geometry, optional
        Area, such as all town centres, whose overlap with the hulls is measured.
    disc_radius_m : float
        As in `find_hotspots`, for the hulls.
    """
    import numpy as np

    label: Labeller = method.prepare(scene.points)
    generator = np.random.default_rng(seed)
    all_high, all_located = int(scene.high_count.sum()), int(scene.located_count.sum())
    found = int(scene.labels.max(initial=-1)) + 1
    counts, shares = np.zeros(relabellings, dtype=np.int64), np.zeros(relabellings)
    again = np.zeros((relabellings, found), dtype=bool)
    excess, strongest, members = [], np.zeros(relabellings), []
    for number in range(relabellings):
        high = generator.multivariate_hypergeometric(scene.located_count, all_high, method="marginals")
        labels = label(high)
        inside = labels >= 0
        counts[number] = labels.max(initial=-1) + 1
        shares[number] = high[inside].sum() / all_high if all_high else np.nan
        again[number, scene.labels[inside & (scene.labels >= 0)]] = True
        sizes = [np.bincount(labels[inside], values[inside]) for values in (high, scene.located_count)]
        excess.append(excess_ratio(sizes[0], sizes[1], all_high, all_located))
        strongest[number] = excess[-1].max(initial=0.0)
        members.append(
            np.column_stack([np.full(inside.sum(), number), labels[inside], np.flatnonzero(inside)])
        )
    overlap = np.full(relabellings, np.nan)
    if places is not None and counts.any():
        overlap = _overlap_shares(scene.points, np.concatenate(members), relabellings, places, disc_radius_m)
    return Null(counts, shares, again, np.concatenate(excess or [np.empty(0)]), strongest, overlap)


def cluster_p_values(excess: Floats, null: Null) -> Floats:
    """Return the p value of each cluster, corrected for having been chosen by the clustering.

    A cluster is picked because its records stand together, so the exact tail of its place alone is too small.
    It is held against the clusters that the same method finds in relabelled data: p = (1 + b)/(1 + m),
    b of them at least as extreme, out of m = all of them. Where the relabellings hold fewer clusters than one
    each, m is their number, and p bounds the chance that a relabelling holds any such cluster.
    """
    import numpy as np

    ordered = np.sort(null.excess)
    # The same records counted in another order may differ in the last digit.
    as_extreme = len(ordered) - np.searchsorted(ordered, excess - 1e-9, side="left")
    return (1 + as_extreme) / (1 + max(len(ordered), len(null.cluster_count)))


def upper_p_value(observed: float, simulated: Floats) -> float:
    """Return (1 + r)/(1 + m), r of m simulated values being at least as large; NaN without an observation."""
    import numpy as np

    values = simulated[~np.isnan(simulated)]
    if np.isnan(observed) or len(values) == 0:
        return float("nan")
    return float((1 + np.count_nonzero(values >= observed - 1e-12)) / (1 + len(values)))


def _overlap_shares(
    points: Floats, members: Integers, relabellings: int, places: Any, disc_radius_m: float
) -> Floats:
    """Share of the hulls' area inside the places, for each relabelling; all hulls are drawn at once."""
    import numpy as np

    from ml.hotspots.shapes import cluster_hulls

    relabelling, cluster, point = members.T
    keys, position = np.unique(relabelling * (cluster.max() + 1) + cluster, return_inverse=True)
    hulls = cluster_hulls(position.reshape(-1), points[point, 0], points[point, 1], disc_radius_m)
    shapes = np.array([hulls[number] for number in range(len(keys))], dtype=object)
    return overlap_shares(shapes, keys // (cluster.max() + 1), relabellings, places)


def overlap_shares(hulls: Any, group: Integers, groups: int, places: Any) -> Floats:
    """Share of the hulls' area inside the places, for each group of hulls; NaN for a group without hulls."""
    import numpy as np
    import shapely

    shapely.prepare(places)
    inside = np.zeros(len(hulls))
    touching = shapely.intersects(places, hulls)
    inside[touching] = shapely.area(shapely.intersection(hulls[touching], places))
    total = np.bincount(group, shapely.area(hulls), minlength=groups)
    with np.errstate(invalid="ignore"):
        return np.bincount(group, inside, minlength=groups) / np.where(total > 0, total, np.nan)
