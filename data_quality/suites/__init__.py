"""Suites as code: what every dataset must be before anything is built on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

from data_quality.schemas import schema_of
from data_quality.suites import (
    age_sex,
    calendar,
    calls_for_service,
    census,
    deprivation,
    police_outcomes,
    police_stop_and_search,
    police_street,
    police_street_live,
)
from data_quality.suites.rules import Rule, Suite
from data_quality.suites.vocabularies import crime_types_of

__all__ = ["SUITES", "Rule", "Suite", "module_of", "partition_parameters", "suite_of"]

SUITES: dict[str, Callable[[], Suite]] = {
    "police_street": police_street.suite,
    "police_outcomes": police_outcomes.suite,
    "police_stop_and_search": police_stop_and_search.suite,
    "police_street_live": police_street_live.suite,
    "ons_lsoa_2021_boundaries": census.boundaries,
    "ons_lsoa_2011_2021_lookup": census.change_lookup,
    "ons_lsoa_2021_centroids": census.centroids,
    "ons_lsoa_2021_wards": census.wards,
    "ons_lad_police_forces": census.police_forces,
    "nomis_population": census.population,
    "nomis_ethnicity": census.ethnicity,
    "nomis_age_sex": age_sex.suite,
    "iod_2019": deprivation.deprivation_2019,
    "iod_2025": deprivation.deprivation_2025,
    "gla_town_centres": census.town_centres,
    "calls_for_service": calls_for_service.suite,
    "govuk_bank_holidays": calendar.bank_holidays,
    "metoffice_monthly_weather": calendar.weather,
}


@cache
def suite_of(dataset: str) -> Suite:
    """Return the suite of a dataset.

    Raises
    ------
    ValueError
        When there is no such dataset.
    """
    schema_of(dataset)
    return SUITES[dataset]()


def module_of(dataset: str) -> ModuleType:
    """Return the module that defines the suite of a dataset."""
    import sys

    return sys.modules[SUITES[dataset].__module__]


def partition_parameters(month: str | None) -> dict[str, list[str]]:
    """Return what rules take from the month of a partition (``YYYY-MM``); nothing for reference data."""
    if month is None:
        return {}
    return {"months": [month], "crime_types": sorted(crime_types_of(month))}
