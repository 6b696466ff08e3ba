"""The suite of police.uk stop and search."""

from __future__ import annotations

from data_quality.schemas import PUBLISHED_COLUMNS
from data_quality.suites import derived
from data_quality.suites import vocabularies as words
from data_quality.suites.located import POLICE_TOLERANCE, coordinate_rules, repeats_rule, unlocated_rule
from data_quality.suites.rules import (
    DATA_ENGINEERING,
    GOVERNANCE,
    Rule,
    Suite,
    holds,
    in_set,
    matches,
)

# Lists that police.uk leaves open: an unknown word is worth a look and no reason to lose a record.
_OPEN_LISTS = (
    ("type_known", "type", words.STOP_TYPES),
    ("gender_known", "gender", words.GENDERS),
    ("age_range_known", "age_range", words.AGE_RANGES),
    ("legislation_known", "legislation", words.LEGISLATION),
    ("object_of_search_known", "object_of_search", words.OBJECTS_OF_SEARCH),
    ("outcome_known", "outcome", words.STOP_OUTCOMES),
)


def suite() -> Suite:
    """Return the rules of stop and search, one record a search."""
    rules = (
        holds(
            "date_in_month",
            ("date",),
            derived.date_in_month,
            "a search must be dated in its file's month, give or take a day because the timestamps are UTC",
            tolerance=POLICE_TOLERANCE,
        ),
        *coordinate_rules(),
        *_ethnicity_rules(),
        *(_open_list(name, column, values) for name, column, values in _OPEN_LISTS),
        unlocated_rule(0.60),
        repeats_rule(
            PUBLISHED_COLUMNS["police_stop_and_search"],
            0.10,
            "searches have no ID, so some equal records are different people; "
            "more than a tenth suggests that the file holds its records twice",
        ),
    )
    return Suite(
        "police_stop_and_search",
        rules,
        ("source_row",),
        POLICE_TOLERANCE,
        may_be_empty=True,
        owner=DATA_ENGINEERING,
    )


def _ethnicity_rules() -> tuple[Rule, ...]:
    return (
        matches(
            "ethnicity_wording_known",
            "self_defined_ethnicity",
            words.SELF_DEFINED_ETHNICITY_PATTERN,
            "a self-defined ethnicity in neither published wording would be counted in the wrong group",
            tolerance=POLICE_TOLERANCE,
            owner=GOVERNANCE,
        ),
        in_set(
            "officer_ethnicity_known",
            "officer_defined_ethnicity",
            words.OFFICER_DEFINED_ETHNICITIES,
            "an officer-defined ethnicity outside the published list would be counted in the wrong group",
            tolerance=POLICE_TOLERANCE,
            owner=GOVERNANCE,
        ),
    )


def _open_list(name: str, column: str, values: frozenset[str]) -> Rule:
    reason = (
        f"{column} has a word that police.uk's files did not have so far: add it to the list if it is right"
    )
    return in_set(name, column, values, reason, scope="table", severity="warning")
