"""Rules about place that the police.uk files share."""

from __future__ import annotations

from data_quality.suites import derived
from data_quality.suites.rules import MONTH_PARAMETER, Rule, holds, in_set, matches
from data_quality.suites.vocabularies import LSOA_PATTERN

POLICE_TOLERANCE = 0.05


def coordinate_rules() -> tuple[Rule, ...]:
    """Return the rules about longitude and latitude."""
    return (
        holds(
            "coordinates_complete",
            ("longitude", "latitude"),
            derived.coordinates_complete,
            "a point needs both coordinates",
            tolerance=POLICE_TOLERANCE,
        ),
        holds(
            "coordinates_in_great_britain",
            ("longitude", "latitude"),
            derived.coordinates_in_great_britain,
            "coordinates must be numbers in degrees, longitude -8.7 to 1.8 and latitude 49.8 to 60.9",
            tolerance=POLICE_TOLERANCE,
        ),
    )


def lsoa_rules() -> tuple[Rule, ...]:
    """Return the rules about the LSOA code that police.uk supplies."""
    return (
        matches(
            "lsoa_code_well_formed",
            "lsoa_code",
            LSOA_PATTERN,
            "only English and Welsh LSOAs (E01 or W01 and six digits) can be reconciled with a census",
            tolerance=POLICE_TOLERANCE,
        ),
        holds(
            "location_complete",
            ("lsoa_code", "longitude", "latitude"),
            derived.location_complete,
            "police.uk gives the LSOA code and the coordinates together or not at all; either still locates",
            scope="table",
            severity="warning",
        ),
    )


def month_rule() -> Rule:
    """Return the rule that a record belongs to the month of its file."""
    return in_set(
        "month_matches_file",
        "month",
        MONTH_PARAMETER,
        "a record of another month would be counted in the wrong partition",
        nulls_fail=True,
        tolerance=POLICE_TOLERANCE,
    )


def single_force_rule() -> Rule:
    """Return the warning that a file names more than one force."""
    return Rule(
        "one_force_per_file",
        "ExpectColumnUniqueValueCountToBeBetween",
        "a file should name one force in 'Reported by'; more suggests that files were joined",
        ("reported_by",),
        scope="table",
        severity="warning",
        kwargs={"min_value": 0, "max_value": 1},
    )


def unlocated_rule(tolerated_share: float) -> Rule:
    """Return the warning that more than the given share of the records has no coordinates."""
    return Rule(
        "share_unlocated",
        "ExpectColumnProportionOfNonNullValuesToBeBetween",
        f"more than {tolerated_share:.0%} of the records without a location makes maps and rates unreliable",
        ("longitude",),
        scope="table",
        severity="warning",
        kwargs={"min_value": round(1 - tolerated_share, 6), "max_value": None},
    )


def repeats_rule(columns: tuple[str, ...], tolerance: float, reason: str) -> Rule:
    """Return the warning that too many records equal another one in every published field."""
    return holds(
        "full_row_repeats",
        columns,
        derived.appears_once(columns),
        reason,
        scope="table",
        severity="warning",
        tolerance=tolerance,
    )
