"""The page's list of hotspots: where each lies, how long it has been there, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.publishing import formats

if TYPE_CHECKING:
    import geopandas as gpd

TOP_ROWS = 15
_SMALLEST_Q = 0.001


def hotspot_rows(hotspots: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Write the hotspots with the most harm.

    Parameters
    ----------
    hotspots
        Hulls (EPSG:27700, metres); may be empty.
    areas
        Ranked LSOAs with their polygons (EPSG:27700, metres).

    Returns
    -------
    list of dict
        At most fifteen rows, ready to print.
    """
    if hotspots.empty:
        return []
    top = hotspots.sort_values(["harm_days", "hotspot_id"], ascending=[False, True]).head(TOP_ROWS)
    middles = top.set_geometry(top.geometry.centroid)
    around = areas.loc[areas.geometry.notna(), ["lsoa_code", "lsoa_name", "geometry"]]
    # A middle on a common edge lies in no area's inside; it is named by the first of the two.
    placed = middles.sjoin(around, how="left", predicate="intersects").drop_duplicates("hotspot_id")
    return [
        {
            "id": row["hotspot_id"],
            "area": next(
                (row[name] for name in ("lsoa_name", "lsoa_code") if not formats.is_missing(row[name])),
                formats.MISSING,
            ),
            "town": formats.MISSING
            if formats.is_missing(row["town_centre_name"])
            else row["town_centre_name"],
            "night_time": formats.percent(row["night_time_overlap_share"], 0),
            "records": formats.number(row["record_count"]),
            "points": formats.number(row["distinct_point_count"]),
            "harm_days": formats.number(row["harm_days"]),
            "dominant": formats.plain(row["dominant_crime_type"]),
            "persistence": formats.plain(row["persistence"]),
            "found_anyway": formats.percent(row["null_recurrence_share"], 0),
            "q_value": _q_value(row["q_value"]),
        }
        for row in placed.to_dict("records")
    ]


def hotspot_window(hotspots: gpd.GeoDataFrame) -> str:
    """Write the months that the hotspots come from.

    Parameters
    ----------
    hotspots
        Hulls; may be empty.

    Returns
    -------
    str
        Such as ``January 2024 to December 2024``; a dash for no hotspot.
    """
    if hotspots.empty:
        return formats.MISSING
    return formats.month_span(hotspots["window_start_month"].min(), hotspots["window_end_month"].max())


def _q_value(value: float | None) -> str:
    if not formats.is_missing(value) and float(value or 0) < _SMALLEST_Q:
        return f"under {_SMALLEST_Q}"
    return formats.number(value, 3)
