"""The police API's client: its checks on what it asks and on what it is told, and the splitting of areas."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
import requests

from orchestration.sources.http import HttpStatusError
from orchestration.sources.police_uk.api import PoliceApi
from orchestration.sources.police_uk.api_shapes import StreetDate
from orchestration.sources.police_uk.polygons import Point
from orchestration.sources.types import SourceError

SQUARE = [(51.0, -1.0), (51.0, 0.0), (52.0, 0.0), (52.0, -1.0)]
STREET = "/api/crimes-street/all-crime"


def crime(identity: int, latitude: float, longitude: float, month: str = "2024-01") -> dict[str, Any]:
    """Return a crime as the API words it: coordinates are strings."""
    location = {
        "latitude": f"{latitude:.6f}",
        "longitude": f"{longitude:.6f}",
        "street": {"id": 1, "name": "On or near Mill Lane"},
    }
    return {
        "id": identity,
        "month": month,
        "category": "burglary",
        "persistent_id": "",
        "location": location,
        "location_type": "Force",
        "outcome_status": {"category": "Under investigation", "date": month},
    }


def corners(poly: str) -> list[Point]:
    """Read the API's polygon parameter."""
    pairs = [pair.split(",") for pair in poly.split(":")]
    return [(float(latitude), float(longitude)) for latitude, longitude in pairs]


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


def test_an_empty_body_that_was_a_hiccup_is_asked_for_again(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """One empty answer of many would lose the whole area."""
    host.answer(STREET, answer(b""), answer(json.dumps([crime(1, 51.5, -0.5)]).encode()))
    assert len(PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")) == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"date": 5}', b'{"date": "soon"}', b"null"])
def test_an_answer_of_another_shape_is_refused(
    host: Any, session: requests.Session, answer: Any, body: bytes
) -> None:
    """A changed API would surface as a KeyError, or as an update that never comes."""
    host.answer("/api/crime-last-updated", answer(body))
    with pytest.raises(SourceError, match=r"crime-last-updated: .* Remedy: the API has changed its answers"):
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
    assert [one.id for one in found] == [1, 2]
    assert host.asked[0].method == "POST"
    assert host.asked[0].params["poly"].startswith("51.0000000,-1.0000000:")


def test_no_crime_is_an_empty_list(host: Any, session: requests.Session, answer: Any) -> None:
    """A quiet month would be taken for a fault."""
    host.answer(STREET, answer(b"[]"))
    assert PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01") == []


def test_an_empty_body_is_a_fault(host: Any, session: requests.Session, answer: Any) -> None:
    """An API that answers with nothing would be taken for a quiet month."""
    host.answer(STREET, answer(b""))
    with pytest.raises(SourceError, match="answered with an empty body"):
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
    assert [one.id for one in found] == [*range(400), 999]


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


def test_numbers_come_as_numbers_and_nothing_as_none(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """Coordinates as texts cannot be added up; an empty Crime ID would look like one that all share."""
    unplaced = crime(2, 0, 0) | {"location": None, "location_type": None, "outcome_status": None}
    host.answer(STREET, answer(b"\xef\xbb\xbf" + json.dumps([crime(1, 51.5, -0.5), unplaced]).encode()))
    first, second = PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")
    assert first.location is not None and first.outcome_status is not None
    assert (first.location.latitude, first.location.longitude) == (51.5, -0.5)
    assert first.persistent_id is None
    assert (second.location, second.outcome_status) == (None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "x"}, r"0 · id is 'x': input should be a valid integer"),
        (
            {"location": {"latitude": "aaa"}},
            r"0 · location · latitude is 'aaa': input should be a valid number",
        ),
        ({"location": {"latitude": "nan"}}, r"latitude is 'nan': .*finite"),
        ({"location": {"latitude": "151.5"}}, r"latitude is '151\.5': .*less than or equal to 90"),
        ({"location": "here"}, r"0 · location is 'here'"),
        ({"outcome_status": {"category": "Charged", "date": "soon"}}, r"0 · outcome_status · date is 'soon'"),
        ({"category": None}, r"0 · category is None"),
    ],
)
def test_a_malformed_record_is_named(
    host: Any, session: requests.Session, answer: Any, change: dict[str, Any], said: str
) -> None:
    """Whoever must mend it would be told of a ValueError, with neither record nor field."""
    one = crime(1, 51.5, -0.5)
    if isinstance(change.get("location"), dict):
        change = {"location": one["location"] | change["location"]}
    host.answer(STREET, answer(json.dumps([one | change]).encode()))
    with pytest.raises(SourceError, match=f"poly=.*{said}"):
        PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")


@pytest.mark.parametrize("body", [b"[{category: 1}]", b'[{"id": 1},', b"Service Unavailable"])
def test_what_is_not_json_is_shown(host: Any, session: requests.Session, answer: Any, body: bytes) -> None:
    """A gateway's message would surface as a parser's error, without an address."""
    host.answer(STREET, answer(body))
    with pytest.raises(SourceError, match=rf"the body is not JSON .*{re.escape(body.decode())}"):
        PoliceApi(session, host.url).crimes_street(SQUARE, "2024-01")


def test_stops_of_another_month_are_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """A stop has no month of its own, and the API answers a month it does not hold with the newest one."""
    blank = dict.fromkeys(
        ("gender", "age_range", "self_defined_ethnicity", "officer_defined_ethnicity", "legislation")
    )
    stop = blank | {
        "type": "Person search",
        "location": None,
        "object_of_search": "Stolen goods",
        "outcome": "",
        "outcome_linked_to_object_of_search": None,
        "removal_of_more_than_outer_clothing": None,
        "involved_person": True,
    }
    summer = {"datetime": "2024-06-30T23:10:00+00:00"}
    host.answer("/api/stops-force", answer(json.dumps([stop | summer] * 2).encode()))
    api = PoliceApi(session, host.url)
    assert [found.outcome for found in api.stops_force("kent", "2024-07")] == [None, None]
    with pytest.raises(SourceError, match="asked for 2024-05, the API answered with 2024-06"):
        api.stops_force("kent", "2024-05")


def test_a_boundary_is_closed_and_encloses_something(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """A ring that is open, or a line, would be refused by whatever draws or searches it."""
    corners = [{"latitude": "51.0", "longitude": "-1"}, {"latitude": "51.0", "longitude": "0"}]
    far = {"latitude": "52.0", "longitude": "0"}
    host.answer("/api/kent/A%201/boundary", answer(json.dumps([*corners, far]).encode()))
    host.answer("/api/kent/line/boundary", answer(json.dumps(corners).encode()))
    api = PoliceApi(session, host.url)
    assert api.neighbourhood_boundary("kent", "A 1") == [(51, -1), (51, 0), (52, 0), (51, -1)]
    with pytest.raises(SourceError, match="2 corners and encloses nothing"):
        api.neighbourhood_boundary("kent", "line")


def test_ids_cannot_lead_to_another_path(host: Any, session: requests.Session) -> None:
    """An id that came from a file could make the client ask for anything on the host."""
    api = PoliceApi(session, host.url)
    for ask in (
        lambda: api.neighbourhood("../x", "A1"),
        lambda: api.neighbourhood("kent", ".."),
        lambda: api.outcomes_for_crime("../../forces"),
    ):
        with pytest.raises(ValueError, match="is not a"):
            ask()
    assert not host.asked


def test_a_retry_waits_for_its_turn(
    host: Any, session: requests.Session, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retries after a 429 would not be counted, and bring the next one."""
    monkeypatch.setattr("orchestration.sources.police_uk.rate_limit.REQUESTS_PER_SECOND", 1)
    monkeypatch.setattr("orchestration.sources.police_uk.rate_limit.WINDOW_SECONDS", 1)
    busy = answer(status=429, headers={"Retry-After": "0"})
    host.answer("/api/forces", busy, answer(b"[]"))
    started = time.monotonic()
    assert PoliceApi(session, host.url).forces() == {}
    assert time.monotonic() - started > 0.8
