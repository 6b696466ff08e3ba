"""The suite of police.uk outcomes."""

from __future__ import annotations

from data_quality.schemas import PUBLISHED_COLUMNS
from data_quality.suites.located import (
    POLICE_TOLERANCE,
    coordinate_rules,
    lsoa_rules,
    month_rule,
    repeats_rule,
    single_force_rule,
    unlocated_rule,
)
from data_quality.suites.rules import DATA_ENGINEERING, Suite, in_set, matches
from data_quality.suites.vocabularies import CRIME_ID_PATTERN, OUTCOMES


def suite() -> Suite:
    """Return the rules of outcomes, one record an outcome recorded in the month; a crime may have several."""
    rules = (
        month_rule(),
        in_set(
            "outcome_type_known",
            "outcome_type",
            OUTCOMES,
            "an outcome that is not in police.uk's list, in either wording, falls in no outcome group",
            nulls_fail=True,
            tolerance=POLICE_TOLERANCE,
        ),
        matches(
            "crime_id_well_formed",
            "crime_id",
            CRIME_ID_PATTERN,
            "an outcome without the Crime ID of 64 hexadecimal digits belongs to no crime",
            nulls_fail=True,
            tolerance=POLICE_TOLERANCE,
        ),
        *coordinate_rules(),
        *lsoa_rules(),
        single_force_rule(),
        unlocated_rule(0.15),
        repeats_rule(
            PUBLISHED_COLUMNS["police_outcomes"],
            0.20,
            "several suspects of one crime can give equal outcomes; "
            "more than a fifth of all records suggests that the file holds its records twice",
        ),
    )
    return Suite(
        "police_outcomes", rules, ("source_row",), POLICE_TOLERANCE, may_be_empty=True, owner=DATA_ENGINEERING
    )
