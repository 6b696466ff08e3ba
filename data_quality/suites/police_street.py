"""The suite of police.uk street-level crime."""

from __future__ import annotations

from data_quality.schemas import PUBLISHED_COLUMNS
from data_quality.suites import derived
from data_quality.suites.located import (
    POLICE_TOLERANCE,
    coordinate_rules,
    lsoa_rules,
    month_rule,
    repeats_rule,
    single_force_rule,
    unlocated_rule,
)
from data_quality.suites.rules import (
    ANALYSIS,
    CRIME_TYPES_PARAMETER,
    DATA_ENGINEERING,
    Rule,
    Suite,
    holds,
    in_set,
    matches,
)
from data_quality.suites.vocabularies import CRIME_ID_PATTERN, OUTCOMES


def suite() -> Suite:
    """Return the rules of street-level crime, one record a crime."""
    rules = (
        month_rule(),
        in_set(
            "crime_type_known",
            "crime_type",
            CRIME_TYPES_PARAMETER,
            "a category that police.uk did not use in this month has no harm weight",
            nulls_fail=True,
            owner=ANALYSIS,
            tolerance=POLICE_TOLERANCE,
        ),
        *coordinate_rules(),
        *lsoa_rules(),
        matches(
            "crime_id_well_formed",
            "crime_id",
            CRIME_ID_PATTERN,
            "a Crime ID is 64 hexadecimal digits; anything else cannot be linked to its outcomes",
            tolerance=POLICE_TOLERANCE,
        ),
        holds(
            "crime_id_absent_only_for_asb",
            ("crime_id", "crime_type"),
            derived.crime_id_absent_only_for_asb,
            "every crime has an ID and anti-social behaviour has none; otherwise columns are misplaced",
            tolerance=POLICE_TOLERANCE,
        ),
        _crime_id_repeats(),
        in_set(
            "last_outcome_known",
            "last_outcome_category",
            OUTCOMES,
            "an outcome that is not in police.uk's list falls in no outcome group",
            scope="table",
            severity="warning",
        ),
        single_force_rule(),
        unlocated_rule(0.15),
        repeats_rule(
            PUBLISHED_COLUMNS["police_street"],
            0.20,
            "anti-social behaviour repeats truly, as it has neither ID nor exact place; "
            "more than a fifth of all records suggests that the file holds its records twice",
        ),
    )
    return Suite(
        "police_street", rules, ("source_row",), POLICE_TOLERANCE, may_be_empty=True, owner=DATA_ENGINEERING
    )


def _crime_id_repeats() -> Rule:
    return Rule(
        "crime_id_repeats",
        "ExpectColumnValuesToBeUnique",
        "an ID that repeats in a month counts one crime more than once; the copies mostly differ in place",
        ("crime_id",),
        scope="table",
        severity="warning",
    )
