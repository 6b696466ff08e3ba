"""Polygons from GeoJSON, GeoPackage, zipped shapefile or GeoParquet, valid and in the National Grid."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.reference_readers.tables import (
    ARCGIS_EXTRAS,
    has_columns,
    pick_columns,
    read_pages,
)
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

NATIONAL_GRID = "EPSG:27700"
GEOJSON_CRS = "EPSG:4326"
# ONS's super and ultra generalised editions (200 m, 500 m) and simplified copies serve maps only.
_CRUDE_NAME = re.compile(r"_BSC|_BUC|simplified", re.IGNORECASE)
_BOUNDARIES = {"lsoa_2021_code": "LSOA21CD", "lsoa_2021_name": "LSOA21NM"}
_BOUNDARIES_TIDIED = {"lsoa_2021_code": "lsoa21_code", "lsoa_2021_name": "lsoa21_name"}
_BOUNDARY_EXTRAS = ARCGIS_EXTRAS + r"|geometry|bng_[en]|lat|long|msoa21(cd|nm)|lad\d\d(cd|nm)"
_TOWN_CENTRES = {"town_centre_name": "sitename", "classification": "classification"}
_TOWN_CENTRE_EXTRAS = ARCGIS_EXTRAS + r"|geometry|layerreference|easting|northing|hectares|notes"


def read_boundaries(files: Sequence[Path]) -> pd.DataFrame:
    """Return one polygon per LSOA 2021.

    Where several files hold an LSOA, the one that is fit for point in polygon wins: a simplified file may
    cover the country while a better one covers a city.
    """
    import pandas as pd

    parts = []
    for source, layer in _layers(files):
        wanted = _BOUNDARIES_TIDIED if has_columns(layer, ["lsoa21_code"]) else _BOUNDARIES
        picked = pick_columns(layer, wanted, _BOUNDARY_EXTRAS, source)
        grade = not _CRUDE_NAME.search(source.name)
        parts.append(picked.assign(is_point_in_polygon_grade=grade, geometry_wkb=_valid_wkb(layer)))
    return (
        pd.concat(parts, ignore_index=True)
        .sort_values("is_point_in_polygon_grade", ascending=False, kind="stable")
        .drop_duplicates("lsoa_2021_code")
    )


def read_town_centres(files: Sequence[Path]) -> pd.DataFrame:
    """Return the polygons of London's town centres with their class in the London Plan."""
    import pandas as pd

    parts = []
    for source, layer in _layers(files):
        picked = pick_columns(layer, _TOWN_CENTRES, _TOWN_CENTRE_EXTRAS, source)
        # One class is published under two names.
        classification = picked["classification"].replace({"District Centre": "District"})
        parts.append(picked.assign(classification=classification, geometry_wkb=_valid_wkb(layer)))
    return pd.concat(parts, ignore_index=True)


def _layers(files: Sequence[Path]) -> list[tuple[Path, gpd.GeoDataFrame]]:
    pages = [path for path in files if path.suffix == ".json"]
    layers = [(path, _read_layer(path)) for path in files if path.suffix != ".json"]
    if pages:
        layers.append((pages[0], _read_geojson_pages(pages)))
    return [(source, _in_national_grid(layer, source)) for source, layer in layers]


def _read_geojson_pages(paths: Sequence[Path]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    features = [feature for _, page in read_pages(paths) for feature in page["features"]]
    try:
        return gpd.GeoDataFrame.from_features(features, crs=GEOJSON_CRS)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SourceError(
            str(paths[0]), f"a feature is not GeoJSON ({error!r})", "fetch the dataset again"
        ) from error


def _read_layer(path: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd
    from pyogrio.errors import DataSourceError

    try:
        if path.suffix == ".parquet":
            return gpd.read_parquet(path)
        return gpd.read_file(_shapefile_in(path) if path.suffix == ".zip" else path)
    except (DataSourceError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise SourceError(
            str(path), f"it cannot be read as a map layer ({error})", "fetch it again"
        ) from error


def _shapefile_in(path: Path) -> str:
    with zipfile.ZipFile(path) as opened:
        shapefiles = [name for name in opened.namelist() if name.lower().endswith(".shp")]
    if len(shapefiles) != 1 or ".." in shapefiles[0] or shapefiles[0].startswith("/"):
        raise SourceError(
            str(path),
            f"it holds {len(shapefiles)} usable shapefiles, not one",
            "supply a zip with one shapefile",
        )
    return f"/vsizip/{path.resolve()}/{shapefiles[0]}"


def _in_national_grid(layer: gpd.GeoDataFrame, source: Path) -> gpd.GeoDataFrame:
    if layer.crs is None:
        raise SourceError(
            str(source), "it does not say in what coordinates it is", "supply it with its .prj file"
        )
    return layer.to_crs(NATIONAL_GRID)


def _valid_wkb(layer: gpd.GeoDataFrame) -> np.ndarray:
    """Return well-known binary of valid, polygonal geometry; what is valid already is left as it is."""
    import numpy as np
    import shapely

    shapes = shapely.force_2d(np.asarray(layer.geometry.array))
    is_broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    shapes[is_broken] = shapely.buffer(shapely.make_valid(shapes[is_broken]), 0)
    return shapely.to_wkb(shapes, byte_order=1)
