"""Suites of the kept backtest, of the risk map's audits by group and of who lives where it points."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, GOVERNANCE, Rule, between, holds

_ROUNDING = 1e-6


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of the four tables."""
    return (
        TableSuite("ml", "ml_risk_backtest_lsoa", ANALYSIS, (_kept_months(),)),
        TableSuite("ml", "ml_fairness_errors", GOVERNANCE, (_error_rows(), _alarms(), _records())),
        TableSuite("ml", "ml_fairness_composition", GOVERNANCE, (_classes(),)),
        TableSuite("ml", "ml_fairness_calibration", GOVERNANCE, (_calibration_rows(), _levels())),
    )


def _kept_months() -> Part:
    return Part(
        "months",
        ("crime_group", "forecast_month"),
        (
            between("one_model", "model_count", 1, 1, "forecasts of two models are not one map"),
            between(
                "every_area_forecast",
                "missing_area_count",
                0,
                0,
                "an area without a forecast would pass for one that the map never flags",
            ),
            between(
                "forecast_of_its_own_month",
                "expected_to_recorded_ratio",
                0.2,
                5.0,
                "forecasts of all areas that are five times off are of another month or group",
                severity="warning",
            ),
            between(
                "harm_of_its_own_month",
                "expected_to_recorded_harm_ratio",
                0.1,
                10.0,
                "harm of all areas that is ten times off is of another month, group or scheme",
                severity="warning",
            ),
            between(
                "no_harm_without_a_record",
                "harm_without_record_count",
                0,
                0,
                "harm without a record comes from other records than those that are counted",
            ),
        ),
    )


def _error_rows() -> Part:
    return Part(
        "rows",
        ("measure", "crime_group", "flagged_area", "metric", "attribute", "group_name"),
        (
            _shares_are_shares("no more can be false or missed than was flagged or of the top"),
            holds(
                "nobody_twice_in_a_month",
                ("metric", "metric_value"),
                lambda frame, _: (
                    ~frame["metric"].str.endswith("_per_1000")
                    | frame["metric_value"].isna()
                    | frame["metric_value"].between(0.0, 1000.0 * (1 + _ROUNDING))
                ),
                "a resident is flagged once a month at most",
            ),
            _missing_only_where_allowed(),
        ),
    )


def _shares_are_shares(why: str) -> Rule:
    return holds(
        "shares_are_shares",
        ("metric", "metric_value"),
        lambda frame, _: (
            ~frame["metric"].str.endswith("_share")
            | frame["metric_value"].isna()
            | frame["metric_value"].between(0.0, 1.0 + _ROUNDING)
        ),
        why,
    )


def _missing_only_where_allowed() -> Rule:
    return holds(
        "figure_missing_only_where_allowed",
        ("metric_value", "whole_amount", "is_suppressed"),
        lambda frame, _: (
            frame["metric_value"].notna()
            | frame["is_suppressed"].fillna(False).astype(bool)
            | ~(frame["whole_amount"] > 0).fillna(False).astype(bool)
        ),
        "a figure may only be missing for a suppressed group or for 0/0",
    )


def _alarms() -> Part:
    return Part(
        "alarms",
        ("measure", "crime_group", "flagged_area", "attribute", "group_name"),
        (
            between(
                "true_and_false_are_all",
                "alarm_gap",
                None,
                _ROUNDING,
                "a flagged area has a record or has none: both together are all that is flagged",
            ),
        ),
    )


def _records() -> Part:
    return Part(
        "records",
        ("measure", "crime_group", "flagged_area"),
        (
            between(
                "groups_add_up",
                "gap_to_everyone",
                None,
                _ROUNDING,
                "what is expected in the areas of all ethnic groups is what is expected of everyone",
            ),
            between(
                "every_group_there",
                "missing_group_count",
                None,
                0,
                "a group that is left out of a fairness table looks as if it were not affected",
            ),
        ),
    )


def _classes() -> Part:
    return Part(
        "classes",
        ("crime_group", "area_class"),
        (
            between(
                "shares_add_up",
                "excess_share",
                None,
                _ROUNDING,
                "the ethnic groups of an area are not more than its residents",
            ),
            between(
                "every_group_there",
                "missing_group_count",
                None,
                0,
                "a group that is left out of a fairness table looks as if it were not affected",
            ),
            between(
                "areas_add_up",
                "excess_of_deciles_km2",
                None,
                _ROUNDING,
                "every area of a decile is shared out among its ethnic groups: theirs is no less",
            ),
            between(
                "class_within_all",
                "lsoa_share",
                0.0,
                1.0 + _ROUNDING,
                "no class has more areas than there are",
            ),
        ),
    )


def _calibration_rows() -> Part:
    return Part(
        "rows",
        ("measure", "crime_group", "forecast_level", "metric", "attribute", "group_name"),
        (
            _shares_are_shares("no more months can lie within their intervals than there are"),
            _missing_only_where_allowed(),
        ),
    )


def _levels() -> Part:
    return Part(
        "levels",
        ("measure", "crime_group", "attribute", "group_name"),
        (
            between(
                "fifths_are_all",
                "gap_to_all_levels",
                None,
                _ROUNDING,
                "every month of an area is of one level of the forecast: the fifths hold all that came",
            ),
            between(
                "wider_interval_holds_more",
                "coverage_gap",
                None,
                _ROUNDING,
                "what lies within the interval of 80% lies within that of 95%",
            ),
            between(
                "every_level_there",
                "missing_level_count",
                None,
                0,
                "the level at which a forecast is wrong must not be left out",
            ),
        ),
    )
