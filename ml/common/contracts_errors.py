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
_MONTH = (f"{_BACKTEST}.forecast_month",)


def _figure(name: str, description: str, bounds: str = "95% bootstrap over months and LSOAs") -> list[Column]:
    sides = (f"Lower bound, {bounds}; null if too few", f"Upper bound, {bounds}; null if too few")
    return [
        Column(name, "DOUBLE", description, True, 0.0, inputs=_JUDGED),
        *(
            Column(f"{name}_{side}", "DOUBLE", text, True, 0.0, inputs=_JUDGED)
            for side, text in zip(("lower", "upper"), sides, strict=True)
        ),
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


def _figures_of_withheld(frame: pd.DataFrame) -> str | None:
    withheld = frame[frame["is_suppressed"].astype(bool)]
    for name in ("metric_value", "disparity_ratio", "part_amount", "whole_amount", "resident_count"):
        if name in frame.columns and withheld[name].notna().any():
            return f"{name} is shown of a group that is marked as withheld"
    return None


ML_FAIRNESS_ERRORS = TableContract(
    name="ml_fairness_errors",
    grain="One row per measure, crime group, flagged area, metric, attribute and group of residents.",
    key=("measure", "crime_group", "flagged_area", "metric", "attribute", "group_name"),
    columns=(
        Column(
            "measure",
            "VARCHAR",
            "What the map is of: records, or harm days",
            allowed=MEASURES,
            origin_note=_NAMED,
        ),
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
        *_figure("metric_value", "Numerator over denominator, of 1,000 where the name says so; null for 0/0"),
        *_figure("disparity_ratio", "Figure over the reference group's; null for 0/0"),
        *_figure("ratio_to_everyone", "Figure over everyone's; null for 0/0"),
        Column("is_suppressed", "BOOLEAN", "Fewer residents than the threshold", inputs=_RESIDENTS),
    ),
    ordered=(
        ("metric_value_lower", "metric_value", "metric_value_upper"),
        ("disparity_ratio_lower", "disparity_ratio", "disparity_ratio_upper"),
        ("ratio_to_everyone_lower", "ratio_to_everyone", "ratio_to_everyone_upper"),
        ("first_forecast_month", "last_forecast_month"),
    ),
    checks=(Check("withheld_is_withheld", "No figure of a withheld group is shown.", _figures_of_withheld),),
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
        Column(
            "mean_share",
            "DOUBLE",
            "Group's share of an LSOA's residents, mean over the LSOAs of the class",
            True,
            0.0,
            1.0 + 1e-9,
            inputs=_EXPECTED,
        ),
        Column("ratio_to_all_areas", "DOUBLE", "Over that of all LSOAs", True, 0.0, inputs=_EXPECTED),
        Column("is_suppressed", "BOOLEAN", "Fewer residents than the threshold", inputs=_RESIDENTS),
    ),
    checks=(Check("withheld_is_withheld", "No figure of a withheld group is shown.", _figures_of_withheld),),
)

ERROR_CONTRACTS = (ML_FAIRNESS_ERRORS, ML_FAIRNESS_COMPOSITION)
