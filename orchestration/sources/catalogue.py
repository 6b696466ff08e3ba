"""The reference datasets: what each is, on what terms, where it is fetched and by what names it is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OGL = "Open Government Licence v3.0"
_ONS = "Source: Office for National Statistics licensed under the Open Government Licence v.3.0."
_OS = "Contains OS data © Crown copyright and database right 2024."
_ONS_AND_OS = f"{_ONS} {_OS}"
_MHCLG = (
    "Source: Ministry of Housing, Communities and Local Government, English Indices of Deprivation, "
    "licensed under the Open Government Licence v3.0."
)
_GLA = f"Source: Greater London Authority licensed under the Open Government Licence v3.0. {_OS}"


@dataclass(frozen=True)
class ArcgisLayer:
    """A feature layer that is fetched page by page.

    Parameters
    ----------
    host
        Which base address the path is below.
    path
        Path of the layer.
    order_by
        Fields that give its features a fixed order.
    has_geometry
        Whether its geometry is wanted.
    """

    host: Literal["arcgis", "gla"]
    path: str
    order_by: str
    has_geometry: bool


@dataclass(frozen=True)
class NomisQuery:
    """A Nomis dataset and the selection of it that is wanted."""

    dataset_id: str
    selection: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MhclgFile:
    """A file of the English Indices of Deprivation: its path, and the name to land it under."""

    path: str
    name: str


@dataclass(frozen=True)
class ReferenceDataset:
    """One reference dataset of the catalogue.

    Parameters
    ----------
    slug
        Name under which it is landed and validated.
    title
        What it is, for people.
    licence, attribution
        Terms of use and the wording that must be shown.
    vintage
        Edition, also the ``release`` of what is fetched.
    is_optional
        Whether a run may go on without it.
    source
        Where it is fetched.
    shapes
        Alternatives in order of preference; each is a set of file-name patterns, all of which must be found.
    """

    slug: str
    title: str
    licence: str
    attribution: str
    vintage: str
    is_optional: bool
    source: ArcgisLayer | NomisQuery | MhclgFile
    shapes: tuple[tuple[str, ...], ...]


def _ons_layer(service: str, order_by: str, has_geometry: bool) -> ArcgisLayer:
    return ArcgisLayer("arcgis", f"{service}/FeatureServer/0", order_by, has_geometry)


_DATASETS = (
    ReferenceDataset(
        slug="ons_lsoa_2021_boundaries",
        title="LSOA boundaries, December 2021, England and Wales, generalised to 20 metres and clipped",
        licence=OGL,
        attribution=_ONS_AND_OS,
        vintage="2021-12 BGC V5",
        is_optional=False,
        source=_ons_layer(
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
        licence=OGL,
        attribution=_ONS_AND_OS,
        vintage="2022-12 V3",
        is_optional=False,
        source=_ons_layer("LSOA11_LSOA21_LAD22_EW_LU_v5", "LSOA11CD,LSOA21CD", has_geometry=False),
        shapes=(
            ("lsoa_(2011)_to_lsoa_(2021)*exact_fit_lookup*.csv*",),
            ("lsoa11_lsoa21_lad22_ew_lu*.csv*",),
            ("lsoa11_lsoa21_lad22*exact_fit_lookup*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="ons_lsoa_2021_centroids",
        title="Population-weighted centroids of LSOAs, December 2021, England and Wales",
        licence=OGL,
        attribution=_ONS_AND_OS,
        vintage="2021-12 V4",
        is_optional=False,
        source=_ons_layer("LSOA_PopCentroids_EW_2021_V4", "LSOA21CD", has_geometry=True),
        shapes=(
            ("ll*soa*dec_2021_pwc*.csv*",),
            ("lsoa_popcentroids*2021*.csv*",),
            ("lsoa21_population_weighted_centroids*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="ons_lsoa_2021_wards",
        title="LSOA 2021 to ward 2024 to local authority district 2024, best fit, England and Wales",
        licence=OGL,
        attribution=_ONS_AND_OS,
        vintage="2024-12",
        is_optional=False,
        source=_ons_layer("LSOA21_WD24_LAD24_EW_LU", "LSOA21CD", has_geometry=False),
        shapes=(
            ("lsoa_(2021)_to_electoral_ward_(2024)*.csv*",),
            ("lsoa21_wd24_lad24*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="ons_lad_police_forces",
        title="Local authority district to community safety partnership to police force area, December 2024",
        licence=OGL,
        attribution=_ONS_AND_OS,
        vintage="2024-12",
        is_optional=False,
        source=_ons_layer("LAD24_CSP24_PFA24_EW_LU", "LAD24CD", has_geometry=False),
        shapes=(
            ("local_authority_district*police_force_area*2024*.csv*",),
            ("lad24_csp24_pfa24*.csv*",),
            ("ltla24_csp24_pfa24*.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="nomis_population",
        title="Mid-year population estimates of LSOAs 2021",
        licence=OGL,
        attribution=_ONS,
        vintage="mid-2022 to mid-2024",
        is_optional=False,
        source=NomisQuery(
            "NM_2014_1",
            (
                ("geography", "TYPE151"),
                ("date", "2022,2023,2024"),
                ("gender", "0"),
                ("c_age", "200"),
                ("measures", "20100"),
                ("select", "GEOGRAPHY_CODE,DATE_NAME,OBS_VALUE,RECORD_COUNT"),
            ),
        ),
        shapes=(
            ("nm_2014_1*.csv*",),
            ("nomis*population*.csv*",),
            ("lsoa21_mid*population*.parquet",),
        ),
    ),
    ReferenceDataset(
        slug="nomis_ethnicity",
        title="Ethnic group of residents, Census 2021 (TS021), by LSOA 2021",
        licence=OGL,
        attribution=_ONS,
        vintage="2021-03",
        is_optional=False,
        source=NomisQuery(
            "NM_2041_1",
            (
                ("geography", "TYPE151"),
                ("date", "latest"),
                ("c2021_eth_20", "1001,1002,1003,1004,1005"),
                ("measures", "20100"),
                ("select", "GEOGRAPHY_CODE,C2021_ETH_20_NAME,OBS_VALUE,RECORD_COUNT"),
            ),
        ),
        shapes=(
            ("census2021-ts021-lsoa.csv*",),
            ("nm_2041_1*.csv*",),
            ("nomis*ethnic*.csv*",),
            ("ethnicity21_lsoa21.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="iod_2019",
        title="English Indices of Deprivation 2019, by LSOA 2011",
        licence=OGL,
        attribution=_MHCLG,
        vintage="2019",
        is_optional=False,
        source=MhclgFile(
            "media/5dc407b440f0b6379a7acc8d/"
            "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
            "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
        ),
        shapes=(
            ("file_7*iod2019*.csv*",),
            ("file_2*iod2019*.csv*", "file_6*iod2019*.csv*"),
        ),
    ),
    ReferenceDataset(
        slug="iod_2025",
        title="English Indices of Deprivation 2025, by LSOA 2021",
        licence=OGL,
        attribution=_MHCLG,
        vintage="2025 (edition of November 2025)",
        is_optional=False,
        source=MhclgFile(
            "media/691ded56d140bbbaa59a2a7d/"
            "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
            "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
        ),
        shapes=(
            ("file_7*iod2025*.csv*",),
            ("imd2025_england_lsoa21.csv*",),
        ),
    ),
    ReferenceDataset(
        slug="gla_town_centres",
        title="Town centre boundaries, London Plan",
        licence=OGL,
        attribution=_GLA,
        vintage="2025-12",
        is_optional=True,
        source=ArcgisLayer("gla", "apps/planning_data_map_02/MapServer/104", "sitename", has_geometry=True),
        shapes=(
            ("town_centre*.gpkg",),
            ("town_centre*.geojson",),
            ("town_centre*.zip",),
        ),
    ),
)

CATALOGUE: dict[str, ReferenceDataset] = {dataset.slug: dataset for dataset in _DATASETS}
