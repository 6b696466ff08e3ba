"""DBSCAN on distinct snap points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

COORDINATE_DECIMALS = 2
"""Snap points are told apart to the centimetre: far finer than their meaning, coarse enough to
swallow the noise of a coordinate transformation."""


def snap_point_labels(
    easting_m: npt.ArrayLike, northing_m: npt.ArrayLike, *, eps_m: float, min_samples: int
) -> npt.NDArray[np.int64]:
    """Label each record with its cluster, by DBSCAN run once per distinct point.

    Records on one snap point have the same neighbours, so a point that carries its number of records
    as sample weight is a core point exactly when each of its records would be one: the sum of the
    weights within ``eps_m`` is the number of records within ``eps_m``. Core points, and hence
    clusters, are the same as on all the records, at the cost of the distinct points only.
    A border point in reach of two clusters goes to the one found first; points are visited in order of
    easting, then northing, so the answer does not depend on the order of the input.

    Parameters
    ----------
    easting_m, northing_m : array_like of float, shape (n,)
        British National Grid coordinates, in metres, no nulls.
    eps_m : float
        Neighbourhood radius, in metres, bound included.
    min_samples : int
        Records within the radius, the point's own included, that make a core point.

    Returns
    -------
    ndarray of int, shape (n,)
        Cluster number of each record, -1 for noise.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996), KDD-96, 226-231.
    """
    from sklearn.cluster import DBSCAN

    points = np.round(np.column_stack([np.asarray(easting_m), np.asarray(northing_m)]), COORDINATE_DECIMALS)
    if len(points) == 0:
        return np.empty(0, dtype=np.int64)
    distinct, inverse, weights = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    model = DBSCAN(eps=eps_m, min_samples=min_samples).fit(distinct, sample_weight=weights)
    return model.labels_.astype(np.int64)[inverse.reshape(-1)]


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
