"""What clustering finds when harm falls on the located records by chance, snap points held fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from ml.hotspots.clusters import Labeller
    from ml.hotspots.settings import HotspotSettings

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
    record_weight : ndarray of float, shape (sum of high_count,), optional
        Weight of each ultra-high-harm record, those of the first point first; without it each counts 1.

    Raises
    ------
    ValueError
        A point holds more ultra-high-harm records than records, or weights are not one a record.
    """

    points: Floats
    located_count: Integers
    high_count: Integers
    labels: Integers
    record_weight: Floats | None = None

    def __post_init__(self) -> None:
        """Refuse counts of which one cannot be a part of the other."""
        if (self.high_count > self.located_count).any():
            raise ValueError("a snap point has more ultra-high-harm records than located records")
        if self.record_weight is not None and len(self.record_weight) != self.high_count.sum():
            raise ValueError("weights are not one for each ultra-high-harm record")

    @property
    def amount(self) -> Integers | Floats:
        """What lies on each point: ultra-high-harm records, or their summed weights; shape (p,)."""
        return _amount(self.high_count, self.record_weight)

    def excess(self, labels: Integers, amount: Integers | Floats) -> Floats:
        """Return for each cluster how far more lies in it than its share of the located records.

        Parameters
        ----------
        labels : ndarray of int, shape (p,)
            Cluster of each point, from 0 on without a gap, -1 for none.
        amount : ndarray, shape (p,)
            Ultra-high-harm records on each point, or their summed weights.

        Returns
        -------
        ndarray of float, shape (clusters,)
            `excess_ratio`, or with weights `weighted_excess_ratio`.
        """
        import numpy as np

        inside = labels >= 0
        held, located = (np.bincount(labels[inside], each[inside]) for each in (amount, self.located_count))
        ratio = excess_ratio if self.record_weight is None else weighted_excess_ratio
        return ratio(held, located, amount.sum(), int(self.located_count.sum()))


def _amount(high_count: Integers, record_weight: Floats | None) -> Integers | Floats:
    """Sum of the weights on each point, dealt in order of points."""
    import numpy as np

    if record_weight is None:
        return high_count
    point = np.repeat(np.arange(len(high_count)), high_count)
    return np.bincount(point, record_weight, minlength=len(high_count))


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
        `Scene.excess` of every cluster of every relabelling.
    strongest : ndarray of float, shape (relabellings,)
        Largest of each, 0 where there is no cluster.
    overlap_share : dict of str to ndarray of float, shape (relabellings,)
        Share of its hulls' area inside each of the areas; NaN where the area is unknown or there is no hull.
    """

    cluster_count: Integers
    clustered_share: Floats
    found_again: npt.NDArray[np.bool_]
    excess: Floats
    strongest: Floats
    overlap_share: dict[str, Floats]


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


def weighted_excess_ratio(
    weight: npt.ArrayLike, located: npt.ArrayLike, all_weight: float, all_located: int
) -> Floats:
    """Log likelihood ratio of more weight inside than its share of the located records, weights as counts.

    Weights of mean 1 are no counts, so the ratio has no distribution of its own: it orders clusters, and
    relabelling says how large it grows by chance.

    Parameters
    ----------
    weight : array_like of float, shape (n,)
        Summed weights of each place.
    located : array_like of int, shape (n,)
        Its located records, at least one.
    all_weight, all_located : float, int
        The same of the whole window.

    Returns
    -------
    ndarray of float, shape (n,)
        At least 0; 0 where there is no more than the share.

    References
    ----------
    Kulldorff (1997), as `excess_ratio`, Poisson model.
    """
    import numpy as np
    from scipy.special import xlogy

    w = np.asarray(weight, dtype=np.float64)
    expected = all_weight * np.asarray(located, dtype=np.float64) / all_located
    rest, expected_rest = np.maximum(all_weight - w, 0.0), all_weight - expected
    is_more = w > expected
    inside = xlogy(w, np.where(is_more, w, 1.0) / np.where(is_more, expected, 1.0))
    outside = xlogy(rest, np.where(is_more, rest, 1.0) / np.where(is_more, expected_rest, 1.0))
    return np.where(is_more, np.maximum(inside + outside, 0.0), 0.0)


@dataclass(frozen=True)
class _Draw:
    """What one relabelling found, as in `Null`; the points inside clusters, and the cluster of each."""

    cluster_count: int
    clustered_share: float
    found_again: npt.NDArray[np.bool_]
    excess: Floats
    point: Integers
    cluster: Integers


def relabel(
    scene: Scene, settings: HotspotSettings, *, seed: int, areas: Mapping[str, Any] | None = None
) -> Null:
    """Deal the ultra-high-harm labels to the located records anew, and cluster again, many times over.

    With weights, each record takes its harm along.

    Parameters
    ----------
    scene : Scene
        Snap points, records and what was found.
    settings : HotspotSettings
        What it was found with, and how many times.
    seed : int
        Seed of the dealing.
    areas : mapping of str to shapely geometry or None, optional
        Areas, such as all town centres, whose overlap with the hulls is measured; None for an unknown one.
    """
    import numpy as np

    from ml.hotspots.overlap import overlaps_of_draws

    label = settings.clustering.prepare(scene.points)
    generator = np.random.default_rng(seed)
    draws = [_one_relabelling(scene, label, generator) for _ in range(settings.relabellings)]
    return Null(
        cluster_count=np.array([draw.cluster_count for draw in draws], dtype=np.int64),
        clustered_share=np.array([draw.clustered_share for draw in draws]),
        found_again=np.stack([draw.found_again for draw in draws]),
        excess=np.concatenate([draw.excess for draw in draws]),
        strongest=np.array([draw.excess.max(initial=0.0) for draw in draws]),
        overlap_share=overlaps_of_draws(
            scene.points,
            [(draw.point, draw.cluster) for draw in draws],
            areas or {},
            is_concave=settings.is_concave,
        ),
    )


def _one_relabelling(scene: Scene, label: Labeller, generator: np.random.Generator) -> _Draw:
    import numpy as np

    all_high = int(scene.high_count.sum())
    high = generator.multivariate_hypergeometric(scene.located_count, all_high, method="marginals")
    dealt = None if scene.record_weight is None else generator.permutation(scene.record_weight)
    amount = _amount(high, dealt)
    labels = label(amount)
    inside = labels >= 0
    found_again = np.zeros(scene.labels.max(initial=-1) + 1, dtype=bool)
    found_again[scene.labels[inside & (scene.labels >= 0)]] = True
    return _Draw(
        cluster_count=int(labels.max(initial=-1)) + 1,
        clustered_share=high[inside].sum() / all_high if all_high else float("nan"),
        found_again=found_again,
        excess=scene.excess(labels, amount),
        point=np.flatnonzero(inside).astype(np.int64),
        cluster=labels[inside],
    )


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
