"""Faults of fairness audits, sensitivity and patrol plans, at their contracts and at their gates."""

from __future__ import annotations

from tests.faults.edits import Edit, drop_where, put, repeat
from tests.faults.ml_gates import gate_name
from tests.faults.model import Fault


def audit_faults() -> tuple[Fault, ...]:
    """Return the faults that contracts and suites of the audits must catch."""
    return (*_at_their_contracts(), *_at_their_gates())


def _at_their_contracts() -> tuple[Fault, ...]:
    def fault(name: str, table: str, story: str, edit: Edit, column: str) -> Fault:
        return Fault(name, table, "ml table", story, edit, f"{table}.{column}", "critical")

    return (
        fault(
            "share_of_searches_in_per_cent",
            "ml_fairness_stop_rates",
            "A share is given in per cent.",
            put({"not_stated_share": 40.0}, 0.1),
            "not_stated_share",
        ),
        fault(
            "map_flags_an_unknown_area",
            "ml_fairness_models",
            "A map is cut at a share that no page describes.",
            put({"flagged_area": "top_half"}, 0.1),
            "flagged_area",
        ),
        fault(
            "cap_tried_twice",
            "ml_fairness_frontier",
            "A curve is appended to that of the run before.",
            repeat(0.1),
            "model, flagged_area, attribute, group_name, cap_share",
        ),
        fault(
            "more_patrols_than_there_are",
            "ml_fairness_feedback",
            "Patrols of a day are divided by those of an hour.",
            put({"group_patrol_share": 1.4}, 0.1),
            "group_patrol_share",
        ),
        fault(
            "error_of_an_unknown_kind",
            "ml_fairness_errors",
            "A metric is added that no page describes.",
            put({"metric": "accuracy"}, 0.1),
            "metric",
        ),
        fault(
            "make_up_in_per_cent",
            "ml_fairness_composition",
            "The make-up of areas is given in per cent.",
            put({"mean_share": 40.0}, 0.1),
            "mean_share",
        ),
        fault(
            "compared_and_not_said_how",
            "ml_fairness_groups",
            "A ratio and a difference stand in one column, and what tells them apart is lost.",
            put({"disparity_kind": "none"}),
            "disparity_is_declared",
        ),
        fault(
            "null_without_a_reason",
            "ml_fairness_groups",
            "Figures that are missing no longer say why.",
            lambda frame: frame.assign(null_reason=None),
            "nulls_have_reasons",
        ),
        fault(
            "level_of_the_forecast_unknown",
            "ml_fairness_calibration",
            "Forecasts are cut into tenths, and the table goes on to speak of fifths.",
            put({"forecast_level": "tenth_10"}, 0.1),
            "forecast_level",
        ),
        fault(
            "scenario_twice",
            "ml_fairness_sensitivity",
            "A scenario is computed again after a crash, beside its first result.",
            repeat(0.1),
            "kind, scenario, amount, measure, attribute, group_name",
        ),
        fault(
            "plan_approves_itself",
            "ml_patrol_plan",
            "The status is filled in to spare somebody the signature.",
            put({"status": "approved"}),
            "status",
        ),
        fault(
            "patrol_policy_unknown",
            "ml_patrol_feedback",
            "A policy is simulated that is not the plan's.",
            put({"policy": "plan_of_last_year"}, 0.1),
            "policy",
        ),
    )


def _at_their_gates() -> tuple[Fault, ...]:
    def fault(name: str, table: str, story: str, edit: Edit, rule: str) -> Fault:
        return Fault(name, gate_name(table), "ml table at its gate", story, edit, rule, "critical")

    return (
        fault(
            "few_searches_shown",
            "ml_fairness_stop_rates",
            "Counts are withheld before repeats are left out, and the smaller ones come to light.",
            put({"stop_count_without_repeats": 3}, 0.2),
            "no_small_count_shown",
        ),
        fault(
            "blanks_taken_for_searches_in_vain",
            "ml_fairness_stop_rates",
            "Of searches without a record it is taken for certain that they found nothing.",
            put({"find_rate": 0.4, "find_rate_lowest_case": 0.2, "find_rate_highest_case": 0.2}, 0.2),
            "cases_hold_find_rate",
        ),
        fault(
            "those_not_stated_never_hit",
            "ml_fairness_stop_rates",
            "Of those who do not say who they are, both cases take the searches that nothing followed.",
            put({"hit_rate": 0.4, "hit_rate_lowest_case": 0.2, "hit_rate_highest_case": 0.2}, 0.2),
            "cases_hold_hit_rate",
        ),
        fault(
            "hit_rate_of_few_hits_shown",
            "ml_fairness_stop_rates",
            "Hit rates by place are made after small counts were taken away.",
            lambda frame: frame.assign(hit_rate=frame["hit_rate"].fillna(0.3)),
            "withheld_outcomes_are_empty",
        ),
        fault(
            "more_flagged_than_live_there",
            "ml_fairness_models",
            "Residents of areas that two maps flag are added up.",
            lambda frame: frame.assign(flagged_resident_count=frame["resident_count"] + 1),
            "flagged_within_residents",
        ),
        fault(
            "map_of_cells_left_out",
            "ml_fairness_models",
            "The map of cells is published and nobody asks whom it flags.",
            lambda frame: frame[~frame["model"].str.startswith("risk_grid")],
            "both_kinds_of_risk_map_there",
        ),
        fault(
            "cap_exceeded",
            "ml_fairness_frontier",
            "Counts of the group and of all flagged areas are of two maps.",
            lambda frame: frame.assign(group_flagged_count=frame["flagged_count"] + 1),
            "group_within_flagged",
        ),
        fault(
            "cap_without_a_reason",
            "ml_fairness_frontier",
            "Figures of a group are lost in a join, and nothing says so.",
            put({"captured_share": float("nan")}, 0.1),
            "missing_says_why",
        ),
        fault(
            "ethnic_group_without_a_cap",
            "ml_fairness_frontier",
            "Caps are tried on deprivation alone, as it used to be.",
            drop_where("attribute", "ethnic_group"),
            "every_group_there",
        ),
        fault(
            "patrol_policy_left_out",
            "ml_fairness_feedback",
            "The policy that amplifies most is not shown.",
            drop_where("policy", "highest_first"),
            "every_policy_there",
        ),
        fault(
            "false_alarms_counted_twice",
            "ml_fairness_errors",
            "A flagged area without a record is counted for each of two joined rows.",
            lambda frame: frame.assign(
                part_amount=frame["part_amount"].where(
                    frame["metric"] != "false_alarm_per_1000", 2 * frame["part_amount"] + 1
                )
            ),
            "true_and_false_are_all",
        ),
        fault(
            "group_left_out_of_make_up",
            "ml_fairness_composition",
            "The group that lives most where most is predicted is left out.",
            drop_where("group_name", "Black"),
            "every_group_there",
        ),
        fault(
            "group_left_out_of_long_table",
            "ml_fairness_groups",
            "The group that the maps point at most is left out where all models are compared.",
            drop_where("group_name", "Black"),
            "every_row_there",
        ),
        fault(
            "unknown_residents_told_as_nobody",
            "ml_fairness_groups",
            "Groups whose residents nobody counted are told as groups of whom nothing is defined.",
            lambda frame: frame.assign(
                null_reason=frame["null_reason"].replace("residents_unknown", "not_defined")
            ),
            "every_figure_is_the_source_s",
        ),
        fault(
            "long_table_of_another_run",
            "ml_fairness_groups",
            "The long table is of the maps before the last correction.",
            lambda frame: frame.assign(disparity=frame["disparity"] * 1.01),
            "every_figure_is_the_source_s",
        ),
        fault(
            "area_of_neighbours_counted",
            "ml_fairness_composition",
            "Areas of the deciles are taken with their surroundings.",
            lambda frame: frame.assign(
                area_km2=frame["area_km2"].where(
                    frame["attribute"] != "imd_2025_decile", 9 * frame["area_km2"]
                )
            ),
            "areas_add_up",
        ),
        fault(
            "levels_overlap",
            "ml_fairness_calibration",
            "Forecasts at an edge are counted in the fifth below it and in the one above.",
            lambda frame: frame.assign(
                part_amount=frame["part_amount"].where(
                    frame["forecast_level"] != "fifth_5", 2 * frame["part_amount"] + 1
                )
            ),
            "fifths_are_all",
        ),
        fault(
            "intervals_exchanged",
            "ml_fairness_calibration",
            "Coverage of the wide interval is written under the name of the narrow one.",
            lambda frame: frame.assign(
                part_amount=frame["part_amount"].where(
                    frame["metric"] != "coverage_80_share", frame["part_amount"] + frame["lsoa_month_count"]
                )
            ),
            "wider_interval_holds_more",
        ),
        fault(
            "level_left_out",
            "ml_fairness_calibration",
            "The fifth with the most forecast crime, where the map is wrong, is left out.",
            drop_where("forecast_level", "fifth_5"),
            "every_level_there",
        ),
        fault(
            "difference_of_another_scenario",
            "ml_fairness_sensitivity",
            "Differences are joined in another order.",
            lambda frame: frame.assign(difference=frame["difference"] + 0.5),
            "difference_is_one",
        ),
        fault(
            "correlation_of_no_feature",
            "ml_fairness_sensitivity",
            "Names of the features are lost in a join, and their correlations stay.",
            lambda frame: frame.assign(most_correlated_feature=None),
            "correlation_has_its_feature",
        ),
        fault(
            "plan_of_another_forecast",
            "ml_patrol_plan",
            "The plan is of the forecast before the last correction.",
            lambda frame: frame.assign(expected_harm_days=2 * frame["expected_harm_days"] + 1),
            "as_forecast",
        ),
        fault(
            "error_of_the_simulation_left_out",
            "ml_patrol_feedback",
            "The amplification is published without the error of its runs.",
            put({"error_amplification_standard_error": float("nan")}),
            "error_amplification_has_its_error",
        ),
        fault(
            "error_of_one_run",
            "ml_fairness_feedback",
            "An error is told of a simulation of one run, which has none.",
            put({"run_count": 1}),
            "amplification_has_its_error",
        ),
        fault(
            "plan_without_its_comparison",
            "ml_patrol_feedback",
            "What chance takes away is not shown.",
            drop_where("policy", "plan_without_random"),
            "both_policies_there",
        ),
    )
