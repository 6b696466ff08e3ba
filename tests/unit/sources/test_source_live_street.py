"""The live feed: what is fetched, landed and read of an area's newest month, and the areas' own file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.environment import PROJECT_ROOT
from orchestration.sandbox.city import build_city
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer
from orchestration.sources.police_uk.api import PoliceApi
from orchestration.sources.police_uk.areas import Area, read_areas
from orchestration.sources.police_uk.live_street import (
    CRIME_TYPES,
    OUTCOMES,
    count_street_live,
    fetch_street_live,
    read_street_live,
)
from orchestration.sources.types import Fetched, SourceError

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
CITY = Area(name="city", title="City", polygon=((52.5, -1.45), (52.5, -1.1), (52.7, -1.1), (52.7, -1.45)))
REQUEST = {"area": "city", "title": "City", "month": "2025-09", "polygon": [[1, 2], [1, 3], [2, 3]]}
CRIME = {
    "id": 7,
    "category": "violent-crime",
    "month": "2025-09",
    "persistent_id": "ab" * 32,
    "context": "",
    "location_type": "Force",
    "location": {
        "latitude": "51.500000",
        "longitude": "-0.100000",
        "street": {"id": 9, "name": "On or near Mill Lane"},
    },
    "outcome_status": {"category": "Offender given a penalty notice", "date": "2025-10"},
}


def put(folder: Path, *answers: Any) -> list[Path]:
    """Write a request and answers as they are landed."""
    paths = [folder / f"crimes-street-2025-09-{number:04d}.json" for number in range(1, len(answers) + 1)]
    for path, answer in zip(paths, answers, strict=True):
        path.write_text(answer if isinstance(answer, str) else json.dumps(answer))
    (folder / "request.json").write_text(json.dumps(REQUEST))
    return [*paths, folder / "request.json"]


def test_a_crime_is_worded_as_in_the_files(tmp_path: Path) -> None:
    """The preview could not be set beside the archive: API and files word categories and an outcome apart."""
    (row,) = read_street_live(put(tmp_path, [CRIME])).to_dict("records")
    assert row == {
        "crime_id": "ab" * 32,
        "month": "2025-09",
        "reported_by": None,
        "falls_within": None,
        "longitude": "-0.100000",
        "latitude": "51.500000",
        "location": "On or near Mill Lane",
        "lsoa_code": None,
        "lsoa_name": None,
        "crime_type": "Violence and sexual offences",
        "last_outcome_category": "Offender given penalty notice",
        "context": None,
        "api_id": "7",
        "street_id": "9",
        "street_name": "On or near Mill Lane",
        "location_type": "Force",
        "last_outcome_month": "2025-10",
        "source_row": 1,
        "source_file": "crimes-street-2025-09-0001.json",
        "area": "city",
        "area_wkt": "POLYGON ((2 1, 3 1, 3 2, 2 1))",
        "partition_month": "2025-09",
        "force_slug": None,
    }


def test_odd_records_are_read_for_the_gate_to_judge(tmp_path: Path) -> None:
    """One record without a place or of an unknown category would lose the others."""
    odd = {"id": 8, "category": "new-crime", "location": None, "outcome_status": None, "persistent_id": ""}
    frame = read_street_live(put(tmp_path, [CRIME, odd, {}], []))
    assert len(frame) == 3
    assert frame["crime_type"].fillna("").tolist() == ["Violence and sexual offences", "new-crime", ""]
    assert frame["location"].tolist()[1:] == ["No Location"] * 2
    assert frame["crime_id"].isna().tolist() == [False, True, True]


def test_a_crime_of_two_answers_is_read_and_counted_once(tmp_path: Path) -> None:
    """A crime on the edge of two parts would be counted twice; two without a number may be two crimes."""
    answers = [[CRIME, {}], [CRIME, CRIME | {"id": 8}, {}]]
    files = put(tmp_path, *answers)
    assert read_street_live(files)["api_id"].fillna("").tolist() == ["7", "", "8", ""]
    assert count_street_live([Fetched(path.name, path.read_bytes(), "") for path in files]) == 4


def test_a_quiet_area_is_no_fault(tmp_path: Path) -> None:
    """A month without crime in a small area would fail the gate."""
    frame = read_street_live(put(tmp_path, []))
    assert frame.empty and "area" in frame


@pytest.mark.parametrize("answer", ['{"id": 1}', "null", "[1]", "oops", '[{"id": 1, "location": "x"}]'])
def test_what_is_not_a_list_of_crimes_is_named(tmp_path: Path, answer: str) -> None:
    """A damaged file would surface as an error of DuckDB, without saying which."""
    with pytest.raises(SourceError, match=r"0001\.json: it is not a list of crimes"):
        read_street_live(put(tmp_path, answer))


def test_a_feed_that_does_not_say_what_was_asked_is_refused(tmp_path: Path) -> None:
    """Crimes of an unknown area or month could be set beside nothing."""
    files = put(tmp_path, [])
    (tmp_path / "request.json").write_text("{}")
    with pytest.raises(SourceError, match=r"request\.json: it does not say what was asked"):
        read_street_live(files)


def test_the_newest_month_is_fetched_byte_for_byte(tmp_path: Path, session: requests.Session) -> None:
    """An auditor could not tell what the API had said; a split area would come twice or in part."""
    with SandboxServer(SMALL_CITY, cache_folder=tmp_path / "cache", crime_limit=150) as server:
        base = f"{server.base_url}/police-uk"
        fetched = fetch_street_live(PoliceApi(session, base), CITY)
        again = requests.get(fetched[1].url, timeout=30)
    assert len(fetched) > 4 and {file.release for file in fetched} == {f"{SMALL_CITY.last_month}-01"}
    assert again.content == fetched[1].content
    city = build_city(SMALL_CITY)
    newest = city.crimes.month == len(SMALL_CITY.months) - 1
    expected = (newest & city.crimes.is_located & ~city.is_bad("street")).sum()
    for file in fetched:
        (tmp_path / file.name).write_bytes(file.content)
    frame = read_street_live([tmp_path / file.name for file in fetched])
    assert len(frame) == count_street_live(fetched) == expected > 200
    assert set(frame["crime_type"]) <= set(CRIME_TYPES.values())


def test_an_api_without_months_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """An empty list of months would surface as an IndexError."""
    host.answer("/api/crimes-street-dates", answer(b"[]"))
    with pytest.raises(SourceError, match="the API lists no month"):
        fetch_street_live(PoliceApi(session, host.url), CITY)


def test_the_wordings_are_those_of_the_seeds() -> None:
    """A category of the API would join to no harm weight, an outcome to no group."""
    with (SEEDS / "crime_types.csv").open() as file:
        assert {row["api_slug"]: row["crime_type"] for row in csv.DictReader(file)} == CRIME_TYPES
    with (SEEDS / "outcome_groups.csv").open() as file:
        groups = {row["outcome_type"]: row["outcome_group"] for row in csv.DictReader(file)}
    assert all(groups[said] == groups[written] for said, written in OUTCOMES.items())


def test_the_default_areas_lie_where_their_profiles_look() -> None:
    """The preview of the sandbox would be empty, that of London of somewhere else."""
    areas = read_areas()
    corners = areas["eastvale-centre"].polygon
    snaps = build_city().snaps
    for latitude, longitude in corners:
        assert snaps.latitude.min() < latitude < snaps.latitude.max()
        assert snaps.longitude.min() < longitude < snaps.longitude.max()
    assert all(
        51.4 < latitude < 51.6 and -0.3 < longitude < 0.1
        for latitude, longitude in areas["central-london"].polygon
    )


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("areas: [{name: a1, title: A, polygon: [[51, 0], [52, 0]]}]", "three corners"),
        ("areas: [{name: a1, title: A, polygon: [[51, 0], [52, 0], [0, 95]]}]", "degrees wide"),
        ("areas: [{name: a1, title: A, polygon: [[151, 0], [52, 0], [51, 1]]}]", "in degrees"),
        ("areas: [{name: A 1, title: A, polygon: [[51, 0], [52, 0], [51, 1]]}]", "pattern"),
        ("areas: [{name: a1, title: A, colour: red, polygon: [[51, 0], [52, 0], [51, 1]]}]", "colour"),
        (
            "areas: [&a {name: a1, title: A, polygon: [[51, 0], [52, 0], [51, 1]]}, *a]",
            "two areas have the same name",
        ),
        ("areas: [", "does not declare areas"),
        ("", "does not declare areas"),
    ],
)
def test_a_misdeclared_area_is_refused_by_what_is_wrong(tmp_path: Path, declared: str, said: str) -> None:
    """A typing error would ask the API for half the country, or for nothing."""
    path = tmp_path / "areas.yml"
    path.write_text(declared)
    with pytest.raises(SourceError, match=said):
        read_areas(path)
