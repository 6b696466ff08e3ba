"""The police API's client: its checks on what it asks and on what it is told, and the splitting of areas."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.sources.http import HttpStatusError
from orchestration.sources.police_uk.api import Point, PoliceApi, StreetDate, split_in_four
from orchestration.sources.types import SourceError

SQUARE = [(51.0, -1.0), (51.0, 0.0), (52.0, 0.0), (52.0, -1.0)]
STREET = "/api/crimes-street/all-crime"


def crime(identity: int, latitude: float, longitude: float, month: str = "2024-01") -> dict[str, Any]:
    """Return a crime as the API words it: coordinates are strings."""
    location = {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"}
    return {"id": identity, "month": month, "category": "burglary", "location": location}


def corners(poly: str) -> list[Point]:
    """Read the API's polygon parameter."""
    pairs = [pair.split(",") for pair in poly.split(":")]
    return [(float(latitude), float(longitude)) for latitude, longitude in pairs]


def area(polygon: list[Point]) -> float:
    """Return a polygon's area (shoelace formula)."""
    ends = polygon[1:] + polygon[:1]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(polygon, ends, strict=True))) / 2


def serve_crimes(host: Any, answer: Any, crimes: list[dict[str, Any]], limit: int) -> None:
    """Answer as the API does: 503 when the polygon's box holds more than the limit."""

    def reply(asked: Any) -> Any:
        latitudes, longitudes = zip(*corners(asked.params["poly"]), strict=True)
        inside = [
            one
            for one in crimes
            if min(latitudes) <= float(one["location"]["latitude"]) <= max(latitudes)
            and min(longitudes) <= float(one["location"]["longitude"]) <= max(longitudes)
        ]
        return answer(status=503) if len(inside) > limit else answer(json.dumps(inside).encode())

    host.answers[STREET] = reply


def test_dates_and_forces_are_read(host: Any, session: requests.Session, answer: Any) -> None:
    """The sensor that watches for a new release would not see one."""
    host.answer("/api/crime-last-updated", answer(b'{"date":"2026-07-01"}'))
    host.answer(
        "/api/crimes-street-dates",
        answer(
            b'[{"date":"2026-07","stop-and-search":["kent","essex"]},{"date":"2026-06","stop-and-search":[]}]'
        ),
    )
    host.answer("/api/forces", answer(b'[{"id":"kent","name":"Kent Police"}]'))
    api = PoliceApi(session, host.url)
    assert api.last_updated() == "2026-07-01"
    assert api.street_dates() == [StreetDate("2026-07", ("essex", "kent")), StreetDate("2026-06", ())]
    assert api.forces() == {"kent": "Kent Police"}


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"date": 5}', b'{"date": "soon"}', b"null"])
def test_an_answer_of_another_shape_is_refused(
    host: Any, session: requests.Session, answer: Any, body: bytes
) -> None:
    """A changed API would surface as a KeyError, or as an update that never comes."""
    host.answer("/api/crime-last-updated", answer(body))
    with pytest.raises(SourceError, match="crime-last-updated: the answer is not an object with a date"):
        PoliceApi(session, host.url).last_updated()


@pytest.mark.parametrize(("path", "ask"), [("crimes-street-dates", "street_dates"), ("forces", "forces")])
def test_lists_of_another_shape_are_refused(
    host: Any, session: requests.Session, answer: Any, path: str, ask: str
) -> None:
    """A changed API would surface as a TypeError without an address."""
    host.answer(f"/api/{path}", answer(b'[{"name": "x"}]'))
    with pytest.raises(SourceError, match=path):
        getattr(PoliceApi(session, host.url), ask)()


def test_crimes_are_asked_for_by_post(host: Any, session: requests.Session, answer: Any) -> None:
    """A long polygon in the address is answered with 400."""
    host.answer(STREET, answer(json.dumps([crime(2, 51.5, -0.5), crime(1, 51.5, -0.4)]).encode()))
    found = PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")
    assert [one["id"] for one in found] == [1, 2]
    assert host.asked[0].method == "POST"
    assert host.asked[0].params["poly"].startswith("51.000000,-1.000000:")


def test_no_crime_is_an_empty_list(host: Any, session: requests.Session, answer: Any) -> None:
    """A quiet month would be taken for a fault."""
    host.answer(STREET, answer(b"[]"))
    assert PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01") == []


def test_an_empty_body_is_a_fault(host: Any, session: requests.Session, answer: Any) -> None:
    """An API that answers with nothing would be taken for a quiet month."""
    host.answer(STREET, answer(b""))
    with pytest.raises(SourceError, match="the body is not JSON"):
        PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")


def test_another_month_than_asked_for_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """The API silently answers a month that it does not hold with the newest one."""
    host.answer(STREET, answer(json.dumps([crime(1, 51.5, -0.5, "2026-07")]).encode()))
    with pytest.raises(SourceError, match="asked for 2024-01, the API answered with 2026-07"):
        PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")


def test_an_area_with_too_many_crimes_is_split(host: Any, session: requests.Session, answer: Any) -> None:
    """A city centre would never be had; a crime on a shared edge would be counted twice."""
    crimes = [crime(i, 51.01 + 0.98 * (i % 20) / 20, -0.99 + 0.98 * (i // 20) / 20) for i in range(400)]
    crimes.append(crime(999, 51.5, -0.5))
    serve_crimes(host, answer, crimes, limit=50)
    found = PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")
    assert [one["id"] for one in found] == [*range(400), 999]


def test_a_refusal_is_not_repeated_before_the_split(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """Each refused area would be asked for three times, with pauses."""
    crimes = [crime(i, 51.1 + 0.8 * (i % 2), -0.9 + 0.8 * (i // 2)) for i in range(4)]
    serve_crimes(host, answer, crimes, limit=3)
    PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")
    assert len(host.asked) == 5


def test_a_host_that_refuses_every_area_is_given_up(
    host: Any, session: requests.Session, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The splitting would go on for ever when the API is simply down."""
    monkeypatch.setattr("orchestration.sources.police_uk.api._DEEPEST_SPLIT", 2)
    host.answer(STREET, answer(status=503))
    with pytest.raises(HttpStatusError):
        PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")
    assert len(host.asked) == 3


@pytest.mark.parametrize(
    ("polygon", "month", "category", "message"),
    [
        (SQUARE[:2], "2024-01", "burglary", "three corners"),
        (SQUARE, "2024-1", "burglary", "not a month"),
        (SQUARE, "2024-01", "Burglary/../x", "not a category"),
        ([(-0.1, 151.5), *SQUARE], "2024-01", "burglary", None),
        ([(151.5, -0.1), *SQUARE], "2024-01", "burglary", "latitude, longitude"),
    ],
)
def test_malformed_requests_are_not_sent(
    host: Any,
    session: requests.Session,
    answer: Any,
    polygon: list[Point],
    month: str,
    category: str,
    message: str | None,
) -> None:
    """The API answers a misspelt month or category with something else, silently."""
    host.answer("/api/crimes-street/burglary", answer(b"[]"))
    api = PoliceApi(session, host.url)
    if message is None:
        assert api.crimes_street(polygon, month, category) == []
    else:
        with pytest.raises(ValueError, match=re.escape(message)):
            api.crimes_street(polygon, month, category)
        assert not host.asked


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(51, 52), st.floats(-1, 0)), min_size=3, max_size=3, unique=True))
def test_the_parts_cover_the_polygon(triangle: list[Point]) -> None:
    """A corner of the area would be lost, and its crimes with it."""
    assert sum(area(part) for part in split_in_four(triangle)) == pytest.approx(area(triangle), abs=1e-9)
