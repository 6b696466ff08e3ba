"""The tables of area profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.profiles.clusters import Clustering, cluster_profiles
from ml.profiles.features import Profiles, make_profiles
from ml.profiles.names import cluster_names

if TYPE_CHECKING:
    import pandas as pd

TOO_FEW = "too few records"
NOT_CLUSTERED = "too few areas"
_OF_A_CLUSTER = ("cluster", "cluster_name", "feature", "centre_value", "centre_z", "area_count", "stability")
_OF_ALL_CLUSTERS = ("adjusted_rand", "silhouette", "p_value")


@dataclass(frozen=True, eq=False)
class Profiled:
    """Areas and clusters.

    Parameters
    ----------
    areas : DataFrame
        Columns of ``ml_area_profiles`` but for the window; every area has a row.
    clusters : DataFrame
        Columns of ``ml_area_profile_clusters`` but for the window; no rows when nothing was clustered.
    clustering : Clustering or None
        What supports the number of clusters.
    """

    areas: pd.DataFrame
    clusters: pd.DataFrame
    clustering: Clustering | None


def profile_areas(areas: pd.DataFrame, counts: pd.DataFrame) -> Profiled:
    """Cluster areas by how much is recorded there and of what.

    Parameters
    ----------
    areas, counts : DataFrame
        As :func:`ml.profiles.features.make_profiles` takes them.

    Returns
    -------
    Profiled
        Areas without residents or with too few records are marked, and belong to no cluster.
    """
    import pandas as pd

    ordered = areas.sort_values("lsoa_code", ignore_index=True)
    profiles = make_profiles(ordered, counts)
    found = cluster_profiles(profiles.standard)
    totals = counts.groupby("lsoa_code")["crime_count"].sum()
    placed = pd.DataFrame(
        {
            "lsoa_code": ordered["lsoa_code"],
            "cluster": np.nan,
            "cluster_name": np.where(profiles.is_profiled, NOT_CLUSTERED, TOO_FEW),
            "distance": np.nan,
            "crime_count": totals.reindex(ordered["lsoa_code"]).fillna(0).to_numpy(np.int64),
            "is_profiled": profiles.is_profiled & (found is not None),
        }
    )
    if found is None:
        return Profiled(placed, pd.DataFrame(columns=[*_OF_A_CLUSTER, *_OF_ALL_CLUSTERS]), None)
    names = cluster_names(profiles.names, found.centre)
    own = profiles.is_profiled
    placed.loc[own, "cluster"] = found.cluster + 1.0
    placed.loc[own, "cluster_name"] = [names[one] for one in found.cluster]
    placed.loc[own, "distance"] = found.distance
    return Profiled(placed, pd.DataFrame(_cluster_rows(profiles, found, names)), found)


def _cluster_rows(profiles: Profiles, found: Clustering, names: list[str]) -> list[dict[str, Any]]:
    k = len(found.centre)
    rows = []
    for cluster in range(k):
        is_own = found.cluster == cluster
        for place, feature in enumerate(profiles.names):
            rows.append(
                {
                    "cluster": cluster + 1,
                    "cluster_name": names[cluster],
                    "feature": feature,
                    "centre_value": float(profiles.values[is_own, place].mean()),
                    "centre_z": float(found.centre[cluster, place]),
                    "area_count": int(is_own.sum()),
                    "stability": float(found.stability[cluster]),
                    "adjusted_rand": found.adjusted_rand,
                    "silhouette": found.silhouette[k][0],
                    "p_value": found.p_value,
                }
            )
    return rows
