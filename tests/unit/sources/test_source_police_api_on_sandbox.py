"""The police API's client against the sandbox: its rate limit, its splitting, and every endpoint's truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
import shapely

from orchestration.sandbox.city import City, build_city
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer
from orchestration.sources.http import HttpStatusError
from orchestration.sources.police_uk.api import PoliceApi
from orchestration.sources.police_uk.polygons import Point

CITY = [(52.50, -1.45), (52.50, -1.10), (52.70, -1.10), (52.70, -1.45)]
# A dent makes parts that hang together by edges of no width.
DENTED = [(52.50, -1.45), (52.60, -1.26), (52.50, -1.10), (52.70, -1.10), (52.70, -1.45)]
MONTH = "2023-12"
API = "/police-uk/api"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SandboxServer]:
    """A server of the small city that refuses areas with more than forty records."""
    with SandboxServer(SMALL_CITY, cache_folder=tmp_path, crime_limit=40) as running:
        yield running


@pytest.fixture
def api(server: SandboxServer, session: requests.Session) -> PoliceApi:
    """A client of the server."""
    return PoliceApi(session, f"{server.base_url}/police-uk")


@pytest.fixture(scope="module")
def city() -> City:
    """The city that the server serves."""
    return build_city(SMALL_CITY)


def inside(city: City, snap: np.ndarray, polygon: list[Point]) -> np.ndarray:
    """Say which snap points lie in the polygon."""
    return shapely.contains_xy(
        shapely.Polygon(polygon), city.snaps.latitude[snap], city.snaps.longitude[snap]
    )


def in_month(city: City, kind: str, month: str = MONTH) -> np.ndarray:
    """Say which records of a kind are of the month, and good."""
    records = {"street": city.crimes, "outcomes": city.outcomes, "stop-and-search": city.stops}[kind]
    return (records.month == SMALL_CITY.months.index(month)) & ~city.is_bad(kind)


def test_a_burst_meets_no_refusal(server: SandboxServer, api: PoliceApi) -> None:
    """Past the limit the API answers 429, and keeps doing so to whoever goes on asking."""
    for _ in range(75):
        api.last_updated()
    answered = [exchange for exchange in server.traffic.exchanges if exchange.path.startswith(API)]
    assert Counter(exchange.status for exchange in answered) == {200: 75}


@pytest.mark.parametrize("polygon", [CITY, DENTED])
def test_each_crime_comes_once_however_often_the_area_is_split(
    server: SandboxServer, api: PoliceApi, city: City, polygon: list[Point]
) -> None:
    """A crime on a cut would be counted twice or not at all."""
    crimes = city.crimes
    held = in_month(city, "street") & crimes.is_located
    expected = np.flatnonzero(held & inside(city, crimes.snap, polygon))
    found = api.crimes_street(polygon, MONTH)
    assert len(found) == len(expected) > 200
    assert len({crime.id for crime in found}) == len(found)
    ids = Counter(crime.persistent_id or "" for crime in found)
    assert ids == Counter(crimes.crime_id[expected].astype(str).tolist())
    assert {exchange.status for exchange in server.traffic.exchanges} == {200, 503}


def test_outcomes_are_split_too_and_agree_with_the_file(api: PoliceApi, city: City) -> None:
    """The outcomes' endpoint refuses large areas as well, and its records have no id to tell them by."""
    outcomes = city.outcomes
    held = in_month(city, "outcomes") & outcomes.is_located & (outcomes.crime >= 0)
    expected = outcomes.crime_id[held & ~city.is_bad("street")[outcomes.crime]].astype(str)
    found = api.outcomes_at_location(CITY, MONTH)
    assert Counter(outcome.crime.persistent_id for outcome in found) == Counter(expected.tolist())
    assert {outcome.date for outcome in found} == {MONTH}


def test_equal_searches_are_kept(api: PoliceApi, city: City) -> None:
    """A search has no id: two people searched at one place and time would become one."""
    month = max(SMALL_CITY.months, key=lambda one: int(in_month(city, "stop-and-search", one).sum()))
    stops = city.stops
    held = in_month(city, "stop-and-search", month) & stops.is_located
    found = api.stops_street(CITY, month)
    assert len(found) == held.sum() > 40
    assert (
        len(api.stops_force("eastvale", month))
        == (in_month(city, "stop-and-search", month) & (stops.force == 0)).sum()
    )


def test_the_history_of_a_crime_ends_with_what_the_file_states(api: PoliceApi, city: City) -> None:
    """An auditor who looks a crime up would be told another story than the files tell."""
    events = Counter(city.outcomes.crime[city.outcomes.crime >= 0].tolist())
    crime = next(row for row, count in events.items() if count == 2 and not city.is_bad("street")[row])
    history = api.outcomes_for_crime(city.crimes.crime_id[crime].decode())
    assert history is not None and len(history.outcomes) == 3
    dates = [outcome.date for outcome in history.outcomes]
    assert dates == sorted(dates) and dates[0] == history.crime.month
    assert history.outcomes[0].category.code == "under-investigation"
    assert api.outcomes_for_crime("0" * 64) is None


def test_crimes_without_a_location_are_had_from_their_force(api: PoliceApi, city: City) -> None:
    """They are in no area, and would be missing from every total."""
    crimes = city.crimes
    expected = in_month(city, "street") & ~crimes.is_located & (crimes.force == 0)
    found = api.crimes_no_location("eastvale", MONTH)
    assert len(found) == expected.sum() > 0
    assert {(crime.location, crime.location_type) for crime in found} == {(None, None)}


def test_neighbourhoods_tile_their_force(api: PoliceApi, city: City) -> None:
    """A neighbourhood's outline would be of another place, or its residents counted twice."""
    names = {force: api.neighbourhoods(force) for force in api.forces()}
    assert sum(map(len, names.values())) == len(np.unique(city.geography.ward_code))
    code = next(iter(names["eastvale"]))
    details = api.neighbourhood("eastvale", code)
    ring = api.neighbourhood_boundary("eastvale", code)
    assert (details.id, details.name) == (code, names["eastvale"][code])
    is_ward = city.geography.ward_code == code
    assert details.population == city.people.residents[is_ward, -1].sum()
    assert ring[0] == ring[-1] and details.centre is not None
    outline = shapely.Polygon(ring)
    assert outline.contains(shapely.Point(details.centre.latitude, details.centre.longitude).buffer(1e-4))
    for force, unknown in (("westmere", code), ("eastvale", "nowhere"), ("nowhere", code)):
        with pytest.raises(HttpStatusError, match="status 404"):
            api.neighbourhood(force, unknown)


def test_categories_and_months_are_read(api: PoliceApi) -> None:
    """The newest month of the feed is taken from here."""
    assert len(api.crime_categories()) == 15
    assert [entry.month for entry in api.street_dates()] == list(reversed(SMALL_CITY.months))
