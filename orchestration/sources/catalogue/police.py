"""What the police.uk datasets are, and on what terms."""

from __future__ import annotations

from orchestration.sources.catalogue.terms import OGL, PUBLIC_SECTOR
from orchestration.sources.types import Description

_ARCHIVE = "https://data.police.uk/data/"
_API = "https://data.police.uk/docs/"


def _described(dataset: str, what: str, home_page: str) -> Description:
    return Description(dataset, f"police.uk: {what} (Home Office)", OGL, PUBLIC_SECTOR, home_page)


POLICE_SOURCES = {
    source.dataset: source
    for source in (
        _described("police_street", "street-level crime", _ARCHIVE),
        _described("police_outcomes", "outcomes", _ARCHIVE),
        _described("police_stop_and_search", "stop and search", _ARCHIVE),
        _described("police_street_live", "newest month of one area, from the API", _API),
    )
}
