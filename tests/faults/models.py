"""Faults of what models wrote: risk, hotspots through time, counts, priority, drift, deprivation, kinds."""

from __future__ import annotations

from tests.faults.edits import Edit, put, repeat, swap
from tests.faults.model import Fault


def model_faults() -> tuple[Fault, ...]:
    """Return the faults that the contracts of the tables must catch."""

    def fault(name: str, table: str, story: str, edit: Edit, column: str) -> Fault:
        return Fault(name, table, "ml table", story, edit, f"{table}.{column}", "critical")

    return (
        fault(
            "risk_below_nothing",
            "ml_risk_lsoa",
            "A correction for under-recording takes off more than there is.",
            put({"expected_crime_count": -1.0}, 0.1),
            "expected_crime_count",
        ),
        fault(
            "risk_of_an_area_twice",
            "ml_risk_lsoa",
            "An area lies in two forces' files and is forecast for each.",
            repeat(0.1),
            "lsoa_code, crime_group",
        ),
        fault(
            "risk_of_its_own_training",
            "ml_risk_grid",
            "The month that is forecast was among those learned from.",
            lambda frame: frame.assign(train_end_month="2031-01-01"),
            "train_end_month",
        ),
        fault(
            "risk_backtest_without_champion",
            "ml_risk_backtest",
            "The champion's rows are lost when models are renamed.",
            lambda frame: frame.assign(is_champion=False),
            "one_champion_a_group",
        ),
        fault(
            "risk_backtest_by_force_alone",
            "ml_risk_backtest",
            "Rows of all forces together are taken for a force of that name, and dropped.",
            lambda frame: frame[frame["force_slug"] != "all"],
            "together_and_by_force",
        ),
        fault(
            "past_forecast_twice",
            "ml_risk_backtest_lsoa",
            "A month is forecast again with a model that won later, beside what was forecast on the day.",
            repeat(0.1),
            "forecast_month, crime_group, lsoa_code",
        ),
        fault(
            "hotspot_history_event_unknown",
            "ml_hotspot_history",
            "A new kind of event is written before readers know of it.",
            put({"event": "vanished"}, 0.1),
            "event",
        ),
        fault(
            "hotspot_null_bounds_exchanged",
            "ml_hotspot_null",
            "Quantiles are asked for in the wrong order.",
            swap("null_lower", "null_upper"),
            "null_lower",
        ),
        fault(
            "trend_certain_beyond_certainty",
            "ml_lsoa_emerging",
            "A two-sided p value is doubled once more.",
            put({"trend_p_value": 1.4}, 0.1),
            "trend_p_value",
        ),
        fault(
            "cluster_by_another_name",
            "ml_lsoa_emerging",
            "Quadrants are written as another program names them.",
            put({"cluster_class": "HH"}, 0.1),
            "cluster_class",
        ),
        fault(
            "spatial_bounds_exchanged",
            "ml_spatial_tests",
            "A bootstrap's bounds are written in the wrong order.",
            swap("lower", "upper"),
            "lower",
        ),
        fault(
            "count_forecast_infinite",
            "ml_forecast_count",
            "The log of a count of nothing is taken and undone.",
            put({"crime_count_upper_95": float("inf")}, 0.1),
            "crime_count_upper_95",
        ),
        fault(
            "count_backtest_actual_missing",
            "ml_forecast_count_backtest",
            "The month that a forecast is held against has not come yet.",
            put({"actual_crime_count": float("nan")}, 0.1),
            "actual_crime_count",
        ),
        fault(
            "count_scores_two_champions",
            "ml_forecast_count_scores",
            "A tie leaves every model as champion.",
            lambda frame: frame.assign(is_champion=True),
            "one_champion",
        ),
        fault(
            "horizon_of_one_forecast_from_many_origins",
            "ml_forecast_horizons",
            "Each horizon is given the origins of the shortest, and the longest seems as well judged.",
            lambda frame: frame.assign(origin_count=frame["forecast_count"].max() + 1),
            "origin_count",
        ),
        fault(
            "count_coverage_in_per_cent",
            "ml_forecast_horizons",
            "Coverage is given in per cent.",
            put({"coverage_80_share": 80.0, "coverage_95_share": 95.0}),
            "coverage_80_share",
        ),
        fault(
            "coverage_finding_in_other_words",
            "ml_forecast_count_scores",
            "Whoever filters by what is found of intervals asks for words that are no longer written.",
            put({"adjusted_coverage_80_finding": "too_narrow"}),
            "adjusted_coverage_80_finding",
        ),
        fault(
            "widened_intervals_counted",
            "ml_forecast_scores",
            "Intervals that were widened are counted, and not divided by those that were judged.",
            put({"adjusted_95_share": 6.0}),
            "adjusted_95_share",
        ),
        fault(
            "adjusted_loss_below_nothing",
            "ml_forecast_horizons",
            "Losses of adjusted bounds are written as what they gain.",
            put({"adjusted_scaled_pinball_loss": -0.01}),
            "adjusted_scaled_pinball_loss",
        ),
        fault(
            "priority_by_an_unknown_model",
            "ml_call_priority_scores",
            "A model competes that no page describes.",
            put({"model": "oracle"}, 0.1),
            "model",
        ),
        fault(
            "priority_bin_of_nothing",
            "ml_call_priority_calibration",
            "Tenths are counted from 0.",
            lambda frame: frame.assign(probability_bin=frame["probability_bin"] - 1),
            "probability_bin",
        ),
        fault(
            "priority_given_a_seventh_level",
            "ml_call_priority_confusion",
            "Seven, which one city uses for what officers begin, is counted as a level.",
            put({"given_level": 7}, 0.1),
            "given_level",
        ),
        fault(
            "priority_month_without_calls",
            "ml_call_priority_months",
            "A month in which nobody called is told as one with perfect forecasts.",
            put({"call_count": 0}),
            "call_count",
        ),
        fault(
            "drift_from_the_future",
            "ml_drift",
            "A month is held against months after it.",
            lambda frame: frame.assign(reference_end_month="2031-01-01"),
            "reference_end_month",
        ),
        fault(
            "deprivation_by_its_crime_domain",
            "ml_deprivation_importance",
            "Recorded crime is explained by a score that is made of recorded crime.",
            put({"feature": "crime"}, 0.1),
            "feature",
        ),
        fault(
            "deprivation_without_champion",
            "ml_deprivation_scores",
            "The champion of one target is lost in a join.",
            lambda frame: frame.assign(is_champion=False),
            "one_champion_a_target",
        ),
        fault(
            "profile_forced_on_an_area",
            "ml_area_profiles",
            "An area with few records is put into the nearest kind all the same.",
            put({"is_profiled": False}, 0.1),
            "marked_not_forced",
        ),
        fault(
            "kind_stable_beyond_measure",
            "ml_area_profile_clusters",
            "An overlap is divided by the smaller of two clusters.",
            put({"stability": 1.3}, 0.1),
            "stability",
        ),
    )
