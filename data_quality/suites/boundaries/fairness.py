"""Suites of the fairness tables: what an audit must be to be published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.age_sex import SEXES
from data_quality.suites.boundaries.people import NOT_STATED
from data_quality.suites.boundaries.simulation_error import error_is_stated
from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import GOVERNANCE, Rule, between, holds, is_below

if TYPE_CHECKING:
    import pandas as pd


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of searches, of maps, of the frontier and of the simulated feedback."""
    return (
        TableSuite("ml", "ml_fairness_stops", GOVERNANCE, (_ethnic_rows(), _ethnic_groups())),
        TableSuite("ml", "ml_fairness_hotspot_exposure", GOVERNANCE, (_exposure_rows(), _exposure_groups())),
        TableSuite("ml", "ml_fairness_stop_rates", GOVERNANCE, (_stop_rows(), _stop_places(), _stop_bases())),
        TableSuite("ml", "ml_fairness_models", GOVERNANCE, (_model_rows(), _model_groups(), _model_maps())),
        TableSuite("ml", "ml_fairness_frontier", GOVERNANCE, (_frontier_rows(), _frontier_curves())),
        TableSuite("ml", "ml_fairness_feedback", GOVERNANCE, (_feedback_rows(), _feedback_whole())),
    )


def _ethnic_rows() -> Part:
    return Part(
        "rows",
        ("force_slug", "ethnicity_basis", "group_name"),
        (
            _rates_there(),
            holds(
                "suppressed_rows_are_empty",
                ("is_suppressed", "stop_count", "rate_per_1000"),
                lambda frame, _: (
                    ~frame["is_suppressed"] | (frame["stop_count"].isna() & frame["rate_per_1000"].isna())
                ),
                "a small count that is withheld must not be readable from its rate either",
            ),
            _is_share("not_stated_share"),
            _is_share("no_further_action_share"),
        ),
    )


def _rates_there() -> Rule:
    return holds(
        "rate_missing_only_where_allowed",
        ("rate_per_1000", "is_suppressed", "group_name", "resident_count"),
        _rate_missing_only_where_allowed,
        "a rate may only be missing for a suppressed row, for 'Not stated' and for no residents",
    )


def _rate_missing_only_where_allowed(frame: pd.DataFrame, month: str | None) -> pd.Series:
    is_excused = frame["is_suppressed"] | (frame["group_name"] == NOT_STATED) | ~_has_residents(frame)
    return frame["rate_per_1000"].notna() | is_excused


def _has_residents(frame: pd.DataFrame) -> pd.Series:
    """Return whether a group is known to have residents; those of a force without an area are not known."""
    return (frame["resident_count"] > 0).fillna(False).astype(bool)


def _ethnic_groups() -> Part:
    return Part("bases", ("force_slug", "ethnicity_basis"), (_every_group(), _withheld_in_company()))


def _exposure_rows() -> Part:
    return Part(
        "rows",
        ("attribute", "group_name"),
        (
            _is_share("exposed_share"),
            holds(
                "share_missing_only_where_allowed",
                ("exposed_share", "is_suppressed", "resident_count"),
                lambda frame, _: (
                    frame["exposed_share"].notna() | frame["is_suppressed"] | ~_has_residents(frame)
                ),
                "a share may only be missing for a suppressed group or one without residents",
            ),
            holds(
                "exposed_within_residents",
                ("exposed_resident_count", "resident_count"),
                lambda frame, _: ~is_below(frame["resident_count"], frame["exposed_resident_count"]),
                "no more of a group can live in hotspots than there are",
            ),
        ),
    )


def _exposure_groups() -> Part:
    return Part("attributes", ("attribute",), (_every_group(),))


def _stop_rows() -> Part:
    return Part(
        "rows",
        ("force_slug", "area_code", "object_of_search", "attribute", "group_name"),
        (
            holds(
                "withheld_rows_are_empty",
                ("is_suppressed", "stop_count", "rate_per_1000", "rate_ratio"),
                _withheld_rows_are_empty,
                "a count that is withheld must not be readable from its share, rate or ratio either",
            ),
            holds(
                "no_small_count_shown",
                ("stop_count_without_repeats",),
                lambda frame, _: ~is_below(frame["stop_count_without_repeats"], 10),
                "counts of fewer than ten searches are withheld",
            ),
            _cases_hold(
                "ratio",
                ("rate_ratio_best_case", "rate_ratio", "rate_ratio_worst_case"),
                "the ratio lies between what it would be if all not stated were of one side",
            ),
            _cases_hold(
                "hit_rate",
                ("hit_rate_lowest_case", "hit_rate", "hit_rate_highest_case"),
                "the hit rate lies between what it would be with those not stated of no hit or of every hit",
            ),
            _cases_hold(
                "find_rate",
                ("find_rate_lowest_case", "find_rate", "find_rate_highest_case"),
                "the find rate lies between none and all of the searches without a record having found it",
            ),
            holds(
                "withheld_outcomes_are_empty",
                ("is_hit_rate_suppressed", "hit_rate", "is_find_rate_suppressed", "find_rate"),
                lambda frame, _: (
                    ~(frame["is_hit_rate_suppressed"] & frame["hit_rate"].notna())
                    & ~(frame["is_find_rate_suppressed"] & frame["find_rate"].notna())
                ),
                "a share of a withheld count is the count, where the searches are known",
            ),
            _rates_there(),
            holds(
                "rates_of_counted_genders_alone",
                ("attribute", "group_name", "resident_count"),
                lambda frame, _: (
                    ~(
                        (frame["attribute"] == "gender")
                        & ~frame["group_name"].isin(SEXES)
                        & frame["resident_count"].notna()
                    )
                ),
                "residents are counted as male or female: any other gender has no denominator",
            ),
            _is_share("hit_rate"),
            _is_share("find_rate"),
            between("p_value_is_share", "hit_rate_p_value", 0.0, 1.0, "a probability lies between 0 and 1"),
        ),
    )


def _cases_hold(name: str, columns: tuple[str, str, str], story: str) -> Rule:
    lowest, value, highest = columns
    return holds(
        f"cases_hold_{name}",
        columns,
        lambda frame, _: ~is_below(frame[value], frame[lowest]) & ~is_below(frame[highest], frame[value]),
        story,
    )


def _withheld_rows_are_empty(frame: pd.DataFrame, month: str | None) -> pd.Series:
    figures = frame[["stop_count", "stop_share", "rate_per_1000", "rate_ratio"]]
    return ~frame["is_suppressed"] | figures.isna().all(axis="columns")


def _stop_places() -> Part:
    return Part(
        "places",
        ("force_slug", "area_code", "object_of_search", "attribute"),
        (_withheld_in_company(),),
    )


def _stop_bases() -> Part:
    return Part("bases", ("force_slug", "attribute"), (_every_group(),))


def _model_rows() -> Part:
    return Part(
        "rows",
        ("model", "flagged_area", "attribute", "group_name"),
        (
            _is_share("flagged_share"),
            holds(
                "flagged_within_residents",
                ("flagged_resident_count", "resident_count"),
                lambda frame, _: ~is_below(frame["resident_count"], frame["flagged_resident_count"]),
                "no more of a group can be flagged than there are",
            ),
            holds(
                "share_missing_only_where_allowed",
                ("flagged_share", "is_suppressed"),
                lambda frame, _: frame["flagged_share"].notna() | frame["is_suppressed"],
                "a share may only be missing for a suppressed group",
            ),
        ),
    )


def _model_groups() -> Part:
    return Part("attributes", ("model", "flagged_area"), (_every_group(),))


def _model_maps() -> Part:
    rule = between(
        "both_kinds_of_risk_map_there",
        "missing_map_count",
        None,
        0,
        "cells are published beside LSOAs: a map that is left out is published and audited nowhere",
    )
    return Part("whole", (), (rule,))


def _frontier_rows() -> Part:
    return Part(
        "rows",
        ("model", "flagged_area", "attribute", "group_name", "cap_share"),
        (
            between("captured_is_share", "captured_share", 0.0, 1.0 + 1e-9, "a share lies between 0 and 1"),
            holds(
                "group_within_flagged",
                ("group_flagged_count", "flagged_count"),
                lambda frame, _: (
                    (frame["group_flagged_count"] <= frame["flagged_count"])
                    | frame["group_flagged_count"].isna()
                ),
                "no more of the group can be flagged than is flagged",
            ),
            holds(
                "missing_says_why",
                ("captured_share", "note"),
                lambda frame, _: frame["captured_share"].isna() == frame["note"].notna(),
                "a group without figures looks as if a cap on it cost nothing",
            ),
        ),
    )


def _frontier_curves() -> Part:
    rule = between(
        "tighter_cap_never_gains",
        "highest_gain_by_tighter_cap",
        None,
        1e-9,
        "a choice that is also open without the cap cannot catch more than the best one",
    )
    missing = between(
        "every_group_there",
        "missing_group_count",
        None,
        0,
        "a group that is left out of a fairness table looks as if it were not affected",
    )
    return Part("curves", ("model", "flagged_area", "attribute", "group_name"), (rule, missing))


def _feedback_rows() -> Part:
    return Part(
        "rows",
        ("over_recording_ratio", "policy", "first_day"),
        (
            between("patrol_share_is_share", "group_patrol_share", 0.0, 1.0, "a share lies between 0 and 1"),
            between(
                "error_is_declared",
                "over_recording_ratio",
                0.0,
                None,
                "without the assumed error nobody can tell what was simulated",
            ),
            error_is_stated("amplification"),
            error_is_stated("error_amplification"),
        ),
    )


def _feedback_whole() -> Part:
    rule = between(
        "every_policy_there",
        "missing_policy_count",
        0,
        0,
        "a policy that is left out looks as if it had not been tried",
    )
    return Part("whole", (), (rule,))


def _is_share(column: str) -> Rule:
    return between(f"{column}_is_share", column, 0.0, 1.0, "a share lies between 0 and 1")


def _withheld_in_company() -> Rule:
    return holds(
        "withheld_in_company",
        ("withheld_count", "group_count"),
        lambda frame, _: (frame["withheld_count"] != 1) | (frame["group_count"] == 1),
        "a group that is withheld alone is the total less the others",
    )


def _every_group() -> Rule:
    return between(
        "every_group_there",
        "missing_group_count",
        None,
        0,
        "a group that is left out of a fairness table looks as if it were not affected",
    )
