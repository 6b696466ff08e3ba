"""Suites of the dimensions and of the tables about areas' deprivation and residents."""

from __future__ import annotations

from data_quality.suites.boundaries.table_suite import Part, TableSuite
from data_quality.suites.rules import ANALYSIS, DATA_ENGINEERING, GOVERNANCE, Rule, between


def suites() -> tuple[TableSuite, ...]:
    """Return the suites of the area tables."""
    return (
        TableSuite("warehouse", "dim_lsoa", DATA_ENGINEERING, (_areas(),)),
        TableSuite("warehouse", "dim_district_residents", GOVERNANCE, (_districts(),)),
        TableSuite("warehouse", "dim_month", DATA_ENGINEERING, (_months(),)),
        TableSuite("warehouse", "mart_deprivation_domains", ANALYSIS, (_domains(),)),
        TableSuite("warehouse", "mart_resident_denominators", ANALYSIS, (_denominators(),)),
    )


def _areas() -> Part:
    return Part(
        "whole",
        (),
        (
            between("areas_there", "area_count", 1, None, "without areas nothing can be placed"),
            _covered("population", "a rate needs residents"),
            _covered("ward", "an area without a ward is missing from every ward's and district's total"),
            _covered("force", "an area of no force makes crimes there look misplaced"),
            _covered("ethnicity", "residents without an ethnic group understate a fairness audit's base"),
            _covered("imd_2019", "an English area without the index of 2019 drops out of its audit"),
            _covered("imd_2025", "an English area without the index of 2025 drops out of its audit"),
        ),
    )


def _covered(what: str, reason: str) -> Rule:
    return between(f"{what}_covers_areas", f"{what}_share", 0.99, None, reason)


def _districts() -> Part:
    return Part(
        "whole",
        (),
        (
            between("districts_there", "district_count", 1, None, "without districts nothing has a rate"),
            between("fewest_groups", "fewest_groups", 10, 10, "a district has five age ranges, two genders"),
            between("most_groups", "most_groups", 10, 10, "a district has five age ranges, two genders"),
            between(
                "half_known_districts",
                "half_known_count",
                0,
                0,
                "a district with the residents of some groups alone would have wrong ratios between them",
            ),
        ),
    )


def _months() -> Part:
    reason = "a month left out of the calendar drops out of every series that is joined to it"
    return Part(
        "whole",
        (),
        (
            Rule(
                "months_without_gap",
                "ExpectColumnPairValuesToBeEqual",
                reason,
                ("month_count", "months_spanned"),
                scope="table",
                kwargs={"column_A": "month_count", "column_B": "months_spanned"},
            ),
            between("fewest_days", "fewest_days", 28, 31, "a month has 28 to 31 days"),
            between("most_days", "most_days", 28, 31, "a month has 28 to 31 days"),
        ),
    )


def _domains() -> Part:
    return Part(
        "domains",
        ("index_year", "domain"),
        (
            between("ten_deciles", "decile_count", 10, 10, "deciles run from 1, the most deprived, to 10"),
            between(
                "deciles_are_tenths",
                "largest_decile_share",
                None,
                0.11,
                "a decile holds a tenth of the areas; more means that ranks repeat or areas are missing",
                severity="warning",
            ),
        ),
    )


def _denominators() -> Part:
    return Part(
        "whole",
        (),
        (
            between("areas_there", "area_count", 1, None, "every area has its denominator"),
            between(
                "resident_rates_mostly_meaningful",
                "misleading_share",
                None,
                0.1,
                "where more than a tenth of the areas have too few residents, rates should not be ranked",
                severity="warning",
            ),
        ),
    )
