"""The police.uk API: what is published, and the crimes inside a polygon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from orchestration.sources.http import HttpStatusError, limit_police_api, request_json
from orchestration.sources.types import SourceError

Point = tuple[float, float]
Crime = dict[str, Any]

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")
_DAY = re.compile(r"20\d{2}-\d{2}-\d{2}")
_CATEGORY = re.compile(r"[a-z][a-z-]*")
_TOO_MANY_CRIMES = 503
# Eight halvings of each side: a city becomes blocks of some hundred metres, far below 10,000 crimes a month.
_DEEPEST_SPLIT = 8
_COORDINATE_DECIMALS = 6


@dataclass(frozen=True)
class StreetDate:
    """A month that the API holds.

    Parameters
    ----------
    month
        ``YYYY-MM``.
    stop_and_search_forces
        Ids of the forces that published stop and search for it.
    """

    month: str
    stop_and_search_forces: tuple[str, ...]


class PoliceApi:
    """Client of the police.uk API, held to its rate limit of 15 requests a second with bursts of 30.

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
        limit_police_api(session, self._base)

    def last_updated(self) -> str:
        """Return the day of the latest update, ``YYYY-MM-DD``.

        Raises
        ------
        SourceError
            When the API cannot be asked, or answers in another shape.
        """
        document, where = self._ask("crime-last-updated")
        date = document.get("date") if isinstance(document, dict) else None
        if not isinstance(date, str) or not _DAY.match(date):
            raise _misshapen(where, "an object with a date")
        return date[:10]

    def street_dates(self) -> list[StreetDate]:
        """Return the months that the API holds, newest first, with the forces that have stop and search.

        Raises
        ------
        SourceError
            When the API cannot be asked, or answers in another shape.
        """
        document, where = self._ask("crimes-street-dates")
        try:
            return [StreetDate(entry["date"], tuple(sorted(entry["stop-and-search"]))) for entry in document]
        except (KeyError, TypeError) as error:
            raise _misshapen(where, "a list of months with their stop-and-search forces") from error

    def forces(self) -> dict[str, str]:
        """Return the forces' names by id.

        Raises
        ------
        SourceError
            When the API cannot be asked, or answers in another shape.
        """
        document, where = self._ask("forces")
        try:
            return {force["id"]: force["name"] for force in document}
        except (KeyError, TypeError) as error:
            raise _misshapen(where, "a list of forces") from error

    def crimes_street(self, polygon: Sequence[Point], month: str, category: str = "all-crime") -> list[Crime]:
        """Return the crimes of one month inside a polygon.

        The API refuses (503) an area with more than 10,000 crimes. Then the polygon is cut along the middle
        of its bounding box into four, which are asked for by themselves; a crime on a shared edge is kept
        once.

        Parameters
        ----------
        polygon
            At least three corners as (latitude, longitude) in degrees, in order.
        month
            ``YYYY-MM``. The API answers a misspelt month with the newest one, so each answer is checked.
        category
            Category slug, such as ``burglary``.

        Returns
        -------
        list of dict
            The API's crimes, in order of ``id``; empty when there are none.

        Raises
        ------
        ValueError
            When an argument is malformed.
        SourceError
            When the API cannot be asked, answers with another month, or refuses even a small area.
        """
        _check_request(polygon, month, category)
        found = {crime["id"]: crime for crime in self._crimes_within(polygon, month, category, 0)}
        return [found[identity] for identity in sorted(found)]

    def _crimes_within(
        self, polygon: Sequence[Point], month: str, category: str, depth: int
    ) -> Iterator[Crime]:
        form = {"date": month, "poly": _poly(polygon)}
        try:
            document, where = self._ask(f"crimes-street/{category}", form)
        except HttpStatusError as error:
            if error.status != _TOO_MANY_CRIMES or depth == _DEEPEST_SPLIT:
                raise
            for part in split_in_four(polygon):
                yield from self._crimes_within(part, month, category, depth + 1)
            return
        yield from _checked(document, month, where)

    def _ask(self, path: str, form: dict[str, str] | None = None) -> tuple[Any, str]:
        document, _, where = request_json(self._session, f"{self._base}/{path}", data=form)
        return document, where


def split_in_four(polygon: Sequence[Point]) -> list[list[Point]]:
    """Cut a polygon along the middle of its bounding box into at most four, leaving out empty ones.

    Parameters
    ----------
    polygon
        Corners as (latitude, longitude).

    Returns
    -------
    list of list of tuple
        The parts; together they cover the polygon.
    """
    middles = [(min(values) + max(values)) / 2 for values in zip(*polygon, strict=True)]
    parts: list[list[Point]] = [list(polygon)]
    for axis, middle in enumerate(middles):
        parts = [_clip(part, axis, middle, side) for part in parts for side in (-1, 1)]
        parts = [part for part in parts if len(part) >= 3]
    return parts


def _clip(polygon: list[Point], axis: int, middle: float, side: int) -> list[Point]:
    """Keep the part on one side of a line (Sutherland and Hodgman 1974)."""
    kept: list[Point] = []
    for start, end in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        start_is_in = side * (start[axis] - middle) >= 0
        end_is_in = side * (end[axis] - middle) >= 0
        if start_is_in:
            kept.append(start)
        if start_is_in != end_is_in:
            share = (middle - start[axis]) / (end[axis] - start[axis])
            crossing = tuple(from_ + share * (to - from_) for from_, to in zip(start, end, strict=True))
            kept.append((crossing[0], crossing[1]))
    return kept


def _poly(polygon: Sequence[Point]) -> str:
    decimals = _COORDINATE_DECIMALS
    return ":".join(f"{latitude:.{decimals}f},{longitude:.{decimals}f}" for latitude, longitude in polygon)


def _check_request(polygon: Sequence[Point], month: str, category: str) -> None:
    if len(polygon) < 3:
        raise ValueError(f"a polygon needs three corners, this has {len(polygon)}")
    if not all(-90 <= latitude <= 90 and -180 <= longitude <= 180 for latitude, longitude in polygon):
        raise ValueError("a corner is (latitude, longitude) in degrees; one of these is not")
    if not _MONTH.fullmatch(month):
        raise ValueError(f"{month!r} is not a month; write it as YYYY-MM")
    if not _CATEGORY.fullmatch(category):
        raise ValueError(f"{category!r} is not a category; write its slug, such as bicycle-theft")


def _checked(document: Any, month: str, where: str) -> list[Crime]:
    is_list = isinstance(document, list)
    if not is_list or not all(
        isinstance(crime, dict) and isinstance(crime.get("id"), int) for crime in document
    ):
        raise _misshapen(where, "a list of crimes with ids")
    others = {str(crime.get("month")) for crime in document} - {month}
    if others:
        raise SourceError(
            where,
            f"asked for {month}, the API answered with {', '.join(sorted(others))}",
            "ask for a month that crimes-street-dates lists",
        )
    return document


def _misshapen(where: str, expected: str) -> SourceError:
    return SourceError(
        where, f"the answer is not {expected}", "the API has changed its answers: the client must follow"
    )
