"""What the police.uk datasets are called in a release; their provenance has licence and attribution."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PoliceSource:
    """Title and home page of a police.uk dataset."""

    title: str
    home_page: str


POLICE_SOURCES = {
    "police_street": PoliceSource(
        "police.uk: street-level crime (Home Office)", "https://data.police.uk/data/"
    ),
    "police_outcomes": PoliceSource("police.uk: outcomes (Home Office)", "https://data.police.uk/data/"),
    "police_stop_and_search": PoliceSource(
        "police.uk: stop and search (Home Office)", "https://data.police.uk/data/"
    ),
}
