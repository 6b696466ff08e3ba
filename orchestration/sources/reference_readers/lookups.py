"""ONS lookups: LSOA 2011 to 2021, LSOA to ward, district to police force area; and weighted centroids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.reference_readers.geometry import GEOJSON_CRS, NATIONAL_GRID
from orchestration.sources.reference_readers.tables import (
    ARCGIS_EXTRAS,
    pick_columns,
    read_attributes,
    read_pages,
    read_text_table,
    to_decimal,
)
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd

_LSOA_LOOKUP = {
    "lsoa_2011_code": "LSOA11CD",
    "lsoa_2011_name": "LSOA11NM",
    "lsoa_2021_code": "LSOA21CD",
    "lsoa_2021_name": "LSOA21NM",
    "change_indicator": "CHGIND",
    "lad_2022_code": "LAD22CD",
    "lad_2022_name": "LAD22NM",
}
_WARDS = {
    "lsoa_2021_code": "LSOA21CD",
    "lsoa_2021_name": "LSOA21NM",
    "ward_2024_code": "WD24CD",
    "ward_2024_name": "WD24NM",
    "lad_2024_code": "LAD24CD",
    "lad_2024_name": "LAD24NM",
}
_POLICE_FORCES = {
    "lad_2024_code": "LAD24CD",
    "lad_2024_name": "LAD24NM",
    "police_force_area_code": "PFA24CD",
    "police_force_area_name": "PFA24NM",
}
_POLICE_FORCES_TIDIED = {
    "lad_2024_code": "ltla24_code",
    "lad_2024_name": "ltla24_name",
    "police_force_area_code": "pfa24_code",
    "police_force_area_name": "pfa24_name",
}
_CENTROIDS = {"lsoa_2021_code": "LSOA21CD", "easting_m": "x", "northing_m": "y"}
_SAFETY_PARTNERSHIP = r"|csp24(cd|nm|_code|_name)"


def read_lsoa_lookup(files: Sequence[Path]) -> pd.DataFrame:
    """Return the exact-fit lookup from LSOA 2011 to LSOA 2021, one row per pair."""
    return pick_columns(read_attributes(files), _LSOA_LOOKUP, ARCGIS_EXTRAS, files[0])


def read_wards(files: Sequence[Path]) -> pd.DataFrame:
    """Return the best-fit ward and district of each LSOA 2021."""
    return pick_columns(read_attributes(files), _WARDS, ARCGIS_EXTRAS, files[0])


def read_police_forces(files: Sequence[Path]) -> pd.DataFrame:
    """Return the police force area of each local authority district.

    ONS lists a district once for each of its community safety partnerships; the force is always the same.
    """
    frame = read_attributes(files)
    is_tidied = any(str(name).strip().casefold().startswith("ltla") for name in frame.columns)
    wanted = _POLICE_FORCES_TIDIED if is_tidied else _POLICE_FORCES
    picked = pick_columns(frame, wanted, ARCGIS_EXTRAS + _SAFETY_PARTNERSHIP, files[0])
    return picked.drop_duplicates(ignore_index=True)


def read_centroids(files: Sequence[Path]) -> pd.DataFrame:
    """Return the population-weighted centroid of each LSOA 2021, in metres of the National Grid.

    ONS's CSV has them in the National Grid; GeoJSON pages have points in longitude and latitude.
    """
    import pandas as pd

    if files[0].suffix == ".json":
        return _centroids_from_pages(files)
    frame = pd.concat([read_text_table(path) for path in files], ignore_index=True)
    picked = pick_columns(frame, _CENTROIDS, ARCGIS_EXTRAS, files[0])
    return picked.assign(
        easting_m=to_decimal(picked["easting_m"], files[0]),
        northing_m=to_decimal(picked["northing_m"], files[0]),
    )


def _centroids_from_pages(files: Sequence[Path]) -> pd.DataFrame:
    import pandas as pd
    from pyproj import Transformer

    codes, points = [], []
    for path, page in read_pages(files):
        for feature in page["features"]:
            coordinates = (feature.get("geometry") or {}).get("coordinates")
            code = (feature.get("properties") or {}).get("LSOA21CD")
            if code is None or not isinstance(coordinates, list) or len(coordinates) < 2:
                raise SourceError(
                    str(path), "a feature has no LSOA21CD or no point", "fetch the dataset again"
                )
            codes.append(code)
            points.append(coordinates[:2])
    project = Transformer.from_crs(GEOJSON_CRS, NATIONAL_GRID, always_xy=True)
    longitudes, latitudes = zip(*points, strict=True)
    eastings, northings = project.transform(longitudes, latitudes)
    return pd.DataFrame({"lsoa_2021_code": codes, "easting_m": eastings, "northing_m": northings})
