"""The city's areas as the feature layers that the ONS and the GLA publish, under their service names."""

from __future__ import annotations

import uuid

import numpy as np
import shapely

from orchestration.sandbox.arcgis import Layer
from orchestration.sandbox.city import City
from orchestration.sandbox.geography import DISTRICTS, Census
from orchestration.sandbox.places import to_wgs84
from orchestration.sandbox.plan import FORCES

BOUNDARIES_2021 = "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5"
BOUNDARIES_2011 = "LSOA_Dec_2011_Boundaries_Generalised_Clipped_BGC_EW_V3"
EXACT_FIT = "LSOA11_LSOA21_LAD22_EW_LU_v5"
CENTROIDS_2021 = "LSOA_PopCentroids_EW_2021_V4"
WARDS_2024 = "LSOA21_WD24_LAD24_EW_LU"
FORCE_AREAS_2024 = "LAD24_CSP24_PFA24_EW_LU"
#: Path of the town centres below the GLA's services, and the number of the layer.
TOWN_CENTRES = ("apps/planning_data_map_02", 104)


def ons_layers(city: City) -> dict[str, Layer]:
    """Return the ONS layers by service name; each is layer 0 of its service."""
    geography = city.geography
    return {
        BOUNDARIES_2021: _boundaries(geography.lsoa_2021, "21", with_welsh=True),
        BOUNDARIES_2011: _boundaries(geography.lsoa_2011, "11", with_welsh=False),
        EXACT_FIT: _exact_fit(city),
        CENTROIDS_2021: _centroids(city),
        WARDS_2024: _wards(city),
        FORCE_AREAS_2024: _force_areas(city),
    }


def town_centre_layer(city: City) -> Layer:
    """Return the GLA's town centre boundaries."""
    centres = city.town_centres
    return Layer(
        id_field="objectid",
        attributes={
            "objectid": list(range(1, len(centres) + 1)),
            "sitename": [centre.name for centre in centres],
            "classification": [centre.classification for centre in centres],
        },
        geometry=np.array([centre.polygon for centre in centres], dtype=object),
        flags_at_top=True,
    )


def _boundaries(census: Census, vintage: str, with_welsh: bool) -> Layer:
    centre = shapely.get_coordinates(shapely.centroid(census.polygon))
    longitude, latitude = to_wgs84(centre[:, 0], centre[:, 1])
    attributes: dict[str, list] = {
        "FID": _numbers(len(census.code)),
        f"LSOA{vintage}CD": census.code.tolist(),
        f"LSOA{vintage}NM": census.name.tolist(),
    }
    if with_welsh:
        attributes[f"LSOA{vintage}NMW"] = [""] * len(census.code)
    attributes |= {
        "BNG_E": np.rint(centre[:, 0]).astype(int).tolist(),
        "BNG_N": np.rint(centre[:, 1]).astype(int).tolist(),
        "LAT": np.round(latitude, 6).tolist(),
        "LONG": np.round(longitude, 6).tolist(),
        "Shape__Area": np.round(shapely.area(census.polygon), 4).tolist(),
        "Shape__Length": np.round(shapely.length(census.polygon), 4).tolist(),
        "GlobalID": _global_ids(census.code, "boundary"),
    }
    return Layer("FID", attributes, census.polygon)


def _exact_fit(city: City) -> Layer:
    geography = city.geography
    old, new = geography.lookup[:, 0], geography.lookup[:, 1]
    district = geography.lsoa_2021.district[new]
    attributes: dict[str, list] = {
        "LSOA11CD": geography.lsoa_2011.code[old].tolist(),
        "LSOA11NM": geography.lsoa_2011.name[old].tolist(),
        "LSOA21CD": geography.lsoa_2021.code[new].tolist(),
        "LSOA21NM": geography.lsoa_2021.name[new].tolist(),
        "CHGIND": geography.change.tolist(),
        "LAD22CD": geography.district_code[district].tolist(),
        "LAD22NM": _district_names()[district].tolist(),
        "LAD22NMW": [""] * len(old),
        "ObjectId": _numbers(len(old)),
    }
    return Layer("ObjectId", attributes)


def _centroids(city: City) -> Layer:
    centroid, code = city.people.centroid, city.geography.lsoa_2021.code
    attributes: dict[str, list] = {
        "FID": _numbers(len(code)),
        "LSOA21CD": code.tolist(),
        "GlobalID": _global_ids(code, "centroid"),
        "x": centroid[:, 0].tolist(),
        "y": centroid[:, 1].tolist(),
    }
    return Layer("FID", attributes, shapely.points(centroid))


def _wards(city: City) -> Layer:
    geography = city.geography
    census = geography.lsoa_2021
    empty = [""] * len(census.code)
    attributes: dict[str, list] = {
        "LSOA21CD": census.code.tolist(),
        "LSOA21NM": census.name.tolist(),
        "LSOA21NMW": empty,
        "WD24CD": geography.ward_code.tolist(),
        "WD24NM": geography.ward_name.tolist(),
        "WD24NMW": empty,
        "LAD24CD": geography.district_code[census.district].tolist(),
        "LAD24NM": _district_names()[census.district].tolist(),
        "LAD24NMW": empty,
        "ObjectId": _numbers(len(census.code)),
    }
    return Layer("ObjectId", attributes)


def _force_areas(city: City) -> Layer:
    forces = [FORCES[force] for _, force, *_ in DISTRICTS]
    attributes: dict[str, list] = {
        "LAD24CD": city.geography.district_code.tolist(),
        "LAD24NM": _district_names().tolist(),
        "CSP24CD": [f"E229{i + 1:05d}" for i in range(len(DISTRICTS))],
        "CSP24NM": _district_names().tolist(),
        "PFA24CD": [force.area_code for force in forces],
        "PFA24NM": [force.area_name for force in forces],
        "ObjectId": _numbers(len(DISTRICTS)),
    }
    return Layer("ObjectId", attributes)


def _district_names() -> np.ndarray:
    return np.array([name for name, *_ in DISTRICTS])


def _numbers(count: int) -> list[int]:
    return list(range(1, count + 1))


def _global_ids(codes: np.ndarray, what: str) -> list[str]:
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{what}/{code}")) for code in codes.tolist()]
