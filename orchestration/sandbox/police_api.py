"""Answers the police.uk API from the newest release, with the traps of the real one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from orchestration.sandbox.categories import CATEGORIES
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
        Most crimes that a street query answers with; beyond it 503.
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
        crimes, snaps = self._city.crimes, self._city.snaps
        rows = np.flatnonzero((crimes.month == month) & crimes.is_located & ~self._city.is_bad("street"))
        slugs = [one.slug for one in CATEGORIES]
        if category in slugs:
            rows = rows[crimes.category[rows] == slugs.index(category)]
        rows = rows[
            self._inside(params, snaps.longitude[crimes.snap[rows]], snaps.latitude[crimes.snap[rows]])
        ]
        if len(rows) > self._limit:
            raise ApiError(503)
        return self._crimes(rows)

    def stops_street(self, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Answer ``stops-street``: located searches of an area and month."""
        stops, snaps = self._city.stops, self._city.snaps
        rows = self._stop_rows(self._month(params))
        rows = rows[stops.is_located[rows]]
        longitude, latitude = snaps.longitude[stops.snap[rows]], snaps.latitude[stops.snap[rows]]
        return self._stops(rows[self._inside(params, longitude, latitude)])

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

    def _inside(self, params: Mapping[str, str], longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
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

    def _crimes(self, rows: np.ndarray) -> list[dict[str, Any]]:
        crimes, months = self._city.crimes, self._city.plan.months
        published = self._street.take(rows).to_pylist()
        return [
            {
                "category": CATEGORIES[crimes.category[row]].slug,
                "location_type": "Force",
                "location": self._location(crimes.snap[row]),
                "context": "",
                "outcome_status": _outcome_status(record, months[self._outcome_month[row]]),
                "persistent_id": record["Crime ID"] or "",
                "id": _FIRST_CRIME_ID + row,
                "location_subtype": "",
                "month": months[crimes.month[row]],
            }
            for row, record in zip(rows.tolist(), published, strict=True)
        ]

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
    # The one wording in which the API and the files differ.
    wording = category.replace("given penalty notice", "given a penalty notice")
    return {"category": wording, "date": month}


def _flag(text: str | None) -> bool | None:
    return None if text is None else text == "True"


def _slug(outcome: str) -> str:
    return "bu-" + re.sub(r"[^a-z]+", "-", outcome.lower()).strip("-")
