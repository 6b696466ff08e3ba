"""Find, describe and draw clusters of ultra-high-harm records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from ml.hotspots.settings import HotspotSettings

NEEDED = ("easting_m", "northing_m", "harm_days", "crime_type", "crime_month")


def find_clusters(records: pd.DataFrame, settings: HotspotSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cluster the records, and describe and draw the clusters.

    police.uk moves each crime to a snap point (over a road centre, a public place or premises), so the
    clusters are clusters of snap points that carry records, not of the places where events happened.
    They are good enough to say "around this junction" and no finer.

    Parameters
    ----------
    records : DataFrame
        One row per record: ``easting_m``, ``northing_m`` (EPSG:27700, metres, no nulls), ``harm_days``,
        ``crime_type``, ``crime_month`` (first of month).
    settings : HotspotSettings
        How to cluster and draw.

    Returns
    -------
    table : DataFrame
        Indexed by ``cluster``, in order of ``hotspot_id``: counts, harm, centroid, area, ``shape``. Ids run
        by harm days downwards, ties by centroid easting, then northing, whatever the order of the input.
    kept : DataFrame
        The records that were searched, with their ``cluster`` (-1 for noise); coordinates to the centimetre.

    Raises
    ------
    ValueError
        A column is missing, or a record has no place.

    References
    ----------
    Ester et al. (1996) for DBSCAN; Wheeler and Reuter (2021), Police Quarterly 24(2), for clustering
    weighted by the cost of crime.
    """
    import numpy as np
    import shapely

    from ml.hotspots.clusters import describe_clusters
    from ml.hotspots.shapes import cluster_hulls

    kept = _searched(records, settings)
    clustered = kept[kept["cluster"] >= 0]
    table = describe_clusters(clustered)
    hulls = cluster_hulls(
        clustered["cluster"].to_numpy(),
        clustered["easting_m"].to_numpy(),
        clustered["northing_m"].to_numpy(),
        is_concave=settings.is_concave,
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


def _searched(records: pd.DataFrame, settings: HotspotSettings) -> pd.DataFrame:
    """The records with their cluster; coordinates to the centimetre."""
    from ml.hotspots.clusters import COORDINATE_DECIMALS, label_records

    for name in NEEDED:
        if name not in records.columns:
            raise ValueError(f"hotspots: records have no column {name!r}; needed: {', '.join(NEEDED)}")
    coordinates = ["easting_m", "northing_m"]
    if records[coordinates].isna().any(axis=None):
        raise ValueError("hotspots: a record has no place; give located records only")
    kept = records[[*coordinates, "harm_days", "crime_type"]].reset_index(drop=True)
    kept[coordinates] = kept[coordinates].astype("float64").round(COORDINATE_DECIMALS)
    kept["cluster"] = label_records(kept, settings.clustering, is_harm_weighted=settings.is_harm_weighted)
    return kept


def add_places(
    table: pd.DataFrame, town_centres: pd.DataFrame | None, night_time: Any | None
) -> pd.DataFrame:
    """Add degrees, hulls as text, town centres and the share in the night-time area.

    No data is null, data without an overlap a share of 0.
    """
    import numpy as np
    import shapely

    from ml.hotspots.overlap import area_inside
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
        has_night_time_data=night_time is not None,
        night_time_overlap_share=np.nan,
    )
    if night_time is not None:
        hulls = table["shape"].to_numpy()
        shares = area_inside(hulls, night_time) / shapely.area(hulls)
        table["night_time_overlap_share"] = shares.clip(0.0, 1.0).round(6)
    if town_centres is not None and has_data:
        names, centres = dissolve_town_centres(town_centres)
        best, shares = largest_overlaps(table["shape"].to_numpy(), names, centres)
        table["town_centre_name"] = best
        table["town_centre_overlap_share"] = shares.round(6)
    return table
