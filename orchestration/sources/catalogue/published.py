"""Under what names publishers print each column of the reference datasets.

The names are those of the edition that the catalogue fetches; other shapes of the same data that the readers
accept are declared beside the readers.
"""

from __future__ import annotations

_DOMAINS = {
    "income": "Income",
    "employment": "Employment",
    "education": "Education, Skills and Training",
    "health": "Health Deprivation and Disability",
    "crime": "Crime",
    "housing": "Barriers to Housing and Services",
    "environment": "Living Environment",
}
_INDEX = "Index of Multiple Deprivation (IMD)"
_SHAPE = ("the feature's geometry, made valid and brought into the National Grid",)
_RANKS = {f"{domain}_rank": (f"{name} Rank",) for domain, name in _DOMAINS.items()}
_DEPRIVATION = {
    "imd_score": (
        f"{_INDEX} Score",
        "or, where there is none, the seven domain ranks from which it is rebuilt",
    ),
    "imd_score_basis": ("whether a score is there",),
    "imd_rank": (f"{_INDEX} Rank",),
    "imd_decile": (f"{_INDEX} Decile",),
    **_RANKS,
    "population_count": ("Total population: mid …",),
}
_TEMPERATURES = {"temperature_max_c": ("tmax",), "temperature_min_c": ("tmin",)}

_PUBLISHED: dict[str, dict[str, tuple[str, ...]]] = {
    "ons_lsoa_2021_boundaries": {
        "lsoa_2021_code": ("LSOA21CD",),
        "lsoa_2021_name": ("LSOA21NM",),
        "is_point_in_polygon_grade": ("the name of the file or layer",),
        "geometry_wkb": _SHAPE,
    },
    "ons_lsoa_2011_2021_lookup": {
        "lsoa_2011_code": ("LSOA11CD",),
        "lsoa_2011_name": ("LSOA11NM",),
        "lsoa_2021_code": ("LSOA21CD",),
        "lsoa_2021_name": ("LSOA21NM",),
        "change_indicator": ("CHGIND",),
        "lad_2022_code": ("LAD22CD",),
        "lad_2022_name": ("LAD22NM",),
    },
    "ons_lsoa_2021_centroids": {
        "lsoa_2021_code": ("LSOA21CD",),
        "easting_m": ("x", "or the point's coordinates"),
        "northing_m": ("y", "or the point's coordinates"),
    },
    "ons_lsoa_2021_wards": {
        "lsoa_2021_code": ("LSOA21CD",),
        "lsoa_2021_name": ("LSOA21NM",),
        "ward_2024_code": ("WD24CD",),
        "ward_2024_name": ("WD24NM",),
        "lad_2024_code": ("LAD24CD",),
        "lad_2024_name": ("LAD24NM",),
    },
    "ons_lad_police_forces": {
        "lad_2024_code": ("LAD24CD",),
        "lad_2024_name": ("LAD24NM",),
        "police_force_area_code": ("PFA24CD",),
        "police_force_area_name": ("PFA24NM",),
    },
    "gla_town_centres": {
        "town_centre_name": ("sitename",),
        "classification": ("classification",),
        "geometry_wkb": _SHAPE,
    },
    "nomis_population": {
        "lsoa_2021_code": ("GEOGRAPHY_CODE",),
        "population_year": ("DATE_NAME",),
        "population_count": ("OBS_VALUE",),
    },
    "nomis_ethnicity": {
        "lsoa_2021_code": ("GEOGRAPHY_CODE",),
        "ethnic_group": ("C2021_ETH_20_NAME",),
        "resident_count": ("OBS_VALUE",),
    },
    "nomis_age_sex": {
        "lad_2023_code": ("GEOGRAPHY_CODE",),
        "lad_2023_name": ("GEOGRAPHY_NAME",),
        "population_year": ("DATE_NAME",),
        "sex": ("GENDER_NAME",),
        "age_years": ("C_AGE_NAME",),
        "resident_count": ("OBS_VALUE",),
    },
    "iod_2019": {"lsoa_2011_code": ("LSOA code (2011)",), **_DEPRIVATION},
    "iod_2025": {"lsoa_2021_code": ("LSOA code (2021)",), **_DEPRIVATION},
    "govuk_bank_holidays": {
        "division": ("the division that an event is listed under",),
        "holiday_date": ("date",),
        "title": ("title",),
        "notes": ("notes",),
    },
    "metoffice_monthly_weather": {
        "station_id": ("the name of the file",),
        "station_name": ("the first line of the file",),
        "easting_m": ("the position in the head of the file",),
        "northing_m": ("the position in the head of the file",),
        "weather_month": ("yyyy", "mm"),
        **_TEMPERATURES,
        "air_frost_days": ("af",),
        "rain_mm": ("rain",),
        "sunshine_hours": ("sun",),
        "is_estimated": ("the mark * behind a value",),
        "is_sunshine_from_sensor": ("the mark # behind sun",),
        "is_provisional": ("the word Provisional behind a month",),
    },
}


def published_names(dataset: str, column: str) -> tuple[str, ...]:
    """Return the publisher's names of a column, or words for what it is read from.

    Raises
    ------
    KeyError
        When the dataset or column is not declared.
    """
    return _PUBLISHED[dataset][column]
