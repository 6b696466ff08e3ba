"""Crime groups that risk and forecasts are of: police.uk's categories, and all of them together."""

from __future__ import annotations

ALL_CRIME = "all_crime"
OTHER = "other"
#: Drugs, weapons and shoplifting are found by whoever looks for them: they measure policing and shops too.
GROUPS: dict[str, tuple[str, ...]] = {
    "violence_robbery": ("Violence and sexual offences", "Robbery"),
    "burglary": ("Burglary",),
    "vehicle_crime": ("Vehicle crime",),
    "theft": ("Bicycle theft", "Other theft", "Theft from the person"),
    "damage_disorder": ("Criminal damage and arson", "Public order", "Anti-social behaviour"),
    "proactive": ("Drugs", "Possession of weapons", "Shoplifting"),
    OTHER: ("Other crime",),
}
GROUP_NAMES = (ALL_CRIME, *GROUPS)


def group_by_type() -> dict[str, str]:
    """Group of each known category; any other category belongs to ``other``, so that none is lost."""
    return {crime_type: group for group, crime_types in GROUPS.items() for crime_type in crime_types}
