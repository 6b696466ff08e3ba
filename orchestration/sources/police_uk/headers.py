"""Headers of the police.uk CSV files, verbatim, and the column names made of them."""

from __future__ import annotations

HEADERS: dict[str, tuple[str, ...]] = {
    "street": (
        "Crime ID",
        "Month",
        "Reported by",
        "Falls within",
        "Longitude",
        "Latitude",
        "Location",
        "LSOA code",
        "LSOA name",
        "Crime type",
        "Last outcome category",
        "Context",
    ),
    "outcomes": (
        "Crime ID",
        "Month",
        "Reported by",
        "Falls within",
        "Longitude",
        "Latitude",
        "Location",
        "LSOA code",
        "LSOA name",
        "Outcome type",
    ),
    # Mind the order here: latitude comes first.
    "stop-and-search": (
        "Type",
        "Date",
        "Part of a policing operation",
        "Policing operation",
        "Latitude",
        "Longitude",
        "Gender",
        "Age range",
        "Self-defined ethnicity",
        "Officer-defined ethnicity",
        "Legislation",
        "Object of search",
        "Outcome",
        "Outcome linked to object of search",
        "Removal of more than just outer clothing",
    ),
}


def snake_case(name: str) -> str:
    """Return the column name for a published header, such as ``lsoa_code`` for ``LSOA code``."""
    return name.lower().replace(" ", "_").replace("-", "_")
