"""Declared contracts of the ml tables.

Null means "undefined" or "withheld", never zero: a rate without residents, a ratio against nothing,
an interval of too few areas, a suppressed count.
"""

from __future__ import annotations

from ml.common.checks import HULL_IN_GRID, HULL_VALID, SUPPRESSED_WITHHELD
from ml.common.contracts_deprivation import DEPRIVATION_CONTRACTS
from ml.common.contracts_errors import ERROR_CONTRACTS
from ml.common.contracts_fairness import FAIRNESS_CONTRACTS
from ml.common.contracts_fairness_groups import ML_FAIRNESS_GROUPS
from ml.common.contracts_forecast import FORECAST_TABLES, ML_FORECAST_HORIZONS
from ml.common.contracts_hotspots import (
    HOTSPOT_COLUMNS,
    HOTSPOT_CONTRACTS,
    ML_HOTSPOT_HISTORY,
    ML_HOTSPOT_NULL,
    NIGHT_TIME,
)
from ml.common.contracts_monitoring import ML_DRIFT
from ml.common.contracts_patrol import PATROL_CONTRACTS
from ml.common.contracts_priority import PRIORITY_CONTRACTS
from ml.common.contracts_profiles import PROFILE_CONTRACTS
from ml.common.contracts_risk import RISK_CONTRACTS
from ml.common.contracts_sensitivity import ML_FAIRNESS_SENSITIVITY
from ml.common.schema import Column, ContractError, TableContract, conform, empty_frame

ML_FORECAST_HARM, ML_FORECAST_BACKTEST, ML_FORECAST_SCORES = FORECAST_TABLES["harm_days"]

__all__ = [
    "CONTRACTS",
    "ML_FAIRNESS_HOTSPOT_EXPOSURE",
    "ML_FAIRNESS_STOPS",
    "ML_FORECAST_BACKTEST",
    "ML_FORECAST_HARM",
    "ML_FORECAST_SCORES",
    "ML_HOTSPOTS",
    "ML_HOTSPOT_HISTORY",
    "ML_HOTSPOT_NULL",
    "Column",
    "ContractError",
    "TableContract",
    "conform",
    "empty_frame",
]


def _share(name: str, description: str, nullable: bool = False, *, inputs: tuple[str, ...]) -> Column:
    return Column(name, "DOUBLE", description, nullable, 0.0, 1.0, inputs=inputs)


def _harm(name: str, description: str, nullable: bool = False, *, inputs: tuple[str, ...]) -> Column:
    return Column(name, "DOUBLE", f"{description}, in harm days", nullable, 0.0, inputs=inputs)


def _count(
    name: str, description: str, nullable: bool = False, minimum: float = 0, *, inputs: tuple[str, ...]
) -> Column:
    return Column(name, "BIGINT", description, nullable, minimum, inputs=inputs)


def _ratio(name: str, description: str, *, inputs: tuple[str, ...]) -> Column:
    return Column(name, "DOUBLE", description, True, 0.0, inputs=inputs)


# What each table is made of, as ``table.column``.
_PLACE = ("fct_crimes.easting_m", "fct_crimes.northing_m")
_HARM = ("fct_crimes.harm_days",)
_TYPE = ("fct_crimes.crime_type",)
_MONTH = ("fct_crimes.crime_month",)
_CENTRE_SHAPE = ("stg_gla__town_centres.boundary",)
_STOP_FORCE = ("mart_stops_ethnicity.force_slug",)
_STOP_BASIS = ("mart_stops_ethnicity.ethnicity_basis",)
_STOP_GROUP = ("mart_stops_ethnicity.ethnic_group",)
_STOPS = ("mart_stops_ethnicity.stop_count",)
_GROUP_RESIDENTS = ("mart_stops_ethnicity.resident_count",)
_STOP_RATE = (*_STOPS, *_GROUP_RESIDENTS)
_NO_ACTION = (*_STOPS, "mart_stops_ethnicity.no_further_action_count")
_ETHNIC_COUNTS = tuple(f"dim_lsoa.{group}_count" for group in ("asian", "black", "mixed", "white", "other"))
_DECILE = ("dim_lsoa.imd_2025_decile",)
_RESIDENTS = ("dim_lsoa.population_count", *_DECILE, *_ETHNIC_COUNTS)
_EXPOSED = (*_RESIDENTS, "ml_hotspots.geometry_wkt", "stg_ons__lsoa_boundaries.boundary")

_NAMED_BY_MODEL = "written by the model itself"
_HARM_SCHEME = Column(
    "harm_scheme",
    "VARCHAR",
    "Harm weight scheme that the harm days were counted with",
    origin_note="the active weight scheme, a setting of the run",
)
ML_HOTSPOTS = TableContract(
    name="ml_hotspots",
    grain="One row per hotspot: a cluster of ultra-high-harm records on police.uk's snap points.",
    key=("hotspot_id",),
    columns=(
        Column(
            "hotspot_id", "VARCHAR", "H001 is the hotspot with the most harm days", inputs=(*_HARM, *_PLACE)
        ),
        _count("record_count", "Ultra-high-harm records in the cluster", minimum=1, inputs=_PLACE),
        _harm("harm_days", "Sum over the cluster's records", inputs=_HARM),
        _HARM_SCHEME,
        _count("distinct_point_count", "Distinct snap points in the cluster", minimum=1, inputs=_PLACE),
        Column("area_m2", "DOUBLE", "Area of the hull, in square metres", False, 0.0, inputs=_PLACE),
        Column(
            "centroid_easting_m",
            "DOUBLE",
            "Hull centroid, British National Grid easting, in metres",
            inputs=_PLACE,
        ),
        Column(
            "centroid_northing_m",
            "DOUBLE",
            "Hull centroid, British National Grid northing, in metres",
            inputs=_PLACE,
        ),
        Column(
            "centroid_longitude", "DOUBLE", "Hull centroid, WGS84 degrees", False, -180, 180, inputs=_PLACE
        ),
        Column("centroid_latitude", "DOUBLE", "Hull centroid, WGS84 degrees", False, -90, 90, inputs=_PLACE),
        Column(
            "dominant_crime_type",
            "VARCHAR",
            "Crime type with the most harm days in the cluster",
            inputs=(*_TYPE, *_HARM),
        ),
        Column(
            "town_centre_name",
            "VARCHAR",
            "Town centre that covers most of the hull; null if none",
            True,
            inputs=("stg_gla__town_centres.town_centre_name", *_CENTRE_SHAPE, *_PLACE),
        ),
        _share(
            "town_centre_overlap_share",
            "Share of the hull in that centre; null without data",
            True,
            inputs=(*_CENTRE_SHAPE, *_PLACE),
        ),
        Column(
            "has_town_centre_data",
            "BOOLEAN",
            "Whether town centre boundaries were supplied",
            inputs=_CENTRE_SHAPE,
        ),
        _share(
            "night_time_overlap_share",
            "Share of the hull in night-time areas; null without data",
            True,
            inputs=(*NIGHT_TIME, *_PLACE),
        ),
        Column(
            "has_night_time_data",
            "BOOLEAN",
            "Whether a record of the window lies at a snap point named after a night-time venue",
            inputs=NIGHT_TIME,
        ),
        Column("window_start_month", "DATE", "First month of the records searched", inputs=_MONTH),
        Column("window_end_month", "DATE", "Last month of the records searched", inputs=_MONTH),
        Column("geometry_wkt", "VARCHAR", "Hull polygon, EPSG:27700, in metres", inputs=_PLACE),
        *HOTSPOT_COLUMNS,
    ),
    ordered=(("window_start_month", "window_end_month"), ("distinct_point_count", "record_count")),
    checks=(HULL_VALID, HULL_IN_GRID),
)

ML_FAIRNESS_STOPS = TableContract(
    name="ml_fairness_stops",
    grain="One row per force, ethnicity basis and ethnic group (with 'Not stated' as a row of its own).",
    key=("force_slug", "ethnicity_basis", "group_name"),
    columns=(
        Column(
            "model", "VARCHAR", "What is audited", allowed=("stop_and_search",), origin_note=_NAMED_BY_MODEL
        ),
        Column(
            "attribute",
            "VARCHAR",
            "Protected attribute",
            allowed=("ethnic_group",),
            origin_note=_NAMED_BY_MODEL,
        ),
        Column("force_slug", "VARCHAR", "Force", inputs=_STOP_FORCE),
        Column(
            "ethnicity_basis",
            "VARCHAR",
            "Whose word it is",
            allowed=("self_defined", "officer_defined"),
            inputs=_STOP_BASIS,
        ),
        Column("group_name", "VARCHAR", "Ethnic group, or 'Not stated'", inputs=_STOP_GROUP),
        Column("reference_group", "VARCHAR", "Group that ratios compare with", origin_note=_NAMED_BY_MODEL),
        _count("stop_count", "Stops of the group; null when suppressed", True, inputs=_STOPS),
        _count(
            "resident_count",
            "Census 2021 residents of the group; null for 'Not stated'",
            True,
            inputs=_GROUP_RESIDENTS,
        ),
        _ratio("rate_per_1000", "Stops per 1,000 residents", inputs=_STOP_RATE),
        _ratio("rate_per_1000_lower", "Lower bound, exact Poisson 95%", inputs=_STOP_RATE),
        _ratio("rate_per_1000_upper", "Upper bound, exact Poisson 95%", inputs=_STOP_RATE),
        _ratio("rate_ratio", "Rate over the reference group's rate", inputs=_STOP_RATE),
        _ratio("rate_ratio_lower", "Lower bound, exact conditional 95%", inputs=_STOP_RATE),
        _ratio("rate_ratio_upper", "Upper bound, exact conditional 95%", inputs=_STOP_RATE),
        _share(
            "not_stated_share",
            "Share of the force's stops whose ethnicity is not stated",
            True,
            inputs=(*_STOPS, *_STOP_GROUP),
        ),
        _ratio(
            "rate_ratio_best_case",
            "Rate ratio if every 'Not stated' were of the reference group",
            inputs=_STOP_RATE,
        ),
        _ratio(
            "rate_ratio_worst_case", "Rate ratio if every 'Not stated' were of this group", inputs=_STOP_RATE
        ),
        _share(
            "no_further_action_share",
            "Share of the group's stops that ended in no further action",
            True,
            inputs=_NO_ACTION,
        ),
        _share("no_further_action_share_lower", "Lower bound, Wilson 95%", True, inputs=_NO_ACTION),
        _share("no_further_action_share_upper", "Upper bound, Wilson 95%", True, inputs=_NO_ACTION),
        Column(
            "is_suppressed",
            "BOOLEAN",
            "Withheld, as fewer stops than the threshold or as the key to a group of fewer",
            inputs=("mart_stops_ethnicity.stop_count_without_repeats", *_STOP_GROUP),
        ),
    ),
    ordered=(
        ("rate_per_1000_lower", "rate_per_1000", "rate_per_1000_upper"),
        ("rate_ratio_lower", "rate_ratio", "rate_ratio_upper"),
        ("rate_ratio_best_case", "rate_ratio", "rate_ratio_worst_case"),
        ("no_further_action_share_lower", "no_further_action_share", "no_further_action_share_upper"),
    ),
    checks=(SUPPRESSED_WITHHELD,),
)

ML_FAIRNESS_HOTSPOT_EXPOSURE = TableContract(
    name="ml_fairness_hotspot_exposure",
    grain="One row per attribute and group.",
    key=("attribute", "group_name"),
    columns=(
        Column("model", "VARCHAR", "What is audited", allowed=("hotspots",), origin_note=_NAMED_BY_MODEL),
        Column(
            "attribute",
            "VARCHAR",
            "Attribute",
            allowed=("imd_2025_decile", "ethnic_group"),
            origin_note=_NAMED_BY_MODEL,
        ),
        Column("group_name", "VARCHAR", "Decile ('1' most deprived to '10') or ethnic group", inputs=_DECILE),
        Column("reference_group", "VARCHAR", "Group that ratios compare with", origin_note=_NAMED_BY_MODEL),
        _count("resident_count", "Census 2021 residents; null when suppressed", True, inputs=_RESIDENTS),
        _count(
            "exposed_resident_count",
            "Residents inside hotspot hulls, by areal interpolation",
            True,
            inputs=_EXPOSED,
        ),
        _share("exposed_share", "Exposed residents over residents", True, inputs=_EXPOSED),
        _share(
            "exposed_share_lower",
            "Lower bound, 95% bootstrap over LSOAs; null if too few",
            True,
            inputs=_EXPOSED,
        ),
        _share(
            "exposed_share_upper",
            "Upper bound, 95% bootstrap over LSOAs; null if too few",
            True,
            inputs=_EXPOSED,
        ),
        _ratio("disparity_ratio", "Exposed share over the reference group's", inputs=_EXPOSED),
        Column(
            "is_suppressed",
            "BOOLEAN",
            "Fewer residents than the threshold: the row's figures are withheld",
            inputs=_RESIDENTS,
        ),
    ),
    ordered=(("exposed_share_lower", "exposed_share", "exposed_share_upper"),),
)

CONTRACTS: dict[str, TableContract] = {
    contract.name: contract
    for contract in (
        ML_HOTSPOTS,
        *HOTSPOT_CONTRACTS,
        *(table for tables in FORECAST_TABLES.values() for table in tables),
        ML_FORECAST_HORIZONS,
        ML_FAIRNESS_STOPS,
        ML_FAIRNESS_HOTSPOT_EXPOSURE,
        *FAIRNESS_CONTRACTS,
        *ERROR_CONTRACTS,
        ML_FAIRNESS_GROUPS,
        *RISK_CONTRACTS,
        *PATROL_CONTRACTS,
        ML_FAIRNESS_SENSITIVITY,
        *PRIORITY_CONTRACTS,
        ML_DRIFT,
        *DEPRIVATION_CONTRACTS,
        *PROFILE_CONTRACTS,
    )
}
