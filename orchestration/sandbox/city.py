"""Assembles the city; each stage is built when it is first asked for, and kept."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from orchestration.sandbox import crimes as crimes_
from orchestration.sandbox import geography as geography_
from orchestration.sandbox import intensity as intensity_
from orchestration.sandbox import outcomes as outcomes_
from orchestration.sandbox import places as places_
from orchestration.sandbox import population as population_
from orchestration.sandbox import stops as stops_
from orchestration.sandbox import weather as weather_
from orchestration.sandbox.categories import ASB
from orchestration.sandbox.flaws import BadRow, FileRecords, break_rows, choose_bad_rows
from orchestration.sandbox.plan import CityPlan
from orchestration.sandbox.police_files import outcomes_table, stops_table, street_table
from orchestration.sources.catalogue import WEATHER_STATIONS

if TYPE_CHECKING:
    import pyarrow as pa

    from orchestration.sandbox.truth import Truth


class City:
    """A synthetic city.

    Parameters
    ----------
    plan
        What it is asked to be. Stages draw from streams of their own, so the order of asking changes nothing.
    """

    def __init__(self, plan: CityPlan) -> None:
        self.plan = plan

    @functools.cached_property
    def geography(self) -> geography_.Geography:
        """The areas of both censuses."""
        return geography_.build_geography(self.plan)

    @functools.cached_property
    def _centre_lsoas(self) -> np.ndarray:
        return places_.choose_centre_lsoas(self.plan, self.geography)

    @functools.cached_property
    def people(self) -> population_.People:
        """Residents, ethnic groups and deprivation."""
        return population_.build_people(self.plan, self.geography, self._centre_lsoas)

    @functools.cached_property
    def town_centres(self) -> tuple[places_.TownCentre, ...]:
        """The town centre polygons."""
        return places_.build_town_centres(self.plan, self.geography, self._centre_lsoas)

    @functools.cached_property
    def intensity(self) -> np.ndarray:
        """Expected background records, shape (2021 LSOAs, crime types, months)."""
        return intensity_.build_intensity(self.plan, self.people, self._centre_lsoas)

    @functools.cached_property
    def hotspots(self) -> tuple[places_.Hotspot, ...]:
        """The planted micro-hotspots."""
        return places_.plant_hotspots(self.plan, self.geography, self.people, self.town_centres)

    @functools.cached_property
    def snaps(self) -> places_.SnapPoints:
        """The anonymous map points."""
        return places_.build_snap_points(self.plan, self.geography, self.intensity, self.hotspots)

    @functools.cached_property
    def crimes(self) -> crimes_.CrimeRecords:
        """The street records."""
        return crimes_.draw_crimes(self.plan, self.geography, self.intensity, self.hotspots, self.snaps)

    @functools.cached_property
    def outcomes(self) -> outcomes_.OutcomeRecords:
        """The outcome records."""
        return outcomes_.draw_outcomes(self.plan, self.crimes)

    @functools.cached_property
    def stops(self) -> stops_.StopRecords:
        """The stop and search records."""
        return stops_.draw_stops(self.plan, self.geography, self.people, self.intensity, self.snaps.atom)

    @functools.cached_property
    def weather(self) -> weather_.Weather:
        """The weather at every station of the catalogue, in its order."""
        return weather_.draw_weather(self.plan, len(WEATHER_STATIONS))

    @functools.cached_property
    def _bad(self) -> dict[str, tuple[np.ndarray, tuple[BadRow, ...]]]:
        fit = {
            "street": self.crimes.is_located & (self.crimes.category != ASB) & ~self.crimes.repeats_crime_id,
            "outcomes": self.outcomes.is_located,
            "stop-and-search": self.stops.is_located & ~self.stops.is_copy,
        }
        return {kind: choose_bad_rows(self.plan, kind, self._records(kind), fit[kind]) for kind in fit}

    @property
    def bad_rows(self) -> tuple[BadRow, ...]:
        """Every deliberately broken row."""
        return tuple(sorted(row for _, rows in self._bad.values() for row in rows))

    def is_bad(self, kind: str) -> np.ndarray:
        """Say which records of a kind are deliberately broken, in record order."""
        flags = np.zeros(len(self._records(kind).month), dtype=bool)
        flags[self._bad[kind][0]] = True
        return flags

    def _records(self, kind: str) -> FileRecords:
        if kind == "street":
            return self.crimes
        return self.outcomes if kind == "outcomes" else self.stops

    def street(self, release: str) -> pa.Table:
        """Return the street records of every month as a release knows them."""
        known = self.plan.months.index(release)
        last = outcomes_.last_outcomes(self.plan, self.crimes, self.outcomes, known)
        table = street_table(self.plan, self.geography, self.snaps, self.crimes, last)
        return break_rows(table, "street", self._bad["street"][0])

    @functools.cached_property
    def published_outcomes(self) -> pa.Table:
        """The outcome records as published."""
        table = outcomes_table(self.plan, self.geography, self.snaps, self.outcomes)
        return break_rows(table, "outcomes", self._bad["outcomes"][0])

    @functools.cached_property
    def published_stops(self) -> pa.Table:
        """The stop and search records as published."""
        return break_rows(
            stops_table(self.snaps, self.stops), "stop-and-search", self._bad["stop-and-search"][0]
        )

    @functools.cached_property
    def truth(self) -> Truth:
        """What an analysis of the city should find."""
        from orchestration.sandbox.truth import tell_truth

        return tell_truth(self)


def build_city(plan: CityPlan | None = None) -> City:
    """Return the city of a plan, the same object for equal plans; stages are built when first asked for.

    Parameters
    ----------
    plan
        The default plan when not given.
    """
    return _build(plan or CityPlan())


@functools.lru_cache(maxsize=4)
def _build(plan: CityPlan) -> City:
    return City(plan)
