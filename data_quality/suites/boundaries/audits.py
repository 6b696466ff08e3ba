"""Suites of the audit tables, which already hold what was found: these rules say what of it is acceptable."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, DATA_ENGINEERING, between, in_set

_PARTITION = ("dataset", "force_slug", "record_month")
_METHODS = frozenset(
    {
        "merged_parent",
        "nearest_centroid",
        "point_in_polygon",
        "split_nearest_centroid",
        "split_point_in_polygon",
        "supplied_2021",
        "supplied_unchanged",
        "unlocated",
    }
)


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of the audit tables."""
    return tuple(
        TableSuite("warehouse", table, DATA_ENGINEERING, (part,))
        for table, part in (
            ("audit_category_gaps", _category_gaps()),
            ("audit_coverage", _coverage()),
            ("audit_duplicates", _duplicates()),
            ("audit_freshness", _freshness()),
            ("audit_live_feed", _live_feed()),
            ("audit_location_agreement", _location_agreement()),
            ("audit_location_methods", _location_methods()),
            ("audit_revisions", _revisions()),
            ("audit_row_reconciliation", _reconciliation()),
            ("audit_volume", _volume()),
        )
    )


def _category_gaps() -> Part:
    rule = between(
        "no_category_missing",
        "expected_count",
        None,
        10,
        "a category without a record in a month that should have ten or more was lost, not absent",
        severity="warning",
        owner=ANALYSIS,
    )
    return Part("rows", ("force_slug", "crime_month", "crime_type"), (rule,))


def _coverage() -> Part:
    return Part(
        "datasets",
        ("dataset", "force_slug"),
        (
            between(
                "nothing_withheld",
                "withheld_count",
                None,
                0,
                "a partition that did not pass its gate is missing from every table",
                severity="warning",
            ),
            between(
                "months_without_gap",
                "gap_count",
                None,
                0,
                "a month missing between two that are there breaks the series, and is no month without crime",
                severity="info",
            ),
        ),
    )


def _duplicates() -> Part:
    return Part(
        "rules",
        ("dataset", "duplicate_rule"),
        (
            between(
                "surplus_is_small",
                "surplus_share",
                None,
                0.1,
                "repeats are kept, since which are real is not published; above a tenth a file came twice",
                severity="warning",
            ),
            between(
                "no_repeats",
                "surplus_count",
                None,
                0,
                "how many records equal another, by the rule that found them",
                severity="info",
            ),
        ),
    )


def _freshness() -> Part:
    rule = between(
        "newest_month_held",
        "months_behind_count",
        None,
        0,
        "a force whose newest month is missing looks quiet where it is only late",
        severity="info",
    )
    return Part("rows", ("dataset", "force_slug"), (rule,))


def _live_feed() -> Part:
    rule = between(
        "feed_agrees_with_archive",
        "difference_share",
        None,
        0.1,
        "the API and the archive of one month should hold nearly the same crimes",
        severity="warning",
    )
    return Part("areas", ("area_name", "crime_month"), (rule,))


def _location_agreement() -> Part:
    return Part(
        "rows",
        ("force_slug", "crime_month"),
        (
            between(
                "codes_agree_with_coordinates",
                "disagreeing_share",
                None,
                0.05,
                "in no real month do more than 3% of the points lie away from the area of their code",
                severity="warning",
            ),
            between(
                "codes_and_coordinates_of_one_place",
                "disagreeing_share",
                None,
                0.5,
                "where most points lie away from the area of their code, one of the two is of other records",
            ),
        ),
    )


def _location_methods() -> Part:
    rule = in_set(
        "location_method_known",
        "location_method",
        _METHODS,
        "a way of placing records that the documentation does not describe cannot be traced",
    )
    return Part("rows", ("force_slug", "crime_month"), (rule,))


def _revisions() -> Part:
    rule = between(
        "few_records_gone",
        "gone_share",
        None,
        0.05,
        "upstream restates old months; when more than one record in twenty is gone, somebody should ask why",
        severity="warning",
        owner=ANALYSIS,
    )
    return Part("rows", ("month", "force"), (rule,))


def _reconciliation() -> Part:
    rule = between(
        "few_records_quarantined",
        "quarantined_share",
        None,
        0.01,
        "a file of which more than one record in a hundred is set aside has a fault that is worth mending",
        severity="warning",
    )
    return Part("rows", _PARTITION, (rule,))


def _volume() -> Part:
    return Part(
        "rows",
        _PARTITION,
        (
            between(
                "volume_as_expected",
                "anomaly_score",
                -4.0,
                4.0,
                "a count more than four standard errors from the force's own seasonal history",
                severity="warning",
            ),
            between(
                "volume_of_this_force",
                "judged_ratio",
                0.1,
                10.0,
                "a tenth of what is expected, or ten times as much, is a file cut short or joined: the "
                "emptiest real month, under lockdown, kept a quarter",
            ),
        ),
    )
