"""Declared contracts of the risk map's errors by group of residents, and of who lives where it points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.contracts_fairness import RISK_AREAS
from ml.common.contracts_risk import ML_RISK_BACKTEST_LSOA
from ml.common.schema import Check, Column, TableContract

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("crime_count", "harm_days")
METRICS = (
    "flagged_per_1000",
    "true_alarm_per_1000",
    "false_alarm_per_1000",
    "false_discovery_share",
    "not_of_the_top_share",
    "missed_share",
    "expected_to_recorded_ratio",
)
CLASSES = ("most_predicted", "median_predicted", "least_predicted", "never_flagged", "all_areas")
CALIBRATION_METRICS = ("recorded_to_expected_ratio", "coverage_80_share", "coverage_95_share")
#: Fifths by what was expected: the first has the least.
FORECAST_LEVELS = ("all_levels", *(f"fifth_{number}" for number in range(1, 6)))
_CRIME_GROUPS = next(
    column.allowed for column in ML_RISK_BACKTEST_LSOA.columns if column.name == "crime_group"
)
_NAMED = "written by the model itself"
_BACKTEST = "ml_risk_backtest_lsoa"
_DECILE = ("dim_lsoa.imd_2025_decile",)
_RESIDENTS = (
    "dim_lsoa.lsoa_code",
    *_DECILE,
    *(f"dim_lsoa.{group}_count" for group in ("asian", "black", "mixed", "white", "other")),
)
_EXPECTED = (
    *_RESIDENTS,
    f"{_BACKTEST}.lsoa_code",
    f"{_BACKTEST}.forecast_month",
    f"{_BACKTEST}.expected_crime_count",
)
_JUDGED = (
    *_EXPECTED,
    f"{_BACKTEST}.recorded_crime_count",
    *(f"{_BACKTEST}.{side}_harm_days" for side in ("expected", "recorded")),
)
_CALIBRATED = (
    *_JUDGED,
    *(f"{_BACKTEST}.crime_count_{side}_{level}" for side in ("lower", "upper") for level in (80, 95)),
)
_EXTENT = (*_EXPECTED, "dim_lsoa.area_km2")
_MONTH = (f"{_BACKTEST}.forecast_month",)


def _figure(name: str, description: str, inputs: tuple[str, ...]) -> list[Column]:
    bounds = "bound, 95% bootstrap over months and LSOAs; null if too few"
    return [
        Column(name, "DOUBLE", description, True, 0.0, inputs=inputs),
        *(
            Column(f"{name}_{side}", "DOUBLE", f"{side.capitalize()} {bounds}", True, 0.0, inputs=inputs)
            for side in ("lower", "upper")
        ),
    ]


def _figures(value: str, inputs: tuple[str, ...]) -> list[Column]:
    return [
        *_figure("metric_value", value, inputs),
        *_figure("disparity_ratio", "Figure over the reference group's; null for 0/0", inputs),
        *_figure("ratio_to_everyone", "Figure over everyone's; null for 0/0", inputs),
    ]


def _crime_group() -> Column:
    return Column(
        "crime_group",
        "VARCHAR",
        "Categories taken together, or all_crime",
        allowed=_CRIME_GROUPS,
        inputs=(f"{_BACKTEST}.crime_group",),
    )


def _group_name(everyone: str) -> Column:
    return Column(
        "group_name", "VARCHAR", f"Decile ('1' most deprived), ethnic group{everyone}", inputs=_DECILE
    )


def _amount(name: str, description: str, inputs: tuple[str, ...] = _JUDGED) -> Column:
    return Column(name, "DOUBLE", description, True, 0.0, inputs=inputs)


def _part(name: str, description: str, inputs: tuple[str, ...] = _EXPECTED) -> Column:
    return Column(name, "DOUBLE", description, True, 0.0, 1.0 + 1e-9, inputs=inputs)


def _measure() -> Column:
    text = "What the map is of: records, or harm days"
    return Column("measure", "VARCHAR", text, allowed=MEASURES, origin_note=_NAMED)


def _group_and_months() -> list[Column]:
    return [
        Column(
            "attribute",
            "VARCHAR",
            "Attribute; all for everyone together",
            allowed=("all", "imd_2025_decile", "ethnic_group"),
            origin_note=_NAMED,
        ),
        _group_name(", or Everyone"),
        Column("reference_group", "VARCHAR", "Group that the ratio compares with", origin_note=_NAMED),
        Column("origin_count", "BIGINT", "Months forecast", False, 1, inputs=_MONTH),
        Column("first_forecast_month", "DATE", "First month forecast", inputs=_MONTH),
        Column("last_forecast_month", "DATE", "Last month forecast", inputs=_MONTH),
        Column(
            "resident_count",
            "BIGINT",
            "Census 2021 residents; null when suppressed",
            True,
            0,
            inputs=_RESIDENTS,
        ),
    ]


_WITHHELD = (
    "metric_value",
    "disparity_ratio",
    "part_amount",
    "whole_amount",
    "area_km2",
    "lsoa_month_count",
    "expected_mean",
    "recorded_mean",
    "resident_count",
)


def _figures_of_withheld(frame: pd.DataFrame) -> str | None:
    withheld = frame[frame["is_suppressed"].astype(bool)]
    for name in _WITHHELD:
        if name in frame.columns and withheld[name].notna().any():
            return f"{name} is shown of a group that is marked as withheld"
    return None


_ORDERED = (
    ("metric_value_lower", "metric_value", "metric_value_upper"),
    ("disparity_ratio_lower", "disparity_ratio", "disparity_ratio_upper"),
    ("ratio_to_everyone_lower", "ratio_to_everyone", "ratio_to_everyone_upper"),
    ("first_forecast_month", "last_forecast_month"),
)
_IS_WITHHELD = Column("is_suppressed", "BOOLEAN", "Fewer residents than the threshold", inputs=_RESIDENTS)
_WITHHELD_CHECK = Check(
    "withheld_is_withheld", "No figure of a withheld group is shown.", _figures_of_withheld
)

ML_FAIRNESS_ERRORS = TableContract(
    name="ml_fairness_errors",
    grain="One row per measure, crime group, flagged area, metric, attribute and group of residents.",
    key=("measure", "crime_group", "flagged_area", "metric", "attribute", "group_name"),
    columns=(
        _measure(),
        _crime_group(),
        Column(
            "flagged_area",
            "VARCHAR",
            "Share of the LSOAs that is flagged each month; all_areas where a metric judges every LSOA",
            allowed=("all_areas", *RISK_AREAS),
            origin_note=_NAMED,
        ),
        Column(
            "metric",
            "VARCHAR",
            "Metric; docs/methods/fairness.md says what each is",
            allowed=METRICS,
            origin_note=_NAMED,
        ),
        *_group_and_months(),
        Column(
            "part_lsoa_month_count",
            "DOUBLE",
            "LSOA-months of the numerator, each by the group's share of its residents; null for amounts",
            True,
            0.0,
            inputs=_JUDGED,
        ),
        Column(
            "part_amount",
            "DOUBLE",
            "Numerator: residents times months, or what was expected",
            True,
            0.0,
            inputs=_JUDGED,
        ),
        Column(
            "whole_amount",
            "DOUBLE",
            "Denominator: residents times months, or what was recorded",
            True,
            0.0,
            inputs=_JUDGED,
        ),
        *_figures("Numerator over denominator, of 1,000 where the name says so; null for 0/0", _JUDGED),
        _IS_WITHHELD,
    ),
    ordered=_ORDERED,
    checks=(_WITHHELD_CHECK,),
)

ML_FAIRNESS_COMPOSITION = TableContract(
    name="ml_fairness_composition",
    grain="One row per crime group, class of LSOAs by what was predicted, attribute and group of residents.",
    key=("crime_group", "area_class", "attribute", "group_name"),
    columns=(
        _crime_group(),
        Column(
            "area_class",
            "VARCHAR",
            "The twentieth with most, middling or least predicted; never in a month's top twentieth; all",
            allowed=CLASSES,
            inputs=_EXPECTED,
        ),
        Column(
            "attribute",
            "VARCHAR",
            "Attribute",
            allowed=("imd_2025_decile", "ethnic_group"),
            origin_note=_NAMED,
        ),
        _group_name(""),
        Column(
            "lsoa_count", "DOUBLE", "LSOAs of the class, in part where they tie", False, 0.0, inputs=_EXPECTED
        ),
        Column(
            "resident_count",
            "BIGINT",
            "Census 2021 residents of the group in all LSOAs; null when suppressed",
            True,
            0,
            inputs=_RESIDENTS,
        ),
        _part("mean_share", "Group's share of an LSOA's residents, mean over the LSOAs of the class"),
        Column("ratio_to_all_areas", "DOUBLE", "Over that of all LSOAs", True, 0.0, inputs=_EXPECTED),
        _part("resident_share", "Share of the group's residents who live in the class"),
        _part("group_lsoa_share", "Share of the group's LSOAs in it, each by the group's share of residents"),
        _amount("area_km2", "Square kilometres of the group's LSOAs in it, likewise by residents", _EXTENT),
        _part("area_share", "Share of the group's square kilometres", _EXTENT),
        _IS_WITHHELD,
    ),
    checks=(_WITHHELD_CHECK,),
)


ML_FAIRNESS_CALIBRATION = TableContract(
    name="ml_fairness_calibration",
    grain="One row per measure, crime group, level of the forecast, metric, attribute and group.",
    key=("measure", "crime_group", "forecast_level", "metric", "attribute", "group_name"),
    columns=(
        _measure(),
        _crime_group(),
        Column(
            "forecast_level",
            "VARCHAR",
            "Fifth of the crime group's LSOA-months by what was expected, fifth_1 the least; all_levels",
            allowed=FORECAST_LEVELS,
            inputs=_EXPECTED,
        ),
        Column(
            "metric",
            "VARCHAR",
            "Recorded over expected, or the share of LSOA-months whose records lie within their interval",
            allowed=CALIBRATION_METRICS,
            origin_note=_NAMED,
        ),
        *_group_and_months(),
        _amount("lsoa_month_count", "LSOA-months, each by the group's share of its residents", _EXPECTED),
        _amount("expected_mean", "Expected records or harm days of an LSOA-month"),
        _amount("recorded_mean", "Recorded ones"),
        _amount("part_amount", "Numerator: what was recorded, or LSOA-months inside", _CALIBRATED),
        _amount("whole_amount", "Denominator: what was expected, or LSOA-months with interval", _CALIBRATED),
        *_figures("Numerator over denominator; null for 0/0", _CALIBRATED),
        _IS_WITHHELD,
    ),
    ordered=_ORDERED,
    checks=(_WITHHELD_CHECK,),
)

ERROR_CONTRACTS = (ML_FAIRNESS_ERRORS, ML_FAIRNESS_COMPOSITION, ML_FAIRNESS_CALIBRATION)
