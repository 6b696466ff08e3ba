"""Residents and deprivation: Nomis population estimates and Census 2021, English Indices of Deprivation."""

from __future__ import annotations

from orchestration.sources.catalogue.model import Column, NomisQuery, PublishedFiles, ReferenceDataset
from orchestration.sources.catalogue.terms import MHCLG, OGL, ONS

_LSOA_2021 = Column("lsoa_2021_code", "text", "ONS code of the LSOA of Census 2021")
_DOMAINS = ("income", "employment", "education", "health", "crime", "housing", "environment")


def _index_columns(code: Column, mid_year: str) -> tuple[Column, ...]:
    return (
        code,
        Column("imd_score", "double", "Score of the Index of Multiple Deprivation", "points, 0 to 100"),
        Column("imd_score_basis", "text", "published, or rebuilt_from_domain_ranks where it is not"),
        Column("imd_rank", "integer", "Rank in England; 1 is the most deprived"),
        Column("imd_decile", "integer", "Decile in England; 1 is the most deprived tenth"),
        *(
            Column(f"{domain}_rank", "integer", f"Rank in England in the {domain} domain; 1 is most deprived")
            for domain in _DOMAINS
        ),
        Column("population_count", "bigint", f"Residents, {mid_year}; may be missing", "persons"),
    )


PEOPLE = (
    ReferenceDataset(
        slug="nomis_population",
        title="Mid-year population estimates of LSOAs 2021",
        grain="One row per LSOA 2021 and year.",
        licence=OGL,
        attribution=ONS,
        home_page="https://www.nomisweb.co.uk/sources/pest",
        vintage="mid-2022 or later",
        columns=(
            _LSOA_2021,
            Column("population_year", "integer", "Year of the mid-year estimate"),
            Column("population_count", "bigint", "Residents of all ages and both sexes", "persons"),
        ),
        key=("lsoa_2021_code", "population_year"),
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
        grain="One row per LSOA 2021 and ethnic group.",
        licence=OGL,
        attribution=ONS,
        home_page="https://www.nomisweb.co.uk/datasets/c2021ts021",
        vintage="2021-03",
        columns=(
            _LSOA_2021,
            Column("ethnic_group", "text", "Top group of table TS021: Asian, Black, Mixed, White or Other"),
            Column("resident_count", "bigint", "Usual residents on Census day", "persons"),
        ),
        key=("lsoa_2021_code", "ethnic_group"),
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
        slug="nomis_age_sex",
        title="Mid-year population estimates of districts by sex and single year of age",
        grain="One row per district of April 2023, year, sex and year of age.",
        licence=OGL,
        attribution=ONS,
        home_page="https://www.nomisweb.co.uk/sources/pest",
        vintage="mid-2024, districts of April 2023",
        columns=(
            Column("lad_2023_code", "text", "ONS code of the district of April 2023"),
            Column("lad_2023_name", "text", "Name of the district"),
            Column("population_year", "integer", "Year of the mid-year estimate"),
            Column("sex", "text", "Male or Female"),
            Column("age_years", "integer", "Age last birthday; 90 stands for 90 and over", "years"),
            Column("resident_count", "bigint", "Residents of that sex and age", "persons"),
        ),
        key=("lad_2023_code", "population_year", "sex", "age_years"),
        is_optional=True,
        source=NomisQuery(
            "NM_2014_1",
            (
                ("geography", "TYPE424"),
                # The last year of nomis_population, so that both speak of the same residents.
                ("date", "2024"),
                ("gender", "1,2"),
                ("c_age", "101...191"),
                ("measures", "20100"),
                (
                    "select",
                    "GEOGRAPHY_CODE,GEOGRAPHY_NAME,DATE_NAME,GENDER_NAME,C_AGE_NAME,OBS_VALUE,RECORD_COUNT",
                ),
            ),
        ),
        shapes=(("nomis_age_sex*.csv*",),),
    ),
    ReferenceDataset(
        slug="iod_2019",
        title="English Indices of Deprivation 2019, by LSOA 2011",
        grain="One row per LSOA 2011 of England.",
        licence=OGL,
        attribution=MHCLG,
        home_page="https://www.gov.uk/government/statistics/english-indices-of-deprivation-2019",
        vintage="2019",
        columns=_index_columns(
            Column("lsoa_2011_code", "text", "ONS code of the LSOA of Census 2011"), "mid-2015"
        ),
        key=("lsoa_2011_code",),
        is_optional=False,
        source=PublishedFiles(
            "mhclg",
            (
                (
                    "media/5dc407b440f0b6379a7acc8d/"
                    "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
                    "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv",
                ),
            ),
        ),
        shapes=(
            ("file_7*iod2019*.csv*",),
            ("file_2*iod2019*.csv*", "file_6*iod2019*.csv*"),
        ),
    ),
    ReferenceDataset(
        slug="iod_2025",
        title="English Indices of Deprivation 2025, by LSOA 2021",
        grain="One row per LSOA 2021 of England.",
        licence=OGL,
        attribution=MHCLG,
        home_page="https://www.gov.uk/government/statistics/english-indices-of-deprivation-2025",
        vintage="2025 (edition of November 2025)",
        columns=_index_columns(_LSOA_2021, "mid-2022"),
        key=("lsoa_2021_code",),
        is_optional=False,
        source=PublishedFiles(
            "mhclg",
            (
                (
                    "media/691ded56d140bbbaa59a2a7d/"
                    "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
                    "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv",
                ),
            ),
        ),
        shapes=(
            ("file_7*iod2025*.csv*",),
            ("imd2025_england_lsoa21.csv*",),
        ),
    ),
)
