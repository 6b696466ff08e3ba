"""The reference datasets: what each is, on what terms, where it is fetched and by what names it is found."""

from __future__ import annotations

from orchestration.sources.catalogue.calendar import CALENDAR, WEATHER_STATIONS
from orchestration.sources.catalogue.geography import GEOGRAPHY
from orchestration.sources.catalogue.model import (
    ArcgisLayer,
    Column,
    NomisQuery,
    PublishedFiles,
    ReferenceDataset,
)
from orchestration.sources.catalogue.people import PEOPLE
from orchestration.sources.catalogue.police import POLICE_SOURCES
from orchestration.sources.catalogue.terms import OGL, OGL_ADDRESS

__all__ = [
    "CATALOGUE",
    "OGL",
    "OGL_ADDRESS",
    "POLICE_SOURCES",
    "WEATHER_STATIONS",
    "ArcgisLayer",
    "Column",
    "NomisQuery",
    "PublishedFiles",
    "ReferenceDataset",
]

CATALOGUE: dict[str, ReferenceDataset] = {
    dataset.slug: dataset for dataset in (*GEOGRAPHY, *PEOPLE, *CALENDAR)
}
