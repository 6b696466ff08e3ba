"""Clustering of snap points: DBSCAN and HDBSCAN behind one interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from scipy.sparse import coo_array

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]
    Labeller = Callable[[npt.ArrayLike], Integers]

COORDINATE_DECIMALS = 2
"""Snap points are told apart to the centimetre: far finer than their meaning, coarse enough to
swallow the noise of a coordinate transformation."""


class Clustering(Protocol):
    """A way to cluster snap points that carry weights."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    @property
    def takes_harm(self) -> bool:
        """Whether weights may be anything but whole numbers of records."""
        ...

    def prepare(self, points: Floats) -> Labeller:
        """Do once what depends on the points alone.

        Parameters
        ----------
        points : ndarray of float, shape (p, 2)
            Distinct points, easting and northing in metres; sorted, so that order says nothing.

        Returns
        -------
        callable
            Takes the weight of each point, shape (p,), where 0 means that nothing is there, and returns the
            cluster of each point, shape (p,): numbers from 0 on, -1 for noise and for points without weight.
        """
        ...


@dataclass(frozen=True)
class Dbscan:
    """DBSCAN on weighted points: the same clusters as on all the records, at the cost of the points only.

    Records on one snap point have the same neighbours, so a point is a core point exactly when the weights
    within ``eps_m`` reach ``min_samples``. The neighbours are found once; other weights on the same points
    then cost a matrix product and a walk through the graph of core points. A border point in reach of two
    clusters goes to the one whose first core point comes first, as in scikit-learn.

    Parameters
    ----------
    eps_m
        Neighbourhood radius, in metres, bound included.
    min_samples
        Weight within the radius, the point's own included, that makes a core point.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996), KDD-96, 226-231.
    """

    eps_m: float = 75.0
    min_samples: int = 10
    name: str = "dbscan"
    takes_harm: bool = True

    def __post_init__(self) -> None:
        """Refuse what finds nothing or everything."""
        if not (self.eps_m > 0 and self.min_samples > 0):
            raise ValueError("Dbscan: eps_m and min_samples must be positive")

    def prepare(self, points: Floats) -> Labeller:
        """Find the neighbours of each point."""
        import numpy as np
        from scipy.sparse import coo_array
        from scipy.spatial import cKDTree

        count = len(points)
        pairs = cKDTree(points).query_pairs(self.eps_m, output_type="ndarray") if count else np.empty((0, 2))
        first, second = pairs.astype(np.int64).T
        every = np.arange(count)
        rows, columns = np.concatenate([first, second, every]), np.concatenate([second, first, every])
        graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
        within = graph.tocsr()

        def label(weights: npt.ArrayLike) -> Integers:
            weight = np.asarray(weights, dtype=np.float64)
            # Sums of fractions miss a bound that they reach: a hair is given.
            is_core = (weight > 0) & (within @ weight >= self.min_samples * (1 - 1e-12))
            return _joined(graph, is_core, weight > 0)

        return label


@dataclass(frozen=True)
class Hdbscan:
    """HDBSCAN of scikit-learn, leaf clusters, for hotspots of unequal density.

    It takes no weights. Counts are honoured by repeating a point as often as it has records, spread over
    a disc of one metre, as no density is defined where distances are 0; all records of a point then go where
    most of them went, and a cluster that no point goes to is none. Harm cannot be honoured in this way, so
    weights that are not whole numbers are refused. The cost grows with the square of the number of records.

    Parameters
    ----------
    min_cluster_size
        Fewest records of a cluster.
    min_samples
        Records that make a neighbourhood dense.

    References
    ----------
    Campello, R. J. G. B., Moulavi, D. and Sander, J. (2013), PAKDD 2013, LNCS 7819, 160-172.
    """

    min_cluster_size: int = 10
    min_samples: int = 10
    name: str = "hdbscan"
    takes_harm: bool = False

    def __post_init__(self) -> None:
        """Refuse what scikit-learn would only refuse later."""
        if self.min_cluster_size < 2 or self.min_samples < 1:
            raise ValueError("Hdbscan: min_cluster_size must be at least 2, and min_samples 1")

    def prepare(self, points: Floats) -> Labeller:
        """Return the labeller; nothing can be done before the weights are known."""
        import numpy as np

        def label(weights: npt.ArrayLike) -> Integers:
            weight = np.asarray(weights, dtype=np.float64)
            if (weight != np.floor(weight)).any():
                raise ValueError("Hdbscan takes no weights but counts of records: use Dbscan for harm")
            labels = np.full(len(points), -1, dtype=np.int64)
            repeats = weight.astype(np.int64)
            if repeats.sum() > max(self.min_cluster_size, self.min_samples):
                labels[repeats > 0] = self._fit(points[repeats > 0], repeats[repeats > 0])
            return labels

        return label

    def _fit(self, points: Floats, repeats: Integers) -> Integers:
        import numpy as np
        from sklearn.cluster import HDBSCAN

        point = np.repeat(np.arange(len(points)), repeats)
        turn = np.arange(len(point)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        # Sunflower seeds: even over the disc, without chance.
        radius, angle = np.sqrt((turn + 0.5) / repeats[point]), turn * np.pi * (3 - np.sqrt(5))
        spread = points[point] + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        model = HDBSCAN(
            min_cluster_size=self.min_cluster_size,
            min_samples=self.min_samples,
            cluster_selection_method="leaf",
            copy=True,
        )
        found = model.fit(spread).labels_.astype(np.int64)
        votes = np.zeros((len(points), found.max() + 2), dtype=np.int64)
        np.add.at(votes, (point, found + 1), 1)
        labels = votes.argmax(axis=1) - 1
        inside = labels >= 0
        # A cluster that is the largest part of no point's records is gone: numbers close up.
        labels[inside] = np.unique(labels[inside], return_inverse=True)[1]
        return labels


def _joined(graph: coo_array, is_core: npt.NDArray[np.bool_], is_there: npt.NDArray[np.bool_]) -> Integers:
    """Number the connected groups of core points, and give border points the first group that they touch."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    labels = np.full(len(is_core), -1, dtype=np.int64)
    cores = np.flatnonzero(is_core)
    if len(cores) == 0:
        return labels
    place = np.full(len(is_core), -1, dtype=np.int64)
    place[cores] = np.arange(len(cores))
    rows, columns = graph.coords
    among = is_core[rows] & is_core[columns]
    edges = (place[rows[among]], place[columns[among]])
    core_graph = coo_array((np.ones(int(among.sum())), edges), shape=(len(cores), len(cores)))
    found = connected_components(core_graph, directed=False)[1]
    # Numbered by first member, whatever order the walk took.
    firsts = np.unique(found, return_index=True)[1]
    labels[cores] = np.argsort(np.argsort(firsts))[found]
    reaches = is_there[rows] & ~is_core[rows] & is_core[columns]
    nearest = np.full(len(is_core), np.iinfo(np.int64).max)
    np.minimum.at(nearest, rows[reaches], labels[columns[reaches]])
    border = nearest < np.iinfo(np.int64).max
    labels[border] = nearest[border]
    return labels


def record_weights(harm_days: npt.ArrayLike) -> Floats:
    """Return each record's harm over the mean harm, so that weights add up to the number of records.

    Without any harm every record weighs 1.
    """
    import numpy as np

    harm = np.asarray(harm_days, dtype=np.float64)
    return harm / harm.mean() if harm.sum() > 0 else np.ones(len(harm))


def label_records(records: pd.DataFrame, method: Clustering, *, is_harm_weighted: bool = False) -> Integers:
    """Label each record with its cluster.

    Parameters
    ----------
    records : DataFrame
        ``easting_m``, ``northing_m`` (EPSG:27700, metres, no nulls), ``harm_days``.
    method : Clustering
        How to cluster.
    is_harm_weighted : bool
        Count a record by `record_weights`, so that a core point needs the harm of ``min_samples`` average
        records; otherwise every record counts 1.

    Returns
    -------
    ndarray of int, shape (n,)
        Cluster number of each record, -1 for noise; the order of the input does not matter.

    Raises
    ------
    ValueError
        The method cannot honour harm.
    """
    import numpy as np

    if is_harm_weighted and not method.takes_harm:
        raise ValueError(f"{method.name} cannot weigh records by harm; use Dbscan, or do not weigh")
    if len(records) == 0:
        return np.empty(0, dtype=np.int64)
    at = records[["easting_m", "northing_m"]].to_numpy(dtype=np.float64)
    distinct, inverse = np.unique(np.round(at, COORDINATE_DECIMALS), axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    weights = record_weights(records["harm_days"]) if is_harm_weighted else None
    totals = np.bincount(inverse, weights=weights, minlength=len(distinct))
    return np.asarray(method.prepare(distinct)(totals))[inverse]


def describe_clusters(records: pd.DataFrame) -> pd.DataFrame:
    """Count and sum the records of each cluster.

    Parameters
    ----------
    records : DataFrame
        ``cluster``, ``easting_m``, ``northing_m``, ``harm_days``, ``crime_type``; clustered records only.

    Returns
    -------
    DataFrame
        Indexed by ``cluster``: ``record_count``, ``harm_days``, ``distinct_point_count``,
        ``dominant_crime_type`` (most harm days, ties by name).
    """
    # A sum of floats depends on its order: sort, so that the same records give the same bytes.
    ordered = records.sort_values(["cluster", "crime_type", "easting_m", "northing_m", "harm_days"])
    grouped = ordered.groupby("cluster")
    table = grouped.agg(record_count=("harm_days", "size"), harm_days=("harm_days", "sum"))
    distinct = ordered.drop_duplicates(["cluster", "easting_m", "northing_m"])
    table["distinct_point_count"] = distinct.groupby("cluster").size()
    by_type = ordered.groupby(["cluster", "crime_type"])[["harm_days"]].sum().reset_index()
    by_type = by_type.sort_values(["cluster", "harm_days", "crime_type"], ascending=[True, False, True])
    leaders = by_type.drop_duplicates("cluster").set_index("cluster")
    table["dominant_crime_type"] = leaders["crime_type"]
    return table
