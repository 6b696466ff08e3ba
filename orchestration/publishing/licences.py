"""Whose data a release holds, under which licence and with which words of attribution.

The wording is that of the Open Government Licence v3.0 and of the Office for National Statistics' terms for
statistics and for geography products.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

OGL_NAME = "Open Government Licence v3.0"
OGL_ADDRESS = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"

_OGL = "Contains public sector information licensed under the Open Government Licence v3.0."
_ONS = "Source: Office for National Statistics licensed under the Open Government Licence v.3.0"
_OS = "Contains OS data © Crown copyright and database right {year}"

_POLICE = "police.uk: street-level crime, outcomes, stop and search (Home Office)"
_ONS_GEOGRAPHY = "Office for National Statistics: boundaries and lookups"
_ONS_STATISTICS = "Office for National Statistics: population estimates and Census 2021 (Nomis)"
_DEPRIVATION = "English indices of deprivation (MHCLG)"
_TOWN_CENTRES = "Town centre boundaries (Greater London Authority)"

_SOURCES = {
    "police_street": (_POLICE, _OGL),
    "police_outcomes": (_POLICE, _OGL),
    "police_stop_and_search": (_POLICE, _OGL),
    "police_street_live": (_POLICE, _OGL),
    "ons_lsoa_2021_boundaries": (_ONS_GEOGRAPHY, f"{_ONS}. {_OS}."),
    "ons_lsoa_2011_2021_lookup": (_ONS_GEOGRAPHY, f"{_ONS}. {_OS}."),
    "ons_lsoa_2021_centroids": (_ONS_GEOGRAPHY, f"{_ONS}. {_OS}."),
    "ons_lsoa_2021_wards": (_ONS_GEOGRAPHY, f"{_ONS}. {_OS}."),
    "ons_lad_police_forces": (_ONS_GEOGRAPHY, f"{_ONS}. {_OS}."),
    "nomis_population": (_ONS_STATISTICS, f"{_ONS}."),
    "nomis_ethnicity": (_ONS_STATISTICS, f"{_ONS}."),
    "iod_2019": (_DEPRIVATION, _OGL),
    "iod_2025": (_DEPRIVATION, _OGL),
    "gla_town_centres": (_TOWN_CENTRES, f"{_OGL} {_OS}."),
}
# Whose terms depend on what was landed: the provenance says them.
_DECLARED_WHEN_LANDED = {"calls_for_service": "Calls for service"}


def licence_entries(
    datasets: Iterable[str], *, year: int, is_synthetic: bool, data_root: Path
) -> list[dict[str, str]]:
    """List the sources of a release with licence and attribution.

    Parameters
    ----------
    datasets
        Dataset slugs used.
    year
        Year for the Ordnance Survey copyright line.
    is_synthetic
        Whether the data only have the shape of these sources. Then the attribution says so first, as naming a
        publisher beside invented figures would mislead, which the licence forbids.
    data_root
        The data folder, whose landed files say their own terms where these are not the same for all.

    Returns
    -------
    list of dict
        ``source``, ``licence``, ``attribution``; one for each publisher, in order of name.
    """
    ogl = f"{OGL_NAME} ({OGL_ADDRESS})"
    used = {_terms(slug, ogl, year, data_root) for slug in datasets}
    prefix = "Synthetic data in the shape of this source; nothing here was recorded. The real data: "
    return [
        {
            "source": source,
            "licence": licence,
            "attribution": (prefix if is_synthetic else "") + attribution,
        }
        for source, licence, attribution in sorted(used)
    ]


def _terms(slug: str, ogl: str, year: int, data_root: Path) -> tuple[str, str, str]:
    if slug in _DECLARED_WHEN_LANDED:
        path = data_root / "landing" / slug / "provenance.json"
        landed = json.loads(path.read_text(encoding="utf-8"))
        return _DECLARED_WHEN_LANDED[slug], landed["licence"], landed["attribution"]
    source, attribution = _SOURCES.get(slug, (slug, _OGL))
    return source, ogl, attribution.format(year=year)
