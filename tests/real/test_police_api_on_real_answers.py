"""The police API's shapes against its real answers, when they are there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from orchestration.gating import gate_reference
from orchestration.landing import land_street_live
from orchestration.paths import DataPaths
from orchestration.sources.police_uk.api_shapes import (
    Category,
    Coordinates,
    Crime,
    CrimeHistory,
    LastUpdated,
    Location,
    Named,
    Neighbourhood,
    Outcome,
    OutcomeCategory,
    OutcomeStatus,
    Stop,
    StreetDate,
    parse_answer,
)
from orchestration.sources.police_uk.areas import Area
from orchestration.sources.police_uk.live_street import (
    CRIME_TYPES,
    LIVE_STREET,
    count_street_live,
    read_street_live,
)
from orchestration.sources.types import Fetched, SourceError
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

ANSWERS = REAL_FILES / "police_api"
# Parts of answers, and answers of endpoints, that the client does not ask for.
UNUSED = (
    "contact-details",
    "crime-location-types",
    "engagement-method",
    "link",
    "neighbourhood-location",
    "neighbourhood-policing-team",
    "neighbourhood-priority",
    "police-force.json",
    "police-officer",
    "LocateNeighbourhood",
    "NeighbourhoodEvents",
    "NeighbourhoodTeam",
)
# Around Cheltenham.
AREA = Area(
    name="cheltenham", title="C", polygon=((51.85, -2.15), (51.85, -2.0), (51.95, -2.0), (51.95, -2.15))
)
STREET = {
    "2025-02_fetched-2025-04-01": 335,
    "2025-02_fetched-2025-05-08": 335,
    "2025-05_fetched-2025-07-15": 428,
    "2025-05_fetched-2025-08-13": 428,
    "2025-06_fetched-2025-08-13": 482,
    "2025-07_fetched-2025-09-11": 487,
    "2025-08_fetched-2025-10-02": 475,
    "2025-09_fetched-2025-11-06": 425,
}
READABLE: dict[str, Any] = {
    "neighbourhoods.json": list[Named],
    "neighbourhood_AA3.json": Neighbourhood,
    "boundary_stmarks.json": list[Coordinates],
    "client_fixtures/police_data_kit/case-history.json": CrimeHistory,
    "client_fixtures/police_data_kit/coordinate.json": Coordinates,
    "client_fixtures/police_data_kit/crime-category.json": Category,
    "client_fixtures/police_data_kit/crime.json": Crime,
    "client_fixtures/police_data_kit/data-set.json": StreetDate,
    "client_fixtures/police_data_kit/location.json": Location,
    "client_fixtures/police_data_kit/neighbourhood.json": Neighbourhood,
    "client_fixtures/police_data_kit/neighbourhood-empty-force-url.json": Neighbourhood,
    "client_fixtures/police_data_kit/neighbourhood-html-in-name.json": Neighbourhood,
    "client_fixtures/police_data_kit/neighbourhood-reference.json": Named,
    "client_fixtures/police_data_kit/outcome-category.json": OutcomeCategory,
    "client_fixtures/police_data_kit/outcome-crime.json": Crime,
    "client_fixtures/police_data_kit/outcome-status.json": OutcomeStatus,
    "client_fixtures/police_data_kit/outcome.json": Outcome,
    "client_fixtures/police_data_kit/police-force-reference.json": Named,
    "client_fixtures/police_data_kit/stop-and-search.json": Stop,
    "client_fixtures/policeuk_net/CrimeCatagories.Multiple.json": list[Category],
    "client_fixtures/policeuk_net/CrimeCatagories.Single.json": list[Category],
    "client_fixtures/policeuk_net/EmptyArray.json": list[Crime],
    "client_fixtures/policeuk_net/Force.json": Named,
    "client_fixtures/policeuk_net/Forces.Multiple.json": list[Named],
    "client_fixtures/policeuk_net/Forces.Single.json": list[Named],
    "client_fixtures/policeuk_net/LastUpdated.json": LastUpdated,
    "client_fixtures/policeuk_net/Neighbourhood.json": Neighbourhood,
    "client_fixtures/policeuk_net/NeighbourhoodBoundary.Multiple.json": list[Coordinates],
    "client_fixtures/policeuk_net/Neighbourhoods.Multiple.json": list[Named],
    "client_fixtures/policeuk_net/Neighbourhoods.Single.json": list[Named],
    "client_fixtures/policeuk_net/StreetLevelAvailability.Multiple.json": list[StreetDate],
    "client_fixtures/policeuk_net/StreetLevelAvailability.Single.json": list[StreetDate],
}
# What each must be refused as, and by what words.
REFUSED: dict[str, tuple[Any, str]] = {
    "crimes-street_all-crime_cheltenham_EMPTY_fetched-2025-08-01.json": (list[Crime], "empty body"),
    "client_fixtures/police_data_kit/coordinate-invalid.json": (Coordinates, "latitude is 'A'"),
    "client_fixtures/police_data_kit/location-invalid-coordinate.json": (Location, "latitude is 'aaa'"),
    "client_fixtures/police_data_kit/neighbourhood-invalid-population.json": (Neighbourhood, "population is"),
    "client_fixtures/policeuk_net/Crimes.Multiple.json": (list[Crime], "the body is not JSON"),
    "client_fixtures/policeuk_net/Crimes.Single.json": (list[Crime], "the body is not JSON"),
    "client_fixtures/policeuk_net/Empty.json": (list[Crime], "empty body"),
    "client_fixtures/policeuk_net/Malformed.json": (list[Named], "the body is not JSON"),
}


def street(released: str) -> Path:
    """Return a month's answer as it was on a day."""
    return ANSWERS / f"crimes-street_all-crime_cheltenham_{released}.json"


def test_every_answer_is_accounted_for() -> None:
    """An answer that no test reads could be of a shape that the client refuses."""
    named = {str(path.relative_to(ANSWERS)) for path in ANSWERS.rglob("*.json")}
    read = {*READABLE, *REFUSED, *(street(released).name for released in STREET)}
    assert read <= named
    assert {name for name in named - read if not Path(name).name.startswith(UNUSED)} == set()


@pytest.mark.parametrize("name", READABLE)
def test_what_the_api_answers_is_read(name: str) -> None:
    """A client tried on made-up answers alone would refuse the first real one."""
    assert parse_answer((ANSWERS / name).read_bytes(), READABLE[name], name) is not None


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_answer_is_refused_by_what_is_wrong(name: str) -> None:
    """The empty answer of August 2025 would be taken for a month without crime."""
    shape, said = REFUSED[name]
    with pytest.raises(SourceError, match=said):
        parse_answer((ANSWERS / name).read_bytes(), shape, name)


def test_numbers_are_read_as_numbers() -> None:
    """Known values: St Marks has 12,266 residents, its outline 1,068 corners and is closed."""
    details = parse_answer((ANSWERS / "neighbourhood_AA3.json").read_bytes(), Neighbourhood, "")
    assert (details.name, details.population, details.centre) == (
        "St Marks",
        12_266,
        Coordinates(51.9042, -2.10141),
    )
    ring = parse_answer((ANSWERS / "boundary_stmarks.json").read_bytes(), list[Coordinates], "")
    assert len(ring) == 1_068 and ring[0] == ring[-1]


@pytest.mark.parametrize("released", STREET)
def test_crimes_are_read_typed_and_as_a_feed(tmp_path: Path, released: str) -> None:
    """Crimes would be lost between the answer, its typed form and the columns of the files."""
    body, month = street(released).read_bytes(), released[:7]
    crimes = parse_answer(body, list[Crime], released)
    asked = {"area": AREA.name, "month": month, "polygon": AREA.polygon}
    feed = [
        Fetched("request.json", json.dumps(asked).encode(), "areas.yml"),
        Fetched("crimes-street-0001.json", body, released),
    ]
    for file in feed:
        (tmp_path / file.name).write_bytes(file.content)
    frame = read_street_live([tmp_path / file.name for file in feed])
    assert len(crimes) == len(frame) == count_street_live(feed) == STREET[released]
    assert frame["api_id"].tolist() == [str(crime.id) for crime in crimes]
    types = Counter(CRIME_TYPES[crime.category] for crime in crimes)
    assert Counter(frame["crime_type"]) == types
    is_antisocial = frame["crime_type"] == "Anti-social behaviour"
    assert (frame["crime_id"].isna() == is_antisocial).all()
    assert (frame["last_outcome_category"].isna() == is_antisocial).all()
    assert frame["longitude"].astype(float).tolist() == [
        crime.location.longitude for crime in crimes if crime.location
    ]


@pytest.mark.parametrize("released", STREET)
def test_a_real_feed_passes_its_gate(tmp_path: Path, released: str) -> None:
    """A rule that real crimes break would withhold the first live preview."""

    class Upstream:
        def street_live(self, area: Area) -> list[Fetched]:
            asked = {"area": area.name, "month": released[:7], "polygon": area.polygon}
            return [
                Fetched("request.json", json.dumps(asked).encode(), "areas.yml"),
                Fetched("crimes-street-0001.json", street(released).read_bytes(), released),
            ]

    paths = DataPaths(tmp_path)
    land_street_live(AREA, Upstream(), paths)  # type: ignore[arg-type]
    verdict = gate_reference(LIVE_STREET, paths)
    assert (verdict.status, verdict.record_count_validated) == ("passed", STREET[released]), verdict.reason
    assert [rule.rule for rule in verdict.rules if not rule.success] == []
