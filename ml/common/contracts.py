"""Declared contracts of the ml tables.

Null means "undefined" or "withheld", never zero: a rate without residents, a ratio against nothing,
an interval of too few areas, a suppressed count.
"""

from __future__ import annotations

from ml.common.schema import Column, ContractError, TableContract, conform, empty_frame

__all__ = [
    "CONTRACTS",
    "ML_FAIRNESS_HOTSPOT_EXPOSURE",
    "ML_FAIRNESS_STOPS",
    "ML_FORECAST_BACKTEST",
    "ML_FORECAST_HARM",
    "ML_FORECAST_SCORES",
    "ML_HOTSPOTS",
    "Column",
    "ContractError",
    "TableContract",
    "conform",
    "empty_frame",
]


def _share(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, "DOUBLE", description, nullable, 0.0, 1.0)


def _harm(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, "DOUBLE", f"{description}, in harm days", nullable, 0.0)


def _count(name: str, description: str, nullable: bool = False, minimum: float = 0) -> Column:
    return Column(name, "BIGINT", description, nullable, minimum)


def _ratio(name: str, description: str) -> Column:
    return Column(name, "DOUBLE", description, True, 0.0)


_HARM_SCHEME = Column("harm_scheme", "VARCHAR", "Harm weight scheme that the harm days were counted with")
_MODELS = ("ets", "seasonal_naive", "naive", "drift", "none")

ML_HOTSPOTS = TableContract(
    name="ml_hotspots",
    grain="One row per hotspot: a DBSCAN cluster of ultra-high-harm records on police.uk's snap points.",
    key=("hotspot_id",),
    columns=(
        Column("hotspot_id", "VARCHAR", "H001 is the hotspot with the most harm days"),
        _count("record_count", "Ultra-high-harm records in the cluster", minimum=1),
        _harm("harm_days", "Sum over the cluster's records"),
        _HARM_SCHEME,
        _count("distinct_point_count", "Distinct snap points in the cluster", minimum=1),
        Column("area_m2", "DOUBLE", "Area of the hull, in square metres", False, 0.0),
        Column("centroid_easting_m", "DOUBLE", "Hull centroid, British National Grid easting, in metres"),
        Column("centroid_northing_m", "DOUBLE", "Hull centroid, British National Grid northing, in metres"),
        Column("centroid_longitude", "DOUBLE", "Hull centroid, WGS84 degrees", False, -180, 180),
        Column("centroid_latitude", "DOUBLE", "Hull centroid, WGS84 degrees", False, -90, 90),
        Column("dominant_crime_type", "VARCHAR", "Crime type with the most harm days in the cluster"),
        Column("town_centre_name", "VARCHAR", "Town centre that covers most of the hull; null if none", True),
        _share("town_centre_overlap_share", "Share of the hull in that centre; null without data", True),
        Column("has_town_centre_data", "BOOLEAN", "Whether town centre boundaries were supplied"),
        Column("window_start_month", "DATE", "First month of the records searched"),
        Column("window_end_month", "DATE", "Last month of the records searched"),
        Column("geometry_wkt", "VARCHAR", "Hull polygon, EPSG:27700, in metres"),
    ),
    ordered=(("window_start_month", "window_end_month"), ("distinct_point_count", "record_count")),
)

ML_FORECAST_HARM = TableContract(
    name="ml_forecast_harm",
    grain="One row per series and forecast month, by the series' champion model.",
    key=("series", "forecast_month"),
    columns=(
        Column("series", "VARCHAR", "'total' or a force slug"),
        Column("forecast_month", "DATE", "Month forecast"),
        Column("horizon_months", "INTEGER", "Months after the last training month", False, 1),
        Column("model", "VARCHAR", "Champion model of the series", allowed=_MODELS),
        _harm("harm_days", "Point forecast", True),
        _harm("harm_days_lower_80", "Lower bound of the 80% interval, not below 0", True),
        _harm("harm_days_upper_80", "Upper bound of the 80% interval", True),
        _harm("harm_days_lower_95", "Lower bound of the 95% interval, not below 0", True),
        _harm("harm_days_upper_95", "Upper bound of the 95% interval", True),
        _HARM_SCHEME,
        Column("train_start_month", "DATE", "First training month"),
        Column("train_end_month", "DATE", "Last training month"),
        Column("note", "VARCHAR", "What a reader must know: model form, short series, gaps", True),
    ),
    ordered=(
        ("harm_days_lower_95", "harm_days_lower_80", "harm_days", "harm_days_upper_80", "harm_days_upper_95"),
        ("train_start_month", "train_end_month", "forecast_month"),
    ),
)

ML_FORECAST_BACKTEST = TableContract(
    name="ml_forecast_backtest",
    grain="One row per series, model, origin and horizon of the rolling-origin backtest.",
    key=("series", "model", "origin_month", "forecast_month"),
    columns=(
        Column("series", "VARCHAR", "'total' or a force slug"),
        Column("model", "VARCHAR", "Model", allowed=_MODELS),
        Column("origin_month", "DATE", "Last month that the model saw"),
        Column("forecast_month", "DATE", "Month forecast"),
        Column("horizon_months", "INTEGER", "Months after the origin", False, 1),
        _harm("actual_harm_days", "What happened"),
        _harm("predicted_harm_days", "What was forecast at the origin"),
        _harm("lower_80", "Lower bound of the 80% interval"),
        _harm("upper_80", "Upper bound of the 80% interval"),
        _harm("lower_95", "Lower bound of the 95% interval"),
        _harm("upper_95", "Upper bound of the 95% interval"),
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
        Column("series", "VARCHAR", "'total' or a force slug"),
        Column("model", "VARCHAR", "Model", allowed=_MODELS),
        _count("origin_count", "Origins in the backtest"),
        _ratio("mase", "Mean absolute scaled error over origins and horizons; null if it cannot be computed"),
        _harm("mean_absolute_error_harm_days", "Mean absolute error over origins and horizons", True),
        _share("coverage_80_share", "Share of actual values inside the 80% interval", True),
        _share("coverage_95_share", "Share of actual values inside the 95% interval", True),
        Column("is_champion", "BOOLEAN", "Whether the published forecast is this model's"),
        Column("note", "VARCHAR", "How the champion was chosen, or why the model could not be scored", True),
    ),
    ordered=(("coverage_80_share", "coverage_95_share"),),
)

ML_FAIRNESS_STOPS = TableContract(
    name="ml_fairness_stops",
    grain="One row per force, ethnicity basis and ethnic group (with 'Not stated' as a row of its own).",
    key=("force_slug", "ethnicity_basis", "group_name"),
    columns=(
        Column("model", "VARCHAR", "What is audited", allowed=("stop_and_search",)),
        Column("attribute", "VARCHAR", "Protected attribute", allowed=("ethnic_group",)),
        Column("force_slug", "VARCHAR", "Force"),
        Column("ethnicity_basis", "VARCHAR", "Whose word it is", allowed=("self_defined", "officer_defined")),
        Column("group_name", "VARCHAR", "Ethnic group, or 'Not stated'"),
        Column("reference_group", "VARCHAR", "Group that ratios compare with"),
        _count("stop_count", "Stops of the group; null when suppressed", True),
        _count("resident_count", "Census 2021 residents of the group; null for 'Not stated'", True),
        _ratio("rate_per_1000", "Stops per 1,000 residents"),
        _ratio("rate_per_1000_lower", "Lower bound, exact Poisson 95%"),
        _ratio("rate_per_1000_upper", "Upper bound, exact Poisson 95%"),
        _ratio("rate_ratio", "Rate over the reference group's rate"),
        _ratio("rate_ratio_lower", "Lower bound, exact conditional 95%"),
        _ratio("rate_ratio_upper", "Upper bound, exact conditional 95%"),
        _share("not_stated_share", "Share of the force's stops whose ethnicity is not stated", True),
        _ratio("rate_ratio_best_case", "Rate ratio if every 'Not stated' were of the reference group"),
        _ratio("rate_ratio_worst_case", "Rate ratio if every 'Not stated' were of this group"),
        _share("no_further_action_share", "Share of the group's stops that ended in no further action", True),
        _share("no_further_action_share_lower", "Lower bound, Wilson 95%", True),
        _share("no_further_action_share_upper", "Upper bound, Wilson 95%", True),
        Column("is_suppressed", "BOOLEAN", "Fewer stops than the threshold: the row's figures are withheld"),
    ),
    ordered=(
        ("rate_per_1000_lower", "rate_per_1000", "rate_per_1000_upper"),
        ("rate_ratio_lower", "rate_ratio", "rate_ratio_upper"),
        ("rate_ratio_best_case", "rate_ratio", "rate_ratio_worst_case"),
        ("no_further_action_share_lower", "no_further_action_share", "no_further_action_share_upper"),
    ),
)

ML_FAIRNESS_HOTSPOT_EXPOSURE = TableContract(
    name="ml_fairness_hotspot_exposure",
    grain="One row per attribute and group.",
    key=("attribute", "group_name"),
    columns=(
        Column("model", "VARCHAR", "What is audited", allowed=("hotspots",)),
        Column("attribute", "VARCHAR", "Attribute", allowed=("imd_2025_decile", "ethnic_group")),
        Column("group_name", "VARCHAR", "Decile ('1' most deprived to '10') or ethnic group"),
        Column("reference_group", "VARCHAR", "Group that ratios compare with"),
        _count("resident_count", "Census 2021 residents; null when suppressed", True),
        _count("exposed_resident_count", "Residents inside hotspot hulls, by areal interpolation", True),
        _share("exposed_share", "Exposed residents over residents", True),
        _share("exposed_share_lower", "Lower bound, 95% bootstrap over LSOAs; null if too few", True),
        _share("exposed_share_upper", "Upper bound, 95% bootstrap over LSOAs; null if too few", True),
        _ratio("disparity_ratio", "Exposed share over the reference group's"),
        Column(
            "is_suppressed", "BOOLEAN", "Fewer residents than the threshold: the row's figures are withheld"
        ),
    ),
    ordered=(("exposed_share_lower", "exposed_share", "exposed_share_upper"),),
)

CONTRACTS: dict[str, TableContract] = {
    contract.name: contract
    for contract in (
        ML_HOTSPOTS,
        ML_FORECAST_HARM,
        ML_FORECAST_BACKTEST,
        ML_FORECAST_SCORES,
        ML_FAIRNESS_STOPS,
        ML_FAIRNESS_HOTSPOT_EXPOSURE,
    )
}
