"""Faults of ml tables that got into the warehouse past their contract, or that no contract can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.edits import drop, drop_where, put
from tests.faults.gated_forecasts import forecast_faults
from tests.faults.ml_gates import gate_name, gated
from tests.faults.model import Fault

if TYPE_CHECKING:
    import pandas as pd


def gated_faults() -> tuple[Fault, ...]:
    """Return the faults that the suites of the ml boundary must catch."""
    return (*forecast_faults(), *_areas(), *_audits(), _benign())


def _benign() -> Fault:
    figures = ["resident_count", "exposed_resident_count", "exposed_share", "disparity_ratio"]
    withheld = dict.fromkeys([*figures, "exposed_share_lower", "exposed_share_upper"])
    return Fault(
        "exposure_of_a_small_group_withheld",
        gate_name("ml_fairness_hotspot_exposure"),
        "ml table at its gate",
        "Nobody of a decile lives in the area: its row is there, and its figures are missing.",
        put({**withheld, "is_suppressed": True}, 0.1),
    )


def _areas() -> tuple[Fault, ...]:
    """Faults of risk, hotspots, spatial tests, deprivation and profiles."""
    return (
        gated(
            "risk_of_two_models",
            "ml_risk_lsoa",
            "Half of the areas are still of the run before, with another champion.",
            put({"model": "boosted"}, 0.5),
            "one_model",
        ),
        gated(
            "risk_of_two_months",
            "ml_risk_grid",
            "Cells of last month's forecast are left between those of this one.",
            _other_month,
            "one_month",
        ),
        gated(
            "risk_backtest_without_baselines",
            "ml_risk_backtest",
            "The plain counts are left out of the table as too plain.",
            lambda frame: frame[~frame["is_baseline"]],
            "baselines_beside_models",
        ),
        gated(
            "harm_intervals_of_typical_offences",
            "ml_risk_backtest",
            "Harm is taken for whole numbers of typical offences: intervals hold far less than they say.",
            lambda frame: frame.assign(
                metric_value=frame["metric_value"].where(frame["metric"] != "harm_central_80_share", 0.46),
                metric_value_lower=float("nan"),
                metric_value_upper=float("nan"),
            ),
            "harm_central_80_holds",
            "warning",
        ),
        gated(
            "risk_hit_rate_over_one",
            "ml_risk_backtest",
            "Crimes are counted once for each cell that they lie near.",
            lambda frame: frame.assign(
                metric_value=frame["metric_value"].where(frame["metric"] != "hit_rate", 1.2),
                metric_value_upper=float("nan"),
            ),
            "shares_are_shares",
        ),
        gated(
            "past_forecast_of_some_areas",
            "ml_risk_backtest_lsoa",
            "Areas without a record in the month are lost in a join: none of them can be a false alarm.",
            drop(0.05),
            "every_area_forecast",
        ),
        gated(
            "past_harm_of_other_records",
            "ml_risk_backtest_lsoa",
            "Late records are weighed for their harm and not counted.",
            put({"recorded_crime_count": 0}, 0.1),
            "no_harm_without_a_record",
        ),
        gated(
            "hotspot_area_in_square_degrees",
            "ml_hotspots",
            "Areas are measured before the hulls are projected.",
            lambda frame: frame.assign(area_m2=frame["area_m2"] / 1e10),
            "hull_has_its_area",
        ),
        gated(
            "hotspot_surer_after_correction",
            "ml_hotspots",
            "The p values of the run before stand beside the corrected ones of this.",
            lambda frame: frame.assign(p_value=0.5, q_value=0.01),
            "q_value_not_below_p_value",
        ),
        gated(
            "no_night_time_data_told_as_no_overlap",
            "ml_hotspots",
            "Missing shares are filled with zeros.",
            put({"night_time_overlap_share": 0.0, "has_night_time_data": False}, 0.1),
            "night_time_overlap_known_with_data",
        ),
        gated(
            "split_without_origin",
            "ml_hotspot_history",
            "A hotspot that split off is given a name of its own and no origin.",
            put({"event": "split", "split_from_stable_id": None}, 0.1),
            "split_names_its_origin",
        ),
        gated(
            "null_less_than_impossible",
            "ml_hotspot_null",
            "A p value is written as its logarithm.",
            put({"p_value": -2.0}, 0.3),
            "p_value_is_probability",
        ),
        gated(
            "never_hot_and_emerging",
            "ml_lsoa_emerging",
            "Classes are joined to areas in another order.",
            put({"emerging_class": "emerging", "hot_month_count": 0}, 0.1),
            "never_hot_has_no_class",
        ),
        gated(
            "cluster_by_uncorrected_p",
            "ml_lsoa_emerging",
            "Clusters are named by their p values, and those that chance makes among many areas are kept.",
            put({"cluster_class": "high_high", "local_moran_q_value": 0.3}, 0.1),
            "cluster_is_significant",
        ),
        gated(
            "spatial_interval_inside_out",
            "ml_spatial_tests",
            "Bounds of two statistics are exchanged.",
            put({"lower": 2.0, "upper": 1.0}, 0.3),
            "interval_in_order",
        ),
        gated(
            "deprivation_without_baselines",
            "ml_deprivation_scores",
            "The mean is no model, somebody thought, and took its rows out.",
            lambda frame: frame[~frame["is_baseline"]],
            "baselines_beside_model",
        ),
        gated(
            "deprivation_random_folds_alone",
            "ml_deprivation_scores",
            "Only the folds that look better are published.",
            lambda frame: frame[frame["fold_kind"] == "random"],
            "both_kinds_of_folds",
        ),
        gated(
            "deprivation_domain_lost",
            "ml_deprivation_importance",
            "A domain is renamed upstream, and its row falls out.",
            drop_where("feature", "health"),
            "every_domain_there",
        ),
        gated(
            "profile_without_records",
            "ml_area_profiles",
            "An area too small to tell keeps the kind of last month.",
            put({"is_profiled": False, "cluster": 1, "distance": 0.1}, 0.1),
            "marked_not_forced",
        ),
        gated(
            "kind_larger_than_its_areas",
            "ml_area_profile_clusters",
            "Sizes of kinds are of an earlier clustering.",
            lambda frame: frame.assign(area_count=frame["area_count"] + 5),
            "areas_are_placed",
        ),
    )


def _other_month(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    later = frame["forecast_month"] + pd.DateOffset(months=1)
    return frame.assign(forecast_month=frame["forecast_month"].where(frame.index < len(frame) / 2, later))


def _audits() -> tuple[Fault, ...]:
    """Faults of fairness tables, call priority and the watch for drift."""
    return (
        gated(
            "stop_group_left_out",
            "ml_fairness_stops",
            "A small group is dropped in place of being marked.",
            lambda frame: frame[frame["group_name"] != frame["group_name"].min()],
            "every_group_there",
        ),
        gated(
            "more_exposed_than_live_there",
            "ml_fairness_hotspot_exposure",
            "Residents of hulls that overlap are added up twice.",
            lambda frame: frame.assign(exposed_resident_count=frame["resident_count"] + 1),
            "exposed_within_residents",
        ),
        gated(
            "priority_without_look_up",
            "ml_call_priority_scores",
            "The look-up of the call type, which does as well, is left out.",
            drop_where("model", "look_up"),
            "look_up_beside_models",
        ),
        gated(
            "priority_gain_claimed",
            "ml_call_priority_scores",
            "A gain within chance is called clear.",
            put({"is_clear_gain": True, "gain_lower": -0.1}, 0.2),
            "clear_gain_is_above_zero",
        ),
        gated(
            "priority_share_outside_its_interval",
            "ml_call_priority_calibration",
            "Shares and their intervals are of different bins.",
            lambda frame: frame.assign(observed_share=1.0, observed_share_upper=0.5),
            "intervals_in_order",
        ),
        gated(
            "priority_matrix_without_empty_cells",
            "ml_call_priority_confusion",
            "Cells without calls are dropped, so that a level that is never given is not seen.",
            lambda frame: frame[(frame["model"] != "look_up") | (frame["given_level"] != 1)],
            "every_cell_counted",
        ),
        gated(
            "priority_models_on_other_calls",
            "ml_call_priority_confusion",
            "One model is counted on the training calls.",
            lambda frame: frame.assign(
                call_count=frame["call_count"].where(frame["model"] != "look_up", frame["call_count"] * 3 + 1)
            ),
            "models_judged_on_same_calls",
        ),
        gated(
            "priority_levels_counted_from_zero",
            "ml_call_priority_confusion",
            "Dangerous calls are told as levels, by the numbers that a library gives them.",
            lambda frame: frame.assign(target="priority"),
            "levels_and_decision_of_target",
        ),
        gated(
            "priority_refit_gain_of_one_fit",
            "ml_call_priority_scores",
            "What fitting each month adds is written beside models that are fitted once.",
            put({"refit_gain": 0.1, "refit_gain_lower": 0.0, "refit_gain_upper": 0.2}),
            "refit_gain_of_refits",
        ),
        gated(
            "priority_month_of_more_danger_than_calls",
            "ml_call_priority_months",
            "Dangerous calls are counted over records, calls over incidents.",
            lambda frame: frame.assign(dangerous_count=frame["call_count"] + 1),
            "dangerous_within_calls",
        ),
        gated(
            "priority_watched_by_two_models",
            "ml_call_priority_months",
            "Every model is marked as chosen, so that drift of one hides that of another.",
            lambda frame: frame.assign(is_chosen=True),
            "one_model_chosen",
        ),
        gated(
            "alarm_not_given",
            "ml_drift",
            "Statuses are written before the limits are lowered.",
            lambda frame: frame.assign(alarm_limit=-1.0, warning_limit=-1.0, status="ok"),
            "status_follows_value",
        ),
        gated(
            "retraining_for_nothing",
            "ml_drift",
            "New training is asked for by hand, and the table says that drift did.",
            lambda frame: frame.assign(is_retrain_requested=True, status="ok"),
            "retraining_follows_alarm",
        ),
        gated(
            "backtest_told_as_records",
            "ml_drift",
            "Errors of forecasts that were made anew are told as if the months themselves told them.",
            lambda frame: frame.assign(source="records", kind="error"),
            "source_follows_kind",
        ),
        gated(
            "calls_told_as_issued",
            "ml_drift",
            "Forecasts of single calls, which no release holds, are told as if one had issued them.",
            lambda frame: frame.assign(
                measure="call_auc_drop", subject=frame.index.astype(str), kind="error", source="issued"
            ),
            "source_follows_kind",
        ),
        gated(
            "retraining_on_new_wording",
            "ml_drift",
            "A city renames its call types, and models are to be trained anew on both wordings.",
            lambda frame: frame.assign(
                measure="call_type_unseen_excess",
                subject=frame.index.astype(str),
                kind="input",
                source="records",
                value=1.0,
                warning_limit=0.1,
                alarm_limit=0.25,
                status="alarm",
                is_retrain_requested=True,
            ),
            "retraining_not_by_inputs",
        ),
    )
