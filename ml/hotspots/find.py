"""Find hotspots of ultra-high-harm crime."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("easting_m", "northing_m", "harm_days", "crime_type", "crime_month")


def find_hotspots(
    records: pd.DataFrame,
    town_centres: pd.DataFrame | None = None,
    *,
    harm_scheme: str,
    eps_m: float = 75.0,
    min_samples: int = 10,
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
    eps_m : float
        DBSCAN radius, in metres.
    min_samples : int
        Records within the radius that make a core point.
    disc_radius_m : float
        Radius that gives an area to a cluster of one point or of points in a line, in metres.

    Returns
    -------
    DataFrame
        Table ``ml_hotspots``; no rows when nothing clusters. Ids run by harm days downwards, ties by
        centroid easting, then northing, whatever the order of the input. The window is that of all the
        records given.

    Raises
    ------
    ValueError
        A column is missing or a parameter is not positive.

    References
    ----------
    Ester et al. (1996) for DBSCAN; Wheeler and Reuter (2021), Police Quarterly 24(2), for clustering
    weighted by the cost of crime.
    """
    import numpy as np
    import pandas as pd

    from ml.common.contracts import ML_HOTSPOTS, conform, empty_frame
    from ml.hotspots.clusters import describe_clusters
    from ml.hotspots.shapes import cluster_hulls, to_longitude_latitude

    _check_input(records, eps_m, min_samples, disc_radius_m)
    clustered = _cluster(records, eps_m, min_samples)
    if clustered.empty:
        return empty_frame(ML_HOTSPOTS)
    import shapely

    table = describe_clusters(clustered)
    hulls = cluster_hulls(
        clustered["cluster"].to_numpy(),
        clustered["easting_m"].to_numpy(),
        clustered["northing_m"].to_numpy(),
        disc_radius_m,
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
    longitude, latitude = to_longitude_latitude(
        table["centroid_easting_m"].to_numpy(), table["centroid_northing_m"].to_numpy()
    )
    table["centroid_longitude"], table["centroid_latitude"] = longitude, latitude
    table["geometry_wkt"] = shapely.to_wkt(table["shape"].to_numpy(), rounding_precision=2)
    table["harm_scheme"] = harm_scheme
    months = pd.to_datetime(records["crime_month"])
    table["window_start_month"], table["window_end_month"] = months.min(), months.max()
    return conform(_add_town_centres(table, town_centres).drop(columns="shape"), ML_HOTSPOTS)


def _check_input(records: pd.DataFrame, eps_m: float, min_samples: int, disc_radius_m: float) -> None:
    for name in NEEDED:
        if name not in records.columns:
            raise ValueError(f"find_hotspots: records have no column {name!r}; needed: {', '.join(NEEDED)}")
    if not (eps_m > 0 and min_samples > 0 and disc_radius_m > 0):
        raise ValueError("find_hotspots: eps_m, min_samples and disc_radius_m must be positive")


def _cluster(records: pd.DataFrame, eps_m: float, min_samples: int) -> pd.DataFrame:
    """Records that belong to a cluster, with its number; coordinates to the centimetre."""
    from ml.hotspots.clusters import COORDINATE_DECIMALS, snap_point_labels

    kept = records[records["easting_m"].notna() & records["northing_m"].notna()]
    if "is_ultra_high_harm" in records.columns:
        kept = kept[kept["is_ultra_high_harm"].fillna(False).astype(bool)]
    kept = kept[["easting_m", "northing_m", "harm_days", "crime_type"]].reset_index(drop=True)
    coordinates = ["easting_m", "northing_m"]
    kept[coordinates] = kept[coordinates].astype("float64").round(COORDINATE_DECIMALS)
    kept["cluster"] = snap_point_labels(
        kept["easting_m"], kept["northing_m"], eps_m=eps_m, min_samples=min_samples
    )
    return kept[kept["cluster"] >= 0]


def _add_town_centres(table: pd.DataFrame, town_centres: pd.DataFrame | None) -> pd.DataFrame:
    """Add the town centre columns; no data is null, data without an overlap is a share of 0."""
    import numpy as np

    from ml.hotspots.shapes import dissolve_town_centres, largest_overlaps

    has_data = town_centres is not None and len(town_centres) > 0
    table = table.assign(
        has_town_centre_data=has_data, town_centre_name=None, town_centre_overlap_share=np.nan
    )
    if town_centres is not None and has_data:
        names, centres = dissolve_town_centres(town_centres)
        best, shares = largest_overlaps(table["shape"].to_numpy(), names, centres)
        table["town_centre_name"] = best
        table["town_centre_overlap_share"] = shares.round(6)
    return table
