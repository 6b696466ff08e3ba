"""Declared contracts of the ml tables.

Null means "undefined" or "withheld", never zero: a rate without residents, a ratio against nothing,
an interval of too few areas, a suppressed count.
"""

from __future__ import annotations

from ml.common.checks import (
    HORIZONS_COMPLETE,
    HULL_IN_GRID,
    HULL_VALID,
    ONE_CHAMPION,
    SUPPRESSED_WITHHELD,
)
from ml.common.contracts_hotspots import (
    HOTSPOT_COLUMNS,
    HOTSPOT_CONTRACTS,
    ML_HOTSPOT_HISTORY,
    ML_HOTSPOT_NULL,
)
from ml.common.contracts_priority import PRIORITY_CONTRACTS
from ml.common.contracts_risk import RISK_CONTRACTS
from ml.common.schema import Column, ContractError, TableContract, conform, empty_frame

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
_SERIES = ("mart_harm_force_month.force_slug",)
_SERIES_MONTH = ("mart_harm_force_month.crime_month",)
_SERIES_HARM = ("mart_harm_force_month.harm_days",)
_MODELLED = (*_SERIES_HARM, *_SERIES_MONTH)
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
_MODELS = ("ets", "seasonal_naive", "naive", "drift", "none")

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
        Column("window_start_month", "DATE", "First month of the records searched", inputs=_MONTH),
        Column("window_end_month", "DATE", "Last month of the records searched", inputs=_MONTH),
        Column("geometry_wkt", "VARCHAR", "Hull polygon, EPSG:27700, in metres", inputs=_PLACE),
        *HOTSPOT_COLUMNS,
    ),
    ordered=(("window_start_month", "window_end_month"), ("distinct_point_count", "record_count")),
    checks=(HULL_VALID, HULL_IN_GRID),
)

ML_FORECAST_HARM = TableContract(
    name="ml_forecast_harm",
    grain="One row per series and forecast month, by the series' champion model.",
    key=("series", "forecast_month"),
    columns=(
        Column("series", "VARCHAR", "'total' or a force slug", inputs=_SERIES),
        Column("forecast_month", "DATE", "Month forecast", inputs=_SERIES_MONTH),
        Column(
            "horizon_months",
            "INTEGER",
            "Months after the last training month",
            False,
            1,
            inputs=_SERIES_MONTH,
        ),
        Column("model", "VARCHAR", "Champion model of the series", allowed=_MODELS, inputs=_MODELLED),
        _harm("harm_days", "Point forecast", True, inputs=_MODELLED),
        _harm("harm_days_lower_80", "Lower bound of the 80% interval, not below 0", True, inputs=_MODELLED),
        _harm("harm_days_upper_80", "Upper bound of the 80% interval", True, inputs=_MODELLED),
        _harm("harm_days_lower_95", "Lower bound of the 95% interval, not below 0", True, inputs=_MODELLED),
        _harm("harm_days_upper_95", "Upper bound of the 95% interval", True, inputs=_MODELLED),
        _HARM_SCHEME,
        Column("train_start_month", "DATE", "First training month", inputs=_SERIES_MONTH),
        Column("train_end_month", "DATE", "Last training month", inputs=_SERIES_MONTH),
        Column(
            "note",
            "VARCHAR",
            "What a reader must know: model form, short series, gaps",
            True,
            inputs=_MODELLED,
        ),
    ),
    ordered=(
        ("harm_days_lower_95", "harm_days_lower_80", "harm_days", "harm_days_upper_80", "harm_days_upper_95"),
        ("train_start_month", "train_end_month", "forecast_month"),
    ),
    checks=(HORIZONS_COMPLETE,),
)

ML_FORECAST_BACKTEST = TableContract(
    name="ml_forecast_backtest",
    grain="One row per series, model, origin and horizon of the rolling-origin backtest.",
    key=("series", "model", "origin_month", "forecast_month"),
    columns=(
        Column("series", "VARCHAR", "'total' or a force slug", inputs=_SERIES),
        Column("model", "VARCHAR", "Model", allowed=_MODELS, origin_note=_NAMED_BY_MODEL),
        Column("origin_month", "DATE", "Last month that the model saw", inputs=_SERIES_MONTH),
        Column("forecast_month", "DATE", "Month forecast", inputs=_SERIES_MONTH),
        Column("horizon_months", "INTEGER", "Months after the origin", False, 1, inputs=_SERIES_MONTH),
        _harm("actual_harm_days", "What happened", inputs=_SERIES_HARM),
        _harm("predicted_harm_days", "What was forecast at the origin", inputs=_MODELLED),
        _harm("lower_80", "Lower bound of the 80% interval", inputs=_MODELLED),
        _harm("upper_80", "Upper bound of the 80% interval", inputs=_MODELLED),
        _harm("lower_95", "Lower bound of the 95% interval", inputs=_MODELLED),
        _harm("upper_95", "Upper bound of the 95% interval", inputs=_MODELLED),
    ),
    ordered=(
        ("lower_95", "lower_80", "predicted_harm_days", "upper_80", "upper_95"),
        ("origin_month", "forecast_month"),
    ),
)

ML_FORECAST_SCORES = TableContract(
    name="ml_forecast_scores",
    grain="One row per series and model.",
    key=("series", "model"),
    columns=(
        Column("series", "VARCHAR", "'total' or a force slug", inputs=_SERIES),
        Column("model", "VARCHAR", "Model", allowed=_MODELS, origin_note=_NAMED_BY_MODEL),
        _count("origin_count", "Origins in the backtest", inputs=_SERIES_MONTH),
        _ratio(
            "mase",
            "Mean absolute scaled error over origins and horizons; null if it cannot be computed",
            inputs=_MODELLED,
        ),
        _harm(
            "mean_absolute_error_harm_days",
            "Mean absolute error over origins and horizons",
            True,
            inputs=_MODELLED,
        ),
        _share("coverage_80_share", "Share of actual values inside the 80% interval", True, inputs=_MODELLED),
        _share("coverage_95_share", "Share of actual values inside the 95% interval", True, inputs=_MODELLED),
        Column("is_champion", "BOOLEAN", "Whether the published forecast is this model's", inputs=_MODELLED),
        Column(
            "note",
            "VARCHAR",
            "How the champion was chosen, or why the model could not be scored",
            True,
            inputs=_MODELLED,
        ),
    ),
    ordered=(("coverage_80_share", "coverage_95_share"),),
    checks=(ONE_CHAMPION,),
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
            "Fewer stops than the threshold: the row's figures are withheld",
            inputs=_STOPS,
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
        ML_FORECAST_HARM,
        ML_FORECAST_BACKTEST,
        ML_FORECAST_SCORES,
        ML_FAIRNESS_STOPS,
        ML_FAIRNESS_HOTSPOT_EXPOSURE,
        *RISK_CONTRACTS,
        *PRIORITY_CONTRACTS,
    )
}
