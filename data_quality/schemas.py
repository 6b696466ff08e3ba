"""Arrow schemas of every validated dataset and of the quarantine: what dbt may rely on."""

from __future__ import annotations

import pyarrow as pa

LINEAGE_FIELDS = (
    pa.field("partition_month", pa.string()),
    pa.field("force_slug", pa.string()),
    pa.field("source_file", pa.string()),
    pa.field("source_row", pa.int64()),
    pa.field("data_version", pa.string()),
    pa.field("release", pa.string()),
)
LINEAGE_COLUMNS = tuple(field.name for field in LINEAGE_FIELDS)

DOMAIN_RANKS = (
    "income_rank",
    "employment_rank",
    "education_rank",
    "health_rank",
    "crime_rank",
    "housing_rank",
    "environment_rank",
)

PUBLISHED_COLUMNS: dict[str, tuple[str, ...]] = {
    "police_street": (
        "crime_id",
        "month",
        "reported_by",
        "falls_within",
        "longitude",
        "latitude",
        "location",
        "lsoa_code",
        "lsoa_name",
        "crime_type",
        "last_outcome_category",
        "context",
    ),
    "police_outcomes": (
        "crime_id",
        "month",
        "reported_by",
        "falls_within",
        "longitude",
        "latitude",
        "location",
        "lsoa_code",
        "lsoa_name",
        "outcome_type",
    ),
    "police_stop_and_search": (
        "type",
        "date",
        "part_of_a_policing_operation",
        "policing_operation",
        "latitude",
        "longitude",
        "gender",
        "age_range",
        "self_defined_ethnicity",
        "officer_defined_ethnicity",
        "legislation",
        "object_of_search",
        "outcome",
        "outcome_linked_to_object_of_search",
        "removal_of_more_than_just_outer_clothing",
    ),
}

# What the police.uk API says of a crime and the files do not, and the area that it was asked for.
LIVE_COLUMNS = (
    "api_id",
    "street_id",
    "street_name",
    "location_type",
    "last_outcome_month",
    "area",
    "area_wkt",
)

QUARANTINE_SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("month", pa.string()),
        ("force", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("rule", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
        ("record", pa.string()),
    ]
)


def _police(dataset: str, *further: str) -> pa.Schema:
    names = (*PUBLISHED_COLUMNS[dataset], *further)
    return pa.schema([pa.field(name, pa.string()) for name in names] + list(LINEAGE_FIELDS))


def _deprivation(code_column: str) -> pa.Schema:
    return pa.schema(
        [
            (code_column, pa.string()),
            ("imd_score", pa.float64()),
            ("imd_score_basis", pa.string()),
            ("imd_rank", pa.int32()),
            ("imd_decile", pa.int32()),
            *((name, pa.int32()) for name in DOMAIN_RANKS),
            ("population_count", pa.int64()),
        ]
    )


def _texts(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


VALIDATED_SCHEMAS: dict[str, pa.Schema] = {
    **{dataset: _police(dataset) for dataset in PUBLISHED_COLUMNS},
    "police_street_live": _police("police_street", *LIVE_COLUMNS),
    "ons_lsoa_2021_boundaries": pa.schema(
        [
            ("lsoa_2021_code", pa.string()),
            ("lsoa_2021_name", pa.string()),
            ("is_point_in_polygon_grade", pa.bool_()),
            ("geometry_wkb", pa.binary()),
        ]
    ),
    "ons_lsoa_2011_2021_lookup": _texts(
        "lsoa_2011_code",
        "lsoa_2011_name",
        "lsoa_2021_code",
        "lsoa_2021_name",
        "change_indicator",
        "lad_2022_code",
        "lad_2022_name",
    ),
    "ons_lsoa_2021_centroids": pa.schema(
        [("lsoa_2021_code", pa.string()), ("easting_m", pa.float64()), ("northing_m", pa.float64())]
    ),
    "ons_lsoa_2021_wards": _texts(
        "lsoa_2021_code",
        "lsoa_2021_name",
        "ward_2024_code",
        "ward_2024_name",
        "lad_2024_code",
        "lad_2024_name",
    ),
    "ons_lad_police_forces": _texts(
        "lad_2024_code", "lad_2024_name", "police_force_area_code", "police_force_area_name"
    ),
    "nomis_population": pa.schema(
        [
            ("lsoa_2021_code", pa.string()),
            ("population_year", pa.int32()),
            ("population_count", pa.int64()),
        ]
    ),
    "nomis_ethnicity": pa.schema(
        [("lsoa_2021_code", pa.string()), ("ethnic_group", pa.string()), ("resident_count", pa.int64())]
    ),
    "nomis_age_sex": pa.schema(
        [
            ("lad_2023_code", pa.string()),
            ("lad_2023_name", pa.string()),
            ("population_year", pa.int32()),
            ("sex", pa.string()),
            ("age_years", pa.int32()),
            ("resident_count", pa.int64()),
        ]
    ),
    "iod_2019": _deprivation("lsoa_2011_code"),
    "iod_2025": _deprivation("lsoa_2021_code"),
    "gla_town_centres": pa.schema(
        [
            ("town_centre_name", pa.string()),
            ("classification", pa.string()),
            ("geometry_wkb", pa.binary()),
        ]
    ),
    "calls_for_service": pa.schema(
        [
            ("agency", pa.string()),
            ("incident_id", pa.string()),
            ("call_number", pa.string()),
            ("called_at", pa.timestamp("us")),
            ("called_at_local", pa.timestamp("us")),
            ("called_at_method", pa.string()),
            ("last_changed_at", pa.timestamp("us")),
            ("priority", pa.int32()),
            ("call_type_code", pa.string()),
            ("call_type", pa.string()),
            ("disposition_code", pa.string()),
            ("disposition", pa.string()),
            ("address", pa.string()),
            ("block_low", pa.int32()),
            ("street", pa.string()),
            ("cross_street", pa.string()),
            ("city", pa.string()),
            ("state", pa.string()),
            ("longitude", pa.float64()),
            ("latitude", pa.float64()),
            ("geocode_method", pa.string()),
            ("source_file", pa.string()),
            ("source_row", pa.int64()),
            ("data_version", pa.string()),
        ]
    ),
    "govuk_bank_holidays": pa.schema(
        [
            ("division", pa.string()),
            ("holiday_date", pa.date32()),
            ("title", pa.string()),
            ("notes", pa.string()),
        ]
    ),
    "metoffice_monthly_weather": pa.schema(
        [
            ("station_id", pa.string()),
            ("station_name", pa.string()),
            ("easting_m", pa.float64()),
            ("northing_m", pa.float64()),
            ("weather_month", pa.date32()),
            ("temperature_max_c", pa.float64()),
            ("temperature_min_c", pa.float64()),
            ("air_frost_days", pa.int32()),
            ("rain_mm", pa.float64()),
            ("sunshine_hours", pa.float64()),
            ("is_estimated", pa.bool_()),
            ("is_sunshine_from_sensor", pa.bool_()),
            ("is_provisional", pa.bool_()),
        ]
    ),
}


def is_police(dataset: str) -> bool:
    """Return whether a dataset comes month by month and force by force."""
    return dataset in PUBLISHED_COLUMNS


def schema_of(dataset: str) -> pa.Schema:
    """Return the Arrow schema of a validated dataset.

    Raises
    ------
    ValueError
        When there is no such dataset.
    """
    try:
        return VALIDATED_SCHEMAS[dataset]
    except KeyError:
        known = ", ".join(VALIDATED_SCHEMAS)
        raise ValueError(f"{dataset!r} is not a dataset; choose one of {known}") from None
