"""The suite of the table that holds which levels models of call priority give to calls of which level."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, between, holds


def suites() -> tuple[TableSuite, ...]:
    """Return the suite of confusion matrices of call priority."""
    is_whole = holds(
        "every_cell_counted",
        ("target", "cell_count"),
        lambda frame, _: frame["cell_count"] == frame["target"].map({"dangerous": 4, "priority": 36}),
        "a matrix without its empty cells reads as one of other levels",
    )
    fits_target = holds(
        "levels_and_decision_of_target",
        ("target", "decision", "lowest_level", "highest_level"),
        lambda frame, _: (
            ((frame["decision"] == "likeliest") == (frame["target"] == "priority"))
            & (frame["lowest_level"] == (frame["target"] == "priority"))
            & (frame["highest_level"] == frame["target"].map({"dangerous": 1, "priority": 6}))
        ),
        "dangerous calls are told by a threshold, levels by the likeliest; neither by the other's numbers",
    )
    same_calls = between(
        "models_judged_on_same_calls",
        "call_count_versions",
        1,
        1,
        "models can be compared on the same calls alone, so that each level has as many for all of them",
    )
    parts = (
        Part("matrices", ("split", "model", "decision"), (is_whole, fits_target)),
        Part("levels", ("split", "target", "true_level"), (same_calls,)),
    )
    return (TableSuite("ml", "ml_call_priority_confusion", ANALYSIS, parts),)
