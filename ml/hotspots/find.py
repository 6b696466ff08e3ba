"""Find hotspots of ultra-high-harm crime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ml.hotspots.clusters import Dbscan

if TYPE_CHECKING:
    import pandas as pd

    from ml.hotspots.clusters import Clustering

Hull = Literal["convex", "concave"]
NEEDED = ("easting_m", "northing_m", "harm_days", "crime_type", "crime_month")
#: What significance and identity add; unknown until they are asked for.
ADDED = (
    "located_record_count",
    "place_p_value",
    "p_value",
    "q_value",
    "null_recurrence_share",
    "stable_id",
    "persistence",
)


def find_hotspots(
    records: pd.DataFrame,
    town_centres: pd.DataFrame | None = None,
    *,
    harm_scheme: str,
    method: Clustering | None = None,
    is_harm_weighted: bool = False,
    hull: Hull = "convex",
    disc_radius_m: float = 10.0,
) -> pd.DataFrame:
    """Cluster ultra-high-harm records into micro-hotspots.

    police.uk moves each crime to a snap point (over a road centre, a public place or premises), so the
    clusters are clusters of snap points that carry records, not of the places where events happened.
    They are good enough to say "around this junction" and no finer.

    Parameters
    ----------
    records : DataFrame
        One row per record: ``easting_m``, ``northing_m`` (EPSG:27700, metres), ``harm_days``,
        ``crime_type``, ``crime_month`` (first of month). With a column ``is_ultra_high_harm`` only its
        true rows are clustered; without it every row is. Rows without coordinates are left out.
    town_centres : DataFrame or GeoDataFrame, optional
        ``town_centre_name`` and ``geometry_wkb`` or ``geometry``, EPSG:27700. None or no rows: unknown.
    harm_scheme : str
        Scheme that ``harm_days`` were counted with.
    method : Clustering, optional
        How to cluster; `Dbscan` with its defaults when not given.
    is_harm_weighted : bool
        Weigh records by harm; see `label_records`. Not with `Hdbscan`, which takes no weights.
    hull : {"convex", "concave"}
        Outline of a hotspot.
    disc_radius_m : float
        Radius that gives an area to a cluster of one point or of points in a line, in metres.

    Returns
    -------
    DataFrame
        Table ``ml_hotspots``; no rows when nothing clusters. Ids run by harm days downwards, ties by
        centroid easting, then northing, whatever the order of the input. The window is that of all the
        records given. The columns of significance and identity are null; `hotspot_tables` fills them.

    Raises
    ------
    ValueError
        A column is missing, a parameter is not positive, or the method cannot weigh.

    References
    ----------
    Ester et al. (1996) for DBSCAN; Wheeler and Reuter (2021), Police Quarterly 24(2), for clustering
    weighted by the cost of crime.
    """
    import pandas as pd

    from ml.common.contracts import ML_HOTSPOTS, conform, empty_frame

    table, _ = search(records, method or Dbscan(), is_harm_weighted, hull, disc_radius_m)
    if table.empty:
        return empty_frame(ML_HOTSPOTS)
    months = pd.to_datetime(records["crime_month"])
    table = table.assign(
        harm_scheme=harm_scheme, window_start_month=months.min(), window_end_month=months.max()
    )
    table = table.assign(**dict.fromkeys(ADDED))
    return conform(add_places(table, town_centres).drop(columns="shape"), ML_HOTSPOTS)


def search(
    records: pd.DataFrame,
    method: Clustering,
    is_harm_weighted: bool = False,
    hull: Hull = "convex",
    disc_radius_m: float = 10.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cluster the records, and describe and draw the clusters.

    Parameters
    ----------
    records, method, is_harm_weighted, hull, disc_radius_m
        As in `find_hotspots`.

    Returns
    -------
    table : DataFrame
        Indexed by ``cluster``, in order of ``hotspot_id``: counts, harm, centroid, area, ``shape``.
    kept : DataFrame
        The records that were searched, with their ``cluster`` (-1 for noise).
    """
    import numpy as np
    import shapely

    from ml.hotspots.clusters import describe_clusters
    from ml.hotspots.shapes import cluster_hulls

    _check_input(records, hull, disc_radius_m)
    kept = _searched(records, method, is_harm_weighted)
    clustered = kept[kept["cluster"] >= 0]
    table = describe_clusters(clustered)
    hulls = cluster_hulls(
        clustered["cluster"].to_numpy(),
        clustered["easting_m"].to_numpy(),
        clustered["northing_m"].to_numpy(),
        disc_radius_m,
        is_concave=hull == "concave",
    )
    shapes = np.array([hulls[number] for number in table.index], dtype=object)
    centroids = shapely.centroid(shapes)
    table["centroid_easting_m"] = np.round(shapely.get_x(centroids), 2)
    table["centroid_northing_m"] = np.round(shapely.get_y(centroids), 2)
    table["area_m2"] = np.round(shapely.area(shapes), 2)
    table["harm_days"] = table["harm_days"].round(6)
    table["shape"] = shapes
    table = table.sort_values(
        ["harm_days", "centroid_easting_m", "centroid_northing_m"], ascending=[False, True, True]
    )
    width = max(3, len(str(len(table))))
    table["hotspot_id"] = [f"H{number:0{width}d}" for number in range(1, len(table) + 1)]
    return table, kept


def _check_input(records: pd.DataFrame, hull: str, disc_radius_m: float) -> None:
    for name in NEEDED:
        if name not in records.columns:
            raise ValueError(f"find_hotspots: records have no column {name!r}; needed: {', '.join(NEEDED)}")
    if hull not in ("convex", "concave"):
        raise ValueError(f"find_hotspots: hull is convex or concave, not {hull!r}")
    if not disc_radius_m > 0:
        raise ValueError("find_hotspots: disc_radius_m must be positive")


def _searched(records: pd.DataFrame, method: Clustering, is_harm_weighted: bool) -> pd.DataFrame:
    """Located ultra-high-harm records with their cluster; coordinates to the centimetre."""
    from ml.hotspots.clusters import COORDINATE_DECIMALS, label_records

    kept = records[records["easting_m"].notna() & records["northing_m"].notna()]
    if "is_ultra_high_harm" in records.columns:
        kept = kept[kept["is_ultra_high_harm"].fillna(False).astype(bool)]
    kept = kept[["easting_m", "northing_m", "harm_days", "crime_type"]].reset_index(drop=True)
    coordinates = ["easting_m", "northing_m"]
    kept[coordinates] = kept[coordinates].astype("float64").round(COORDINATE_DECIMALS)
    kept["cluster"] = label_records(kept, method, is_harm_weighted=is_harm_weighted)
    return kept


def add_places(table: pd.DataFrame, town_centres: pd.DataFrame | None) -> pd.DataFrame:
    """Add degrees, hulls as text and town centres; no data is null, data without an overlap a share of 0."""
    import numpy as np
    import shapely

    from ml.hotspots.shapes import dissolve_town_centres, largest_overlaps, to_longitude_latitude

    longitude, latitude = to_longitude_latitude(
        table["centroid_easting_m"].to_numpy(), table["centroid_northing_m"].to_numpy()
    )
    has_data = town_centres is not None and len(town_centres) > 0
    table = table.assign(
        centroid_longitude=longitude,
        centroid_latitude=latitude,
        geometry_wkt=shapely.to_wkt(table["shape"].to_numpy(), rounding_precision=2),
        has_town_centre_data=has_data,
        town_centre_name=None,
        town_centre_overlap_share=np.nan,
    )
    if town_centres is not None and has_data:
        names, centres = dissolve_town_centres(town_centres)
        best, shares = largest_overlaps(table["shape"].to_numpy(), names, centres)
        table["town_centre_name"] = best
        table["town_centre_overlap_share"] = shares.round(6)
    return table
