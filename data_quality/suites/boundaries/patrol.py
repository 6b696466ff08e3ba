"""Suites of the patrol plan and its feedback simulation: what they must be before anybody looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_quality.suites.boundaries.simulation_error import error_is_stated
from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import GOVERNANCE, between, holds

if TYPE_CHECKING:
    import pandas as pd


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of both tables."""
    return (
        TableSuite("ml", "ml_patrol_plan", GOVERNANCE, (_areas(), _plan())),
        TableSuite("ml", "ml_patrol_feedback", GOVERNANCE, (_simulated(), _policies())),
    )


def _areas() -> Part:
    return Part(
        "rows",
        ("lsoa_code",),
        (
            holds(
                "never_approves_itself",
                ("status",),
                lambda frame, _: frame["status"] == "proposed",
                "a plan that the system calls approved was approved by nobody",
            ),
            between("harm_not_negative", "expected_harm_days", 0.0, None, "no area has less than none"),
            holds(
                "as_forecast",
                ("expected_harm_days", "forecast_harm_days"),
                _as_forecast,
                "a plan is of the forecast that is published beside it, or its reasons are not true",
            ),
        ),
    )


def _as_forecast(frame: pd.DataFrame, month: str | None) -> pd.Series:
    return (frame["expected_harm_days"] - frame["forecast_harm_days"]).abs() <= 1e-5


def _plan() -> Part:
    return Part(
        "plan",
        ("plan_sha256",),
        (
            between(
                "random_part_is_kept",
                "random_shortfall",
                None,
                1e-9,
                "a plan with fewer random areas than it says damps nothing",
            ),
            between(
                "no_more_than_teams_cover",
                "surplus_count",
                None,
                0,
                "a plan that nobody can carry out is carried out in part, and nobody knows which",
            ),
            between(
                "most_harm_comes_first",
                "passed_over_count",
                0,
                0,
                "an area that is passed over for one with less expected harm has no reason",
            ),
        ),
    )


def _simulated() -> Part:
    return Part(
        "rows",
        ("policy", "over_recording_ratio", "last_day"),
        (
            between("patrols_are_shares", "group_patrol_share", 0.0, 1.0, "a share lies between 0 and 1"),
            holds(
                "right_record_amplifies_nothing",
                ("over_recording_ratio", "error_amplification"),
                lambda frame, _: (
                    (frame["over_recording_ratio"] != 1)
                    | frame["error_amplification"].isna()
                    | ((frame["error_amplification"] - 1).abs() <= 1e-9)
                ),
                "what is held against itself differs by nothing",
            ),
            error_is_stated("error_amplification"),
        ),
    )


def _policies() -> Part:
    beside = "an amplification says nothing without the right record and the plan without chance beside it"
    return Part(
        "policies",
        (),
        (
            between("both_policies_there", "policy_count", 2, 2, beside),
            between("right_record_there", "right_record_count", 1, None, beside),
        ),
    )
