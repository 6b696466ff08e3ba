"""Published geography: harm by LSOA as GeoParquet, hotspots as GeoParquet and GeoJSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publishing.errors import ReleaseError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

BRITISH_NATIONAL_GRID = "EPSG:27700"
_WGS84 = "EPSG:4326"
_BOUNDARIES = Path("validated/ons_lsoa_2021_boundaries/part.parquet")
_TOWN_CENTRES = Path("validated/gla_town_centres/part.parquet")
# Six decimals of a degree are 0.1 m, finer than the Helmert transformation from the National Grid (metres).
_DEGREE_DIGITS = 6


def read_lsoa_boundaries(data_root: Path) -> gpd.GeoDataFrame:
    """Read the validated LSOA 2021 polygons.

    Parameters
    ----------
    data_root
        The data folder.

    Returns
    -------
    geopandas.GeoDataFrame
        ``lsoa_code`` and ``geometry`` (EPSG:27700, metres).

    Raises
    ------
    ReleaseError
        When the gate has let no boundaries through.
    """
    import geopandas as gpd
    import pyarrow.parquet as pq
    import shapely

    path = data_root / _BOUNDARIES
    if not path.is_file():
        raise ReleaseError(
            _BOUNDARIES.as_posix(), "is not there", "materialise ons_lsoa_2021_boundaries and its gate first"
        )
    table = pq.read_table(path, columns=["lsoa_2021_code", "geometry_wkb"])
    return gpd.GeoDataFrame(
        {"lsoa_code": table["lsoa_2021_code"].to_pandas()},
        geometry=shapely.from_wkb(table["geometry_wkb"].to_numpy(zero_copy_only=False)),
        crs=BRITISH_NATIONAL_GRID,
    )


def read_town_centres(data_root: Path) -> gpd.GeoDataFrame | None:
    """Read the validated town centre polygons, an optional source.

    Parameters
    ----------
    data_root
        The data folder.

    Returns
    -------
    geopandas.GeoDataFrame or None
        ``geometry`` (EPSG:27700, metres); None where no town centres were supplied.
    """
    import geopandas as gpd
    import pyarrow.parquet as pq
    import shapely

    path = data_root / _TOWN_CENTRES
    if not path.is_file():
        return None
    shapes = shapely.from_wkb(pq.read_table(path)["geometry_wkb"].to_numpy(zero_copy_only=False))
    return gpd.GeoDataFrame(geometry=shapes, crs=BRITISH_NATIONAL_GRID) if len(shapes) else None


def harm_by_lsoa(ranking: pd.DataFrame, boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the ranked LSOAs that have crime their polygons.

    Parameters
    ----------
    ranking
        ``mart_harm_ranking``.
    boundaries
        From `read_lsoa_boundaries`.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per LSOA with crime under the active scheme, by rank; null geometry where no boundary was
        supplied, so that the counts still add up to the ranking's.
    """
    import geopandas as gpd

    active = ranking[ranking["is_active_scheme"].astype(bool) & (ranking["crime_count"] > 0)]
    active = active.sort_values(["harm_rank", "lsoa_code"], kind="stable").reset_index(drop=True)
    shapes = (
        boundaries.drop_duplicates("lsoa_code").set_index("lsoa_code").geometry.reindex(active["lsoa_code"])
    )
    return gpd.GeoDataFrame(active, geometry=shapes.to_numpy(), crs=BRITISH_NATIONAL_GRID)


def hotspot_shapes(hotspots: pd.DataFrame) -> gpd.GeoDataFrame:
    """Turn hotspots' hulls from text into shapes.

    Parameters
    ----------
    hotspots
        ``ml_hotspots``; may be empty.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows by id, ``geometry`` (EPSG:27700, metres) instead of ``geometry_wkt``.
    """
    import geopandas as gpd
    import shapely

    if hotspots.empty:
        columns = hotspots.drop(columns=["geometry_wkt"], errors="ignore")
        return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=BRITISH_NATIONAL_GRID))
    ordered = hotspots.sort_values("hotspot_id", kind="stable").reset_index(drop=True)
    shapes = shapely.from_wkt(ordered.pop("geometry_wkt").to_numpy(dtype=object))
    return gpd.GeoDataFrame(ordered, geometry=shapes, crs=BRITISH_NATIONAL_GRID)


def write_geoparquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write GeoParquet 1.1 (zstd).

    Parameters
    ----------
    frame
        Rows in the order to keep.
    path
        The file.
    """
    frame.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0")


def hotspots_geojson(hotspots: gpd.GeoDataFrame) -> str:
    """Write hotspots as GeoJSON.

    Parameters
    ----------
    hotspots
        From `hotspot_shapes`.

    Returns
    -------
    str
        A FeatureCollection in WGS84 with counter-clockwise outer rings, as RFC 7946 asks.
    """
    import shapely

    shapes = hotspots.geometry.to_crs(_WGS84).to_numpy() if len(hotspots) else []
    oriented = shapely.orient_polygons(shapes) if len(hotspots) else []
    records = hotspots.drop(columns="geometry").to_dict("records")
    features = [
        {
            "type": "Feature",
            "id": str(record["hotspot_id"]),
            "geometry": _rounded(json.loads(shapely.to_geojson(shape))),
            "properties": {key: _json_value(value) for key, value in record.items()},
        }
        for record, shape in zip(records, oriented, strict=True)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def walk(node: Any) -> Any:
        return [walk(child) for child in node] if isinstance(node, list) else round(node, _DEGREE_DIGITS)

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}


def _json_value(value: Any) -> Any:
    """Plain JSON types: null for a missing value, ISO dates."""
    import pandas as pd

    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value
