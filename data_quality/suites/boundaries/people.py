"""Suites of the tables about outcomes and about stop and search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, GOVERNANCE, between, holds, in_set
from data_quality.suites.vocabularies import ETHNIC_GROUPS

if TYPE_CHECKING:
    import pandas as pd

NOT_STATED = "Not stated"


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of outcomes and of stop and search."""
    return (
        TableSuite("warehouse", "fct_outcomes", ANALYSIS, (_outcomes(),)),
        TableSuite("warehouse", "mart_crime_outcomes", ANALYSIS, (_crime_outcomes(),)),
        TableSuite("warehouse", "fct_stops", GOVERNANCE, (_stops(),)),
        TableSuite("warehouse", "mart_stops_ethnicity", GOVERNANCE, (_ethnicity(), _complete())),
    )


def _outcomes() -> Part:
    return Part(
        "force_months",
        ("force_slug", "outcome_month"),
        (
            between("outcome_group_known", "without_group_share", None, 0.0, "every wording has its group"),
            between(
                "outcomes_of_held_crimes",
                "linked_share",
                0.5,
                None,
                "outcomes come up to years after their crime: with a short history most crimes are not held",
                severity="info",
            ),
        ),
    )


def _crime_outcomes() -> Part:
    return Part(
        "whole",
        (),
        (
            between(
                "outcomes_after_crimes",
                "before_crime_share",
                None,
                0.01,
                "0.3% of real first outcomes are dated before their crime; more suggests wrong links",
                severity="warning",
            ),
        ),
    )


def _stops() -> Part:
    return Part(
        "force_months",
        ("force_slug", "stop_month"),
        (
            between(
                "ethnicity_mostly_stated",
                "not_stated_share",
                None,
                0.5,
                "where most searches state no ethnicity, ratios between groups say little",
                severity="warning",
            ),
            between(
                "share_unlocated",
                "unlocated_share",
                None,
                0.6,
                "half of real searches have no place, in some months all; above that, no area can be audited",
                severity="warning",
            ),
            between(
                "share_repeated",
                "repeated_share",
                None,
                0.1,
                "more than a tenth of equal searches suggests that the file holds its records twice",
                severity="warning",
            ),
            between(
                "share_without_outcome",
                "without_outcome_share",
                None,
                0.2,
                "up to 15% of a real month's searches name no outcome; above that, shares mislead",
                severity="warning",
            ),
        ),
    )


def _ethnicity() -> Part:
    return Part(
        "rows",
        ("force_slug", "ethnicity_basis", "ethnic_group"),
        (
            in_set(
                "ethnic_group_known",
                "ethnic_group",
                {*ETHNIC_GROUPS, NOT_STATED},
                "groups are the census's five, and those who stated none are never counted among Other",
            ),
            holds(
                "results_within_searches",
                ("stop_count", "arrest_count", "no_further_action_count"),
                _results_within_searches,
                "no more searches can have ended one way or another than there were",
            ),
            holds(
                "residents_for_groups_alone",
                ("ethnic_group", "resident_count"),
                _residents_for_groups_alone,
                "nobody lives anywhere as 'Not stated': a rate for it would be invented",
            ),
        ),
    )


def _results_within_searches(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return frame["arrest_count"] + frame["no_further_action_count"] <= frame["stop_count"]


def _residents_for_groups_alone(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return (frame["ethnic_group"] != NOT_STATED) | frame["resident_count"].isna()


def _complete() -> Part:
    return Part(
        "bases",
        ("force_slug", "ethnicity_basis"),
        (
            between(
                "every_group_there",
                "group_count",
                len(ETHNIC_GROUPS) + 1,
                len(ETHNIC_GROUPS) + 1,
                "a group that is left out of an audit table looks as if nobody of it was searched",
            ),
        ),
    )
