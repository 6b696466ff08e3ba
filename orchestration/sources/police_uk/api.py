"""The police.uk API: what is published, and the crimes, outcomes and searches of an area or force."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlencode

import requests

from orchestration.sources.http import HttpStatusError, request_json
from orchestration.sources.police_uk.api_shapes import (
    Category,
    Coordinates,
    Crime,
    CrimeHistory,
    Dated,
    LastUpdated,
    Named,
    Neighbourhood,
    Outcome,
    Stop,
    StreetDate,
    parse_answer,
)
from orchestration.sources.police_uk.polygons import (
    Point,
    check_polygon,
    merge_parts,
    split_in_four,
    write_polygon,
)
from orchestration.sources.police_uk.rate_limit import limit_requests
from orchestration.sources.types import SourceError

Shape = TypeVar("Shape")

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")
_FORCE = re.compile(r"[a-z][a-z0-9-]{1,40}")
_CATEGORY = re.compile(r"[a-z][a-z-]*")
_PERSISTENT_ID = re.compile(r"[0-9a-f]{64}")
_TOO_MANY_RECORDS = 503
# Eight halvings of each side: a city becomes blocks of some hundred metres, far below 10,000 crimes a month.
_DEEPEST_SPLIT = 8


@dataclass(frozen=True)
class Answer:
    """An answer as it came.

    Parameters
    ----------
    body
        Its bytes.
    url
        Address asked, with the form that was posted to it written as a query.
    """

    body: bytes
    url: str


class PoliceApi:
    """Client of the police.uk API, held to its rate limit of 15 requests a second with bursts of 30.

    Every method raises SourceError when the API cannot be asked or answers in another shape, and ValueError
    for a malformed argument, before anything is sent: the API would silently answer something else.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    base_url
        Host, such as ``https://data.police.uk``.
    """

    def __init__(self, session: requests.Session, base_url: str) -> None:
        self._session = session
        self._base = f"{base_url}/api"
        limit_requests(session, self._base)

    def last_updated(self) -> str:
        """Return the day of the latest update, ``YYYY-MM-DD``."""
        return self._ask("crime-last-updated", LastUpdated).date[:10]

    def street_dates(self) -> list[StreetDate]:
        """Return the months that the API holds, newest first, with the forces that have stop and search."""
        dates = self._ask("crimes-street-dates", list[StreetDate])
        return sorted(dates, key=lambda entry: entry.month, reverse=True)

    def forces(self) -> dict[str, str]:
        """Return the forces' names by id."""
        return _names(self._ask("forces", list[Named]))

    def crime_categories(self) -> dict[str, str]:
        """Return the categories' names by slug, ``all-crime`` among them; the same for every month."""
        return {category.url: category.name for category in self._ask("crime-categories", list[Category])}

    def neighbourhoods(self, force: str) -> dict[str, str]:
        """Return the names of a force's neighbourhoods by id."""
        return _names(self._ask(f"{_force(force)}/neighbourhoods", list[Named]))

    def neighbourhood(self, force: str, neighbourhood_id: str) -> Neighbourhood:
        """Return the details of a neighbourhood."""
        return self._ask(f"{_force(force)}/{_segment(neighbourhood_id)}", Neighbourhood)

    def neighbourhood_boundary(self, force: str, neighbourhood_id: str) -> list[Point]:
        """Return a neighbourhood's outline as (latitude, longitude); its last corner is its first."""
        path = f"{_force(force)}/{_segment(neighbourhood_id)}/boundary"
        ring = [(place.latitude, place.longitude) for place in self._ask(path, list[Coordinates])]
        if len(set(ring)) < 3:
            raise SourceError(
                f"{self._base}/{path}",
                f"the boundary has {len(set(ring))} corners and encloses nothing",
                "choose another neighbourhood, or use the boundary of its ward",
            )
        return ring if ring[0] == ring[-1] else [*ring, ring[0]]

    def crimes_street(self, polygon: Sequence[Point], month: str, category: str = "all-crime") -> list[Crime]:
        """Return the crimes of one month inside a polygon, in order of ``id``.

        Parameters
        ----------
        polygon
            At least three corners as (latitude, longitude) in degrees, in order.
        month
            ``YYYY-MM``, one that :meth:`street_dates` lists.
        category
            Category slug, such as ``burglary``.
        """
        answers = self.street_answers(polygon, month, category)
        crimes = (crime for answer in answers for crime in parse_answer(answer.body, list[Crime], answer.url))
        found = {crime.id: crime for crime in crimes}
        return [found[identity] for identity in sorted(found)]

    def street_answers(
        self, polygon: Sequence[Point], month: str, category: str = "all-crime"
    ) -> list[Answer]:
        """Return what :meth:`crimes_street` is answered with, byte for byte: one answer a part of the area.

        Of the records nothing but the month is looked at, so that a gate can judge them one by one.

        Parameters
        ----------
        polygon, month, category
            As for :meth:`crimes_street`.
        """
        _check_month(month)
        answers = list(self._answers_within(f"crimes-street/{_category(category)}", polygon, month))
        for answer in answers:
            crimes = parse_answer(answer.body, list[Dated], answer.url)
            _refuse_other_months({crime.month for crime in crimes}, month, answer.url)
        return answers

    def crimes_no_location(self, force: str, month: str, category: str = "all-crime") -> list[Crime]:
        """Return a force's crimes of one month that have no published location.

        Parameters
        ----------
        force
            Id, as :meth:`forces` lists it.
        month, category
            As for :meth:`crimes_street`.
        """
        _check_month(month)
        query = {"category": _category(category), "force": _force(force), "date": month}
        crimes = self._ask("crimes-no-location", list[Crime], query)
        _refuse_other_months({crime.month for crime in crimes}, month, f"{self._base}/crimes-no-location")
        return crimes

    def outcomes_at_location(self, polygon: Sequence[Point], month: str) -> list[Outcome]:
        """Return the outcomes recorded in one month of crimes inside a polygon.

        Parameters
        ----------
        polygon, month
            As for :meth:`crimes_street`.
        """
        _check_month(month)
        parts = []
        for answer in self._answers_within("outcomes-at-location", polygon, month):
            parts.append(parse_answer(answer.body, list[Outcome], answer.url))
            _refuse_other_months({outcome.date for outcome in parts[-1]}, month, answer.url)
        return merge_parts(parts)

    def outcomes_for_crime(self, persistent_id: str) -> CrimeHistory | None:
        """Return a crime and all its outcomes; nothing when the API does not know it."""
        if not _PERSISTENT_ID.fullmatch(persistent_id):
            raise ValueError(f"{persistent_id!r} is not a Crime ID; it has 64 hexadecimal digits")
        return self._ask(f"outcomes-for-crime/{persistent_id}", CrimeHistory | None)  # type: ignore[arg-type]

    def stops_street(self, polygon: Sequence[Point], month: str) -> list[Stop]:
        """Return the located stops and searches of one month inside a polygon.

        Parameters
        ----------
        polygon, month
            As for :meth:`crimes_street`.
        """
        _check_month(month)
        parts = []
        for answer in self._answers_within("stops-street", polygon, month):
            parts.append(parse_answer(answer.body, list[Stop], answer.url))
            _refuse_stops_of_other_months(parts[-1], month, answer.url)
        return merge_parts(parts)

    def stops_force(self, force: str, month: str) -> list[Stop]:
        """Return a force's stops and searches of one month, located or not; none for an unknown force.

        Parameters
        ----------
        force
            Id, as :meth:`forces` lists it.
        month
            ``YYYY-MM``.
        """
        _check_month(month)
        stops = self._ask("stops-force", list[Stop], {"force": _force(force), "date": month})
        _refuse_stops_of_other_months(stops, month, f"{self._base}/stops-force")
        return stops

    def _answers_within(
        self, path: str, polygon: Sequence[Point], month: str, depth: int = 0
    ) -> Iterator[Answer]:
        """Ask for an area; one with over 10,000 records is refused (503) and asked for in four parts."""
        check_polygon(polygon)
        try:
            answer = self._send(path, {"date": month, "poly": write_polygon(polygon)}, "POST")
        except HttpStatusError as error:
            if error.status != _TOO_MANY_RECORDS or depth == _DEEPEST_SPLIT:
                raise
        else:
            yield answer
            return
        for part in split_in_four(polygon):
            yield from self._answers_within(path, part, month, depth + 1)

    def _ask(self, path: str, shape: type[Shape], query: dict[str, str] | None = None) -> Shape:
        answer = self._send(path, query or {}, "GET")
        return parse_answer(answer.body, shape, answer.url)

    def _send(self, path: str, parameters: dict[str, str], method: str) -> Answer:
        url = f"{self._base}/{path}"
        sent = {"data": parameters} if method == "POST" else {"params": parameters}
        # Real answers have been empty or cut short; what is no JSON is asked for again.
        _, body, _ = request_json(self._session, url, **sent)
        return Answer(body, f"{url}?{urlencode(parameters, safe=':,')}" if parameters else url)


def _names(entries: Iterable[Named]) -> dict[str, str]:
    return {entry.id: entry.name for entry in entries}


def _check_month(month: str) -> None:
    if not _MONTH.fullmatch(month):
        raise ValueError(f"{month!r} is not a month; write it as YYYY-MM")


def _force(force: str) -> str:
    if not _FORCE.fullmatch(force):
        raise ValueError(f"{force!r} is not a force id; write it as forces() lists it, such as bedfordshire")
    return force


def _category(category: str) -> str:
    if not _CATEGORY.fullmatch(category):
        raise ValueError(f"{category!r} is not a category; write its slug, such as bicycle-theft")
    return category


def _segment(neighbourhood_id: str) -> str:
    if not neighbourhood_id.strip(". "):
        raise ValueError(f"{neighbourhood_id!r} is not a neighbourhood id; neighbourhoods() lists them")
    return quote(neighbourhood_id, safe="")


def _refuse_other_months(answered: set[str], month: str, where: str) -> None:
    """Refuse an answer about another month: a date that the API does not hold it answers with the newest."""
    others = answered - {month}
    if others:
        raise SourceError(
            where,
            f"asked for {month}, the API answered with {', '.join(sorted(others))}",
            "ask for a month that crimes-street-dates lists",
        )


def _refuse_stops_of_other_months(stops: Iterable[Stop], month: str, where: str) -> None:
    # Times are UTC and months are cut by local time: after midnight in summer it is still the day before.
    first = dt.date.fromisoformat(f"{month}-01")
    last = (first + dt.timedelta(days=32)).replace(day=1)
    days = {stop.datetime.date() for stop in stops}
    others = {f"{day:%Y-%m}" for day in days if not first - dt.timedelta(days=1) <= day <= last}
    _refuse_other_months(others, month, where)
