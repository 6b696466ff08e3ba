"""Suite of the long table of fairness figures: it says what its sources say, all of it and nothing else."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import GOVERNANCE, between


def suites() -> tuple[TableSuite, ...]:
    """Return the suite of the long table."""
    return (TableSuite("ml", "ml_fairness_groups", GOVERNANCE, (_sources(),)),)


def _sources() -> Part:
    return Part(
        "sources",
        ("source_table",),
        (
            between(
                "every_row_there",
                "missing_row_count",
                0,
                0,
                "a group that is left out of a fairness table looks as if it were not affected",
            ),
            between(
                "every_figure_is_the_source_s",
                "other_row_count",
                0,
                0,
                "two tables of one release that differ leave nobody a figure to rely on",
            ),
        ),
    )
