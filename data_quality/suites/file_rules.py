"""Rules about a file as a whole, judged on one row of facts that the gate gathers about it."""

from __future__ import annotations

from functools import cache

from data_quality.suites.rules import Owner, Rule, Severity, between, in_set, owned


@cache
def file_rules(quarantine_tolerance: float, may_be_empty: bool, owner: Owner) -> tuple[Rule, ...]:
    """Return the rules that every file must keep.

    Parameters
    ----------
    quarantine_tolerance
        Share of the records, 0 to 1, that may be quarantined.
    may_be_empty
        Whether a file without records is only a warning.
    owner
        The role that answers for the dataset.
    """
    empty: Severity = "warning" if may_be_empty else "critical"
    rules = (
        in_set(
            "columns_as_published",
            "columns_at_fault",
            {""},
            "missing, unknown or wrongly typed columns mean that upstream changed its format",
            scope="table",
        ),
        Rule(
            "record_count_matches",
            "ExpectColumnPairValuesToBeEqual",
            "every record that was landed must be either validated or quarantined",
            ("record_count_landed", "record_count_parsed"),
            scope="table",
            kwargs={"column_A": "record_count_landed", "column_B": "record_count_parsed"},
        ),
        between(
            "file_not_empty",
            "record_count_parsed",
            1,
            None,
            "a file without records is more often a fault than a quiet month",
            scope="table",
            severity=empty,
        ),
        between(
            "share_quarantined",
            "share_quarantined",
            None,
            quarantine_tolerance,
            f"a file is at fault itself if more than {quarantine_tolerance:.0%} of its records are rejected",
            scope="table",
        ),
    )
    return owned(rules, owner)
