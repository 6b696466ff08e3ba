"""The suite of the table that follows models of call priority month by month."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, between, holds


def suites() -> tuple[TableSuite, ...]:
    """Return the suite of monthly figures of call priority."""
    rows = (
        holds(
            "dangerous_within_calls",
            ("dangerous_count", "call_count"),
            lambda frame, _: frame["dangerous_count"] <= frame["call_count"],
            "no more calls can be dangerous than there are",
        ),
        holds(
            "area_where_both_kinds_are",
            ("roc_auc", "dangerous_count", "call_count"),
            lambda frame, _: (
                frame["roc_auc"].notna() == frame["dangerous_count"].between(1, frame["call_count"] - 1)
            ),
            "an area is undefined exactly where all calls are of one kind",
        ),
        holds(
            "floor_below_its_upper_bound",
            ("calibration_floor", "calibration_floor_upper"),
            lambda frame, _: frame["calibration_floor"] <= frame["calibration_floor_upper"],
            "an error is held against what chance alone stays below",
        ),
    )
    chosen = between(
        "one_model_chosen",
        "chosen_count",
        1,
        1,
        "the one model that is published is watched for drift",
    )
    parts = (
        Part("rows", ("split", "model", "month"), rows),
        Part("scenarios", ("split", "location_precision", "month"), (chosen,)),
    )
    return (TableSuite("ml", "ml_call_priority_months", ANALYSIS, parts),)
