"""Boundaries, centroids and look-ups of the ONS, and the GLA's town centres."""

from __future__ import annotations

from orchestration.sources.catalogue.model import ArcgisLayer, Column, ReferenceDataset
from orchestration.sources.catalogue.terms import GLA, OGL, ONS_AND_OS

_PORTAL = "https://geoportal.statistics.gov.uk"
_LSOA_2021 = Column("lsoa_2021_code", "text", "ONS code of the LSOA of Census 2021")
_LSOA_2021_NAME = Column("lsoa_2021_name", "text", "Name of the LSOA; names change, so join on the code")
_LAD_2024 = Column("lad_2024_code", "text", "ONS code of the local authority district, December 2024")
_LAD_2024_NAME = Column("lad_2024_name", "text", "Name of the district")
_SHAPE = Column("geometry_wkb", "binary", "Polygon as well-known binary, British National Grid", "metres")


def _layer(service: str, order_by: str, has_geometry: bool, hub_item: str | None = None) -> ArcgisLayer:
    return ArcgisLayer("arcgis", f"{service}/FeatureServer/0", order_by, has_geometry, hub_item)


GEOGRAPHY = (
    ReferenceDataset(
        slug="ons_lsoa_2021_boundaries",
        title="LSOA boundaries, December 2021, England and Wales, generalised to 20 metres and clipped",
        grain="One row per LSOA 2021.",
        licence=OGL,
        attribution=ONS_AND_OS,
        home_page=_PORTAL,
        vintage="2021-12 BGC V5",
        columns=(
            _LSOA_2021,
            _LSOA_2021_NAME,
            Column(
                "is_point_in_polygon_grade",
                "boolean",
                "Whether the polygon is exact enough to place points; simplified ones serve maps only",
            ),
            _SHAPE,
        ),
        key=("lsoa_2021_code",),
        is_optional=False,
        source=_layer(
            "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5", "LSOA21CD", has_geometry=True
        ),
        shapes=(
            ("lower_layer_super_output_areas*2021*.geojson",),
            ("lower_layer_super_output_areas*2021*.gpkg",),
            ("lower_layer_super_output_areas*2021*.zip",),
            ("london-2021-lsoa-gen20.zip", "lsoa_2021_ew_simplified.parquet"),
            ("lsoa*2021*.geojson",),
            ("lsoa*2021*.gpkg",),
            ("lsoa*2021*.zip",),
        ),
    ),
    ReferenceDataset(
        slug="ons_lsoa_2011_2021_lookup",
        title="LSOA 2011 to LSOA 2021 to local authority district 2022, exact fit, England and Wales (V3)",
        grain="One row per pair of an LSOA 2011 and an LSOA 2021 that overlap.",
        licence=OGL,
        attribution=ONS_AND_OS,
        home_page=f"{_PORTAL}/datasets/cbfe64cc03d74af982c1afec639bafd1",
        vintage="2022-12 V3",
        columns=(
            Column("lsoa_2011_code", "text", "ONS code of the LSOA of Census 2011"),
            Column("lsoa_2011_name", "text", "Name of the LSOA 2011"),
            _LSOA_2021,
            _LSOA_2021_NAME,
            Column("change_indicator", "text", "U unchanged, S split, M merged, X irregular"),
            Column("lad_2022_code", "text", "ONS code of the local authority district, December 2022"),
            Column("lad_2022_name", "text", "Name of the district"),
        ),
        key=("lsoa_2011_code", "lsoa_2021_code"),
        is_optional=False,
        source=_layer(
            "LSOA11_LSOA21_LAD22_EW_LU_v5",
            "LSOA11CD,LSOA21CD",
            has_geometry=False,
            hub_item="cbfe64cc03d74af982c1afec639bafd1",
        ),
        shapes=(
            ("lsoa_(2011)_to_lsoa_(2021)*exact_fit_lookup*.csv*",),
            ("lsoa11_lsoa21_lad22_ew_lu*.csv*",),
            ("lsoa11_lsoa21_lad22*exact_fit_lookup*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="ons_lsoa_2021_centroids",
        title="Population-weighted centroids of LSOAs, December 2021, England and Wales",
        grain="One row per LSOA 2021.",
        licence=OGL,
        attribution=ONS_AND_OS,
        home_page=_PORTAL,
        vintage="2021-12 V4",
        columns=(
            _LSOA_2021,
            Column("easting_m", "double", "Easting of the centroid, British National Grid", "metres"),
            Column("northing_m", "double", "Northing of the centroid, British National Grid", "metres"),
        ),
        key=("lsoa_2021_code",),
        is_optional=False,
        source=_layer("LSOA_PopCentroids_EW_2021_V4", "LSOA21CD", has_geometry=True),
        shapes=(
            ("ll*soa*dec_2021_pwc*.csv*",),
            ("lsoa_popcentroids*2021*.csv*",),
            ("lsoa21_population_weighted_centroids*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="ons_lsoa_2021_wards",
        title="LSOA 2021 to ward 2024 to local authority district 2024, best fit, England and Wales",
        grain="One row per LSOA 2021, with its best-fit ward.",
        licence=OGL,
        attribution=ONS_AND_OS,
        home_page=_PORTAL,
        vintage="2024-12",
        columns=(
            _LSOA_2021,
            _LSOA_2021_NAME,
            Column("ward_2024_code", "text", "ONS code of the best-fit electoral ward, December 2024"),
            Column("ward_2024_name", "text", "Name of the ward"),
            _LAD_2024,
            _LAD_2024_NAME,
        ),
        key=("lsoa_2021_code",),
        is_optional=False,
        source=_layer("LSOA21_WD24_LAD24_EW_LU", "LSOA21CD", has_geometry=False),
        shapes=(
            ("lsoa_(2021)_to_electoral_ward_(2024)*.csv*",),
            ("lsoa21_wd24_lad24*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="ons_lad_police_forces",
        title="Local authority district to community safety partnership to police force area, December 2024",
        grain="One row per local authority district.",
        licence=OGL,
        attribution=ONS_AND_OS,
        home_page=_PORTAL,
        vintage="2024-12",
        columns=(
            _LAD_2024,
            _LAD_2024_NAME,
            Column("police_force_area_code", "text", "ONS code of the police force area"),
            Column("police_force_area_name", "text", "Name of the police force area"),
        ),
        key=("lad_2024_code",),
        is_optional=False,
        source=_layer("LAD24_CSP24_PFA24_EW_LU", "LAD24CD,CSP24CD", has_geometry=False),
        shapes=(
            ("local_authority_district*police_force_area*2024*.csv*",),
            ("lad24_csp24_pfa24*.csv*",),
            ("ltla24_csp24_pfa24*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="gla_town_centres",
        title="Town centre boundaries, London Plan",
        grain="One row per town centre polygon.",
        licence=OGL,
        attribution=GLA,
        home_page="https://data.london.gov.uk/dataset/town-centre-boundaries-e55z7",
        vintage="2025-12",
        columns=(
            Column("town_centre_name", "text", "Name of the town centre"),
            Column("classification", "text", "Class in the London Plan, such as International or District"),
            _SHAPE,
        ),
        key=("town_centre_name", "classification", "geometry_wkb"),
        is_optional=True,
        source=ArcgisLayer("gla", "apps/planning_data_map_02/MapServer/104", "sitename", has_geometry=True),
        shapes=(
            ("town_centre*.gpkg",),
            ("town_centre*.geojson",),
            ("town_centre*.zip",),
        ),
    ),
)
