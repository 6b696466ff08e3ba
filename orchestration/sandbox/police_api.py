"""Answers the police.uk API from the newest release, with the traps of the real one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from orchestration.sandbox.categories import CATEGORIES, OUTCOME_CODES, OUTCOME_NAMES, UNDER_INVESTIGATION
from orchestration.sandbox.city import City
from orchestration.sandbox.outcomes import outcome_month
from orchestration.sandbox.plan import FORCES

_MILE_M, _DEGREE_M = 1_609.344, 111_320.0
_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
_FIRST_CRIME_ID, _FIRST_STREET_ID = 100_000_001, 1_500_000


class ApiError(Exception):
    """A refusal, with the status that upstream answers with; its body is empty."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class PoliceApi:
    """The API over a city.

    Parameters
    ----------
    city
        The city.
    crime_limit
        Most records that a query of an area answers with; beyond it 503.
    """

    def __init__(self, city: City, crime_limit: int) -> None:
        self._city = city
        self._limit = crime_limit
        release = city.plan.last_month
        self._street = city.street(release)
        known = len(city.plan.months) - 1
        self._outcome_month = outcome_month(city.crimes, city.outcomes, known)

    def last_updated(self) -> dict[str, str]:
        """Answer ``crime-last-updated``."""
        return {"date": f"{self._city.plan.last_month}-01"}

    def street_dates(self) -> list[dict[str, Any]]:
        """Answer ``crimes-street-dates``: newest first, with the forces whose stops are there."""
        plan = self._city.plan
        return [
            {
                "date": month,
                "stop-and-search": [
                    force.slug
                    for force in FORCES
                    if (month, force.slug, "stop-and-search") not in plan.absent_members
                ],
            }
            for month in reversed(plan.months)
        ]

    def categories(self) -> list[dict[str, str]]:
        """Answer ``crime-categories``, the same for any date."""
        everything = {"url": "all-crime", "name": "All crime"}
        return [everything, *({"url": category.slug, "name": category.name} for category in CATEGORIES)]

    def forces(self) -> list[dict[str, str]]:
        """Answer ``forces``."""
        return [{"id": force.slug, "name": force.name} for force in FORCES]

    def crimes_street(self, category: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answer ``crimes-street/{category}``; an unknown category means all of them, as upstream has it.

        Raises
        ------
        ApiError
            404 for a malformed date or polygon, 502 for a polygon of two points, 503 for too many crimes.
        """
        month = self._month(params)
        if month is None:
            return []
        crimes = self._city.crimes
        rows = np.flatnonzero((crimes.month == month) & crimes.is_located & ~self._city.is_bad("street"))
        rows = rows[_of_category(crimes.category[rows], category)]
        return self._crimes(self._within_limit(rows[self._inside(params, crimes.snap[rows])]))

    def crimes_no_location(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answer ``crimes-no-location``: a force's crimes of a month without a published location.

        Raises
        ------
        ApiError
            404 for a malformed date, 502 for an unknown force.
        """
        month, slugs = self._month(params), [force.slug for force in FORCES]
        if params.get("force") not in slugs:
            raise ApiError(502)
        if month is None:
            return []
        crimes = self._city.crimes
        rows = np.flatnonzero((crimes.month == month) & ~crimes.is_located & ~self._city.is_bad("street"))
        rows = rows[crimes.force[rows] == slugs.index(params["force"])]
        return self._crimes(rows[_of_category(crimes.category[rows], params.get("category"))])

    def outcomes_at_location(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answer ``outcomes-at-location``: outcomes recorded in a month, of located crimes of the window.

        Raises
        ------
        ApiError
            As :meth:`crimes_street`.
        """
        month, outcomes = self._month(params), self._city.outcomes
        if month is None:
            return []
        held = (outcomes.month == month) & outcomes.is_located & (outcomes.crime >= 0)
        rows = np.flatnonzero(held & ~self._city.is_bad("outcomes"))
        rows = rows[~self._city.is_bad("street")[outcomes.crime[rows]]]
        rows = self._within_limit(rows[self._inside(params, outcomes.snap[rows])])
        crimes = self._crimes(outcomes.crime[rows], with_outcome=False)
        return [
            self._outcome(row) | {"crime": crime} for row, crime in zip(rows.tolist(), crimes, strict=True)
        ]

    def outcomes_for_crime(self, persistent_id: str) -> dict[str, Any] | None:
        """Answer ``outcomes-for-crime``: all that became of a crime, oldest first; null for an unknown id."""
        crimes, outcomes = self._city.crimes, self._city.outcomes
        has_id = crimes.crime_id == persistent_id.encode("ascii", "replace")
        known = np.flatnonzero(has_id & ~self._city.is_bad("street"))
        if not persistent_id or not len(known):
            return None
        crime = known[0]
        started = {
            "category": {"code": OUTCOME_CODES[UNDER_INVESTIGATION], "name": UNDER_INVESTIGATION},
            "date": self._city.plan.months[crimes.month[crime]],
            "person_id": None,
        }
        # They are in order of month, as the files are.
        events = np.flatnonzero((outcomes.crime == crime) & ~self._city.is_bad("outcomes"))
        (described,) = self._crimes(np.array([crime]), with_outcome=False)
        return {"crime": described, "outcomes": [started, *(self._outcome(row) for row in events.tolist())]}

    def stops_street(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answer ``stops-street``: located searches of an area and month; 503 for too many."""
        stops = self._city.stops
        rows = self._stop_rows(self._month(params))
        rows = rows[stops.is_located[rows]]
        return self._stops(self._within_limit(rows[self._inside(params, stops.snap[rows])]))

    def stops_force(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answer ``stops-force``: all searches of a force and month; none for an unknown force."""
        slugs = [force.slug for force in FORCES]
        rows = self._stop_rows(self._month(params))
        if params.get("force") not in slugs:
            return []
        return self._stops(rows[self._city.stops.force[rows] == slugs.index(params["force"])])

    def _month(self, params: Mapping[str, str]) -> int | None:
        """Return the month's index; the newest without a date, None for one in the future."""
        months = self._city.plan.months
        date = params.get("date") or months[-1]
        if not _MONTH.match(date) or date < months[0]:
            raise ApiError(404)
        return months.index(date) if date <= months[-1] else None

    def _within_limit(self, rows: np.ndarray) -> np.ndarray:
        if len(rows) > self._limit:
            raise ApiError(503)
        return rows

    def _inside(self, params: Mapping[str, str], snap: np.ndarray) -> np.ndarray:
        longitude, latitude = self._city.snaps.longitude[snap], self._city.snaps.latitude[snap]
        if "poly" in params:
            polygon = _parse_polygon(params["poly"])
            return shapely.contains_xy(polygon, longitude, latitude)
        try:
            at_latitude, at_longitude = float(params["lat"]), float(params["lng"])
        except (KeyError, ValueError) as error:
            raise ApiError(404) from error
        east = (longitude - at_longitude) * _DEGREE_M * np.cos(np.radians(at_latitude))
        metres = np.hypot(east, (latitude - at_latitude) * _DEGREE_M)
        return metres <= _MILE_M

    def _stop_rows(self, month: int | None) -> np.ndarray:
        if month is None:
            return np.array([], dtype=np.int64)
        stops, plan = self._city.stops, self._city.plan
        held = (stops.month == month) & ~self._city.is_bad("stop-and-search")
        for number, force in enumerate(FORCES):
            if (plan.months[month], force.slug, "stop-and-search") in plan.absent_members:
                held &= stops.force != number
        return np.flatnonzero(held)

    def _crimes(self, rows: np.ndarray, with_outcome: bool = True) -> list[dict[str, Any]]:
        published = self._street.take(rows).to_pylist()
        described = [self._crime(row, record) for row, record in zip(rows.tolist(), published, strict=True)]
        if with_outcome:
            months = [self._city.plan.months[month] for month in self._outcome_month[rows]]
            for crime, record, month in zip(described, published, months, strict=True):
                crime["outcome_status"] = _outcome_status(record, month)
        return described

    def _crime(self, row: int, record: dict[str, str | None]) -> dict[str, Any]:
        crimes = self._city.crimes
        is_located = bool(crimes.is_located[row])
        return {
            "category": CATEGORIES[crimes.category[row]].slug,
            "location_type": "Force" if is_located else None,
            "location": self._location(crimes.snap[row]) if is_located else None,
            "context": "",
            "persistent_id": record["Crime ID"] or "",
            "id": _FIRST_CRIME_ID + row,
            "location_subtype": "",
            "month": self._city.plan.months[crimes.month[row]],
        }

    def _outcome(self, row: int) -> dict[str, Any]:
        name = OUTCOME_NAMES[self._city.outcomes.outcome[row]]
        return {
            "category": {"code": OUTCOME_CODES[name], "name": _api_wording(name)},
            "date": self._city.plan.months[self._city.outcomes.month[row]],
            "person_id": None,
        }

    def _stops(self, rows: np.ndarray) -> list[dict[str, Any]]:
        stops = self._city.stops
        published = self._city.published_stops.take(rows).to_pylist()
        return [
            {
                "type": record["Type"],
                "datetime": record["Date"],
                "age_range": record["Age range"],
                "gender": record["Gender"],
                "self_defined_ethnicity": record["Self-defined ethnicity"],
                "officer_defined_ethnicity": record["Officer-defined ethnicity"],
                "involved_person": record["Type"] != "Vehicle search",
                "legislation": record["Legislation"],
                "object_of_search": record["Object of search"],
                "outcome": record["Outcome"],
                "outcome_object": {"id": _slug(record["Outcome"]), "name": record["Outcome"]},
                "outcome_linked_to_object_of_search": _flag(record["Outcome linked to object of search"]),
                "removal_of_more_than_outer_clothing": _flag(
                    record["Removal of more than just outer clothing"]
                ),
                "location": self._location(stops.snap[row]) if stops.is_located[row] else None,
                "operation": None,
                "operation_name": None,
            }
            for row, record in zip(rows.tolist(), published, strict=True)
        ]

    def _location(self, snap: int) -> dict[str, Any]:
        snaps = self._city.snaps
        return {
            "latitude": f"{snaps.latitude[snap]:.6f}",
            "street": {"id": int(_FIRST_STREET_ID + snap), "name": str(snaps.name[snap])},
            "longitude": f"{snaps.longitude[snap]:.6f}",
        }


def _parse_polygon(text: str) -> shapely.Geometry:
    try:
        pairs = [tuple(float(number) for number in pair.split(",")) for pair in text.split(":")]
        points = [(longitude, latitude) for latitude, longitude in pairs]
    except ValueError as error:
        raise ApiError(404) from error
    if len(points) < 3:
        raise ApiError(502)
    return shapely.Polygon(points)


def _outcome_status(record: dict[str, str | None], month: str) -> dict[str, str] | None:
    category = record["Last outcome category"]
    if category is None:
        return None
    return {"category": _api_wording(category), "date": month}


def _api_wording(outcome: str) -> str:
    # The one wording in which the API and the files differ.
    return outcome.replace("given penalty notice", "given a penalty notice")


def _of_category(categories: np.ndarray, slug: str | None) -> np.ndarray:
    """Say which records are of a category; upstream takes an unknown one for all of them."""
    slugs = [category.slug for category in CATEGORIES]
    if slug in slugs:
        return categories == slugs.index(slug)
    return np.ones(len(categories), dtype=bool)


def _flag(text: str | None) -> bool | None:
    return None if text is None else text == "True"


def _slug(outcome: str) -> str:
    return "bu-" + re.sub(r"[^a-z]+", "-", outcome.lower()).strip("-")
