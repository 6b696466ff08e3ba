"""The server: that it behaves as the upstream hosts do, traps included."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import requests
import shapely

from orchestration.sandbox import routes
from orchestration.sandbox.archive import Archive
from orchestration.sandbox.categories import OUTCOME_CODES, OUTCOME_NAMES
from orchestration.sandbox.city import City
from orchestration.sandbox.layers import (
    BOUNDARIES_2011,
    BOUNDARIES_2021,
    CENTROIDS_2021,
    EXACT_FIT,
    FORCE_AREAS_2024,
    WARDS_2024,
)
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer
from orchestration.sandbox.traffic import TokenBucket

_ARCHIVE = "/police-uk/data/archive"
_API = "/police-uk/api"
_WHOLE_CITY = "52.4,-1.5:52.4,-1.0:52.8,-1.0:52.8,-1.5"


def _get(server: SandboxServer, path: str, **params: str | int) -> requests.Response:
    return requests.get(server.base_url + path, params=params, timeout=30)


def _layer(server: SandboxServer, service: str, **params: str | int) -> dict:
    answer = _get(server, f"/arcgis/{service}/FeatureServer/0/query", **params)
    assert answer.status_code == 200
    return answer.json()


def test_archive_redirects_to_storage_that_honours_ranges(server: SandboxServer, packed: Archive) -> None:
    """The range reader lists 1.7 GB of upstream archive by its last bytes: it must never fetch the whole."""
    size = packed.path.stat().st_size
    address = f"{server.base_url}{_ARCHIVE}/latest.zip"
    first = requests.get(address, allow_redirects=False, timeout=30)
    assert first.status_code == 302
    assert first.headers["location"] == f"/s3/policeuk-data/archive/{SMALL_CITY.last_month}.zip"
    head = requests.head(address, allow_redirects=True, timeout=30)
    assert head.headers["accept-ranges"] == "bytes" and int(head.headers["content-length"]) == size
    assert packed.md5 in head.headers["etag"]
    tail = requests.get(address, headers={"Range": "bytes=-64"}, timeout=30)
    assert tail.status_code == 206 and tail.content == packed.path.read_bytes()[-64:]
    middle = requests.get(address, headers={"Range": "bytes=100-199"}, timeout=30)
    assert middle.headers["content-range"] == f"bytes 100-199/{size}" and len(middle.content) == 100
    assert requests.get(address, headers={"Range": f"bytes={size}-"}, timeout=30).status_code == 416
    assert server.traffic.body_bytes("/s3/") < 300 and server.traffic.request_count("/s3/") == 4


def test_archive_index_lists_range_and_checksum(server: SandboxServer, packed: Archive) -> None:
    """The client reads the releases and their MD5 off this page."""
    page = _get(server, f"{_ARCHIVE}/").text
    assert f"{_ARCHIVE}/{SMALL_CITY.last_month}.zip" in page
    assert "Contains data from Mar 2023 to Feb 2024" in page
    assert f'<p class="md5sum">{packed.md5}</p>' in page
    assert _get(server, f"{_ARCHIVE}/2013-12.zip").status_code == 404


def test_layer_pages_are_capped_and_add_up(server: SandboxServer, small_city: City) -> None:
    """A client that trusts the page size that it asked for stops after the first page."""
    count = _layer(server, BOUNDARIES_2021, where="1=1", returnCountOnly="true", f="json")["count"]
    codes: list[str] = []
    while True:
        page = _layer(
            server, BOUNDARIES_2021, where="1=1", outFields="*", outSR=4326, f="geojson",
            resultOffset=len(codes), resultRecordCount=2000,
        )  # fmt: skip
        assert len(page["features"]) <= 20
        codes += [feature["properties"]["LSOA21CD"] for feature in page["features"]]
        if not page.get("properties", {}).get("exceededTransferLimit"):
            break
    assert codes == small_city.geography.lsoa_2021.code.tolist() and count == len(codes)


def test_layers_carry_the_fields_that_the_ons_publishes(server: SandboxServer) -> None:
    """A renamed field is how a live layer breaks; the sandbox must not be kinder."""
    fields = {
        BOUNDARIES_2011: {"FID", "LSOA11CD", "LSOA11NM"},
        EXACT_FIT: {
            "LSOA11CD",
            "LSOA11NM",
            "LSOA21CD",
            "LSOA21NM",
            "CHGIND",
            "LAD22CD",
            "LAD22NM",
            "ObjectId",
        },
        CENTROIDS_2021: {"FID", "LSOA21CD", "GlobalID", "x", "y"},
        WARDS_2024: {"LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM", "LAD24CD", "LAD24NM"},
        FORCE_AREAS_2024: {"LAD24CD", "LAD24NM", "CSP24CD", "CSP24NM", "PFA24CD", "PFA24NM", "ObjectId"},
    }
    for service, names in fields.items():
        body = _layer(server, service, where="1=1", outFields="*", returnGeometry="false", f="json")
        assert names <= set(body["features"][0]["attributes"]) and "geometry" not in body["features"][0]


def test_layer_geometry_comes_in_either_reference(server: SandboxServer, small_city: City) -> None:
    """Swapped axes or a missing transformation would lay the city in the sea."""
    grid = _layer(server, BOUNDARIES_2021, where="1=1", outFields="LSOA21CD", outSR=27700, f="json")
    rings = grid["features"][0]["geometry"]["rings"]
    assert shapely.Polygon(rings[0]).equals(small_city.geography.lsoa_2021.polygon[0])
    degrees = _layer(server, BOUNDARIES_2021, where="1=1", outFields="LSOA21CD", f="geojson")
    longitude, latitude = degrees["features"][0]["geometry"]["coordinates"][0][0]
    assert -1.5 < longitude < -1.0 and 52.4 < latitude < 52.8


@pytest.mark.parametrize(
    ("service", "params"),
    [
        (BOUNDARIES_2021, {"where": "LSOA21CD='x'", "f": "json"}),
        (BOUNDARIES_2021, {"where": "1=1", "outFields": "nonsense", "f": "json"}),
        (BOUNDARIES_2021, {"where": "1=1", "outSR": "3857", "f": "json"}),
        (BOUNDARIES_2021, {"where": "1=1", "resultOffset": "x", "f": "json"}),
        ("No_Such_Service", {"where": "1=1", "f": "json"}),
    ],
)
def test_layer_errors_come_with_status_200(
    server: SandboxServer, service: str, params: dict[str, str]
) -> None:
    """A client that checks the status alone takes the error for an empty layer."""
    assert _layer(server, service, **params)["error"]["code"] == 400


def test_town_centres_speak_the_same_protocol(server: SandboxServer) -> None:
    """The GLA's server is older: it states the page limit at the top level."""
    path = "/gla/apps/planning_data_map_02/MapServer/104/query"
    body = _get(server, path, where="1=1", outFields="*", f="geojson", resultRecordCount=1).json()
    assert body["exceededTransferLimit"] is True
    assert set(body["features"][0]["properties"]) == {"objectid", "sitename", "classification"}


def test_nomis_cuts_off_silently_and_pages(server: SandboxServer, small_city: City) -> None:
    """Upstream truncates without a word; a client that does not page loses areas."""
    path = "/nomis/api/v01/dataset/NM_2041_1.data.csv"
    params = {
        "geography": "2013265927TYPE151", "c2021_eth_20": "1001...1005", "measures": "20100",
        "select": "DATE_NAME,GEOGRAPHY_CODE,GEOGRAPHY_NAME,C2021_ETH_20_NAME,OBS_VALUE",
    }  # fmt: skip
    rows: list[list[str]] = []
    while True:
        text = _get(server, path, **params, RecordLimit=25_000, RecordOffset=len(rows)).text
        _, *page = csv.reader(io.StringIO(text))
        assert text.startswith('"DATE_NAME","GEOGRAPHY_CODE"') and len(page) <= 100
        rows += page
        if not page:
            break
    assert len(rows) == len(small_city.geography.lsoa_2021.code) * 5
    assert sum(int(row[4]) for row in rows) == small_city.people.ethnicity.sum()
    white = {row[1]: int(row[4]) for row in rows if row[3] == "White"}
    assert white[small_city.geography.lsoa_2021.code[0]] == small_city.people.ethnicity[0, 3]


def test_nomis_population_by_year(server: SandboxServer, small_city: City) -> None:
    """Rates need the year that they ask for; the names of the columns are those of the live answer."""
    path = "/nomis/api/v01/dataset/NM_2014_1.data.csv"
    params = {"geography": "TYPE151", "date": "2022,2024", "gender": "0", "c_age": "200", "measures": "20100"}
    select = "DATE_NAME,GEOGRAPHY_CODE,OBS_VALUE,RECORD_COUNT"
    _, *rows = csv.reader(io.StringIO(_get(server, path, **params, select=select).text))
    areas = len(small_city.geography.lsoa_2021.code)
    assert rows[0][0] == "2022" and int(rows[0][3]) == areas * 2
    assert int(rows[0][2]) == small_city.people.residents[0, 1]
    assert _get(server, path, **params, select="NONSENSE").status_code == 400
    assert _get(server, "/nomis/api/v01/dataset/NM_1_1.data.csv").status_code == 400


def test_deprivation_files_are_served_under_any_media_id(server: SandboxServer) -> None:
    """The publisher moves the files between media ids; the name stays."""
    name = "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"
    content = _get(server, f"/mhclg/media/691ded56d140bbbaa59a2a7d/{name}").content
    assert content.startswith(b"\xef\xbb\xbfLSOA code (2021),")
    assert _get(server, "/mhclg/media/x/File_8.csv").status_code == 404


def test_api_answers_as_documented(server: SandboxServer) -> None:
    """Sensors and the coverage table read these."""
    assert _get(server, f"{_API}/crime-last-updated").json() == {"date": "2024-02-01"}
    dates = _get(server, f"{_API}/crimes-street-dates").json()
    assert [entry["date"] for entry in dates] == list(reversed(SMALL_CITY.months))
    gap = SMALL_CITY.absent_members[0][0]
    assert {entry["date"]: entry["stop-and-search"] for entry in dates}[gap] == ["eastvale"]
    assert len(_get(server, f"{_API}/crime-categories").json()) == 15
    assert _get(server, f"{_API}/forces").json()[0] == {"id": "eastvale", "name": "Eastvale Constabulary"}


def test_api_street_crimes_have_numbers_as_text(server: SandboxServer, small_city: City) -> None:
    """Coordinates come as text, anti-social behaviour without id or outcome; both broke clients before."""
    robberies = _get(server, f"{_API}/crimes-street/robbery", poly=_WHOLE_CITY, date="2023-05").json()
    located = small_city.crimes.is_located & ~small_city.is_bad("street")
    held = located & (small_city.crimes.month == 2) & (small_city.crimes.category == 9)
    assert len(robberies) == held.sum() > 0
    assert isinstance(robberies[0]["location"]["latitude"], str) and len(robberies[0]["persistent_id"]) == 64
    assert {crime["month"] for crime in robberies} == {"2023-05"}
    near = _get(server, f"{_API}/crimes-street/anti-social-behaviour", lat="52.6", lng="-1.26").json()
    assert near and all(crime["persistent_id"] == "" and crime["outcome_status"] is None for crime in near)
    assert near[0]["month"] == SMALL_CITY.last_month, "without a date the newest month is meant"


def test_api_refuses_an_area_with_too_many_crimes(server: SandboxServer) -> None:
    """The client splits the polygon on 503; the halves must then fit."""
    address = f"{server.base_url}{_API}/crimes-street/all-crime"
    whole = requests.post(address, data={"poly": _WHOLE_CITY, "date": "2023-05"}, timeout=30)
    assert whole.status_code == 503
    small = "52.57,-1.24:52.57,-1.23:52.58,-1.23:52.58,-1.24"
    assert requests.post(address, data={"poly": small, "date": "2023-05"}, timeout=30).status_code == 200


def test_api_traps_are_those_of_the_real_one(server: SandboxServer) -> None:
    """Each of these came with a status that a client had not foreseen."""
    crimes = f"{_API}/crimes-street/all-crime"
    assert _get(server, crimes, poly=_WHOLE_CITY, date="2030-01").json() == []
    assert _get(server, crimes, poly=_WHOLE_CITY, date="May 2023").status_code == 404
    assert _get(server, crimes, poly=_WHOLE_CITY, date="2019-01").status_code == 404
    assert _get(server, crimes, poly="52,-1:53,-1").status_code == 502
    assert _get(server, crimes, poly="here").status_code == 404
    assert _get(server, crimes, poly="52.123456,-1.123456:" * 250).status_code == 400
    body = requests.post(server.base_url + crimes, json={"poly": _WHOLE_CITY}, timeout=30)
    assert body.status_code == 400


def test_api_stops_agree_with_the_files(server: SandboxServer, small_city: City) -> None:
    """Searches without coordinates are in the force's list and not in an area's."""
    of_force = _get(server, f"{_API}/stops-force", force="westmere", date="2024-01").json()
    records = small_city.stops
    good = (records.month == 10) & ~small_city.is_bad("stop-and-search")
    assert len(of_force) == (good & (records.force == 1)).sum()
    assert any(stop["location"] is None for stop in of_force)
    assert {json.dumps(stop["removal_of_more_than_outer_clothing"]) for stop in of_force} == {"null"}
    in_area = _get(server, f"{_API}/stops-street", poly=_WHOLE_CITY, date="2024-01").json()
    assert len(in_area) == (good & records.is_located).sum()
    gap = SMALL_CITY.absent_members[1][0]
    assert _get(server, f"{_API}/stops-force", force="westmere", date=gap).json() == []
    assert _get(server, f"{_API}/stops-force", force="nowhere", date="2024-01").json() == []


def test_api_outcomes_have_the_traps_of_the_real_one(server: SandboxServer, small_city: City) -> None:
    """The wording differs from the files, areas are refused as crimes are, and an unknown crime is null."""
    located = small_city.outcomes.is_located & (small_city.outcomes.crime >= 0)
    assert (located & (small_city.outcomes.month == 2)).sum() > 150
    path = f"{_API}/outcomes-at-location"
    assert _get(server, path, poly=_WHOLE_CITY, date="2023-05").status_code == 503
    assert _get(server, path, poly=_WHOLE_CITY, date="2030-01").json() == []
    small = "52.57,-1.24:52.57,-1.23:52.58,-1.23:52.58,-1.24"
    in_small = [_get(server, path, poly=small, date=month).json() for month in SMALL_CITY.months]
    outcomes = [outcome for month in in_small for outcome in month]
    assert outcomes and {outcome["person_id"] for outcome in outcomes} == {None}
    assert all("outcome_status" not in outcome["crime"] for outcome in outcomes)
    wordings = {outcome["category"]["code"]: outcome["category"]["name"] for outcome in outcomes}
    assert wordings.get("penalty-notice-issued") in (None, "Offender given a penalty notice")
    known = outcomes[0]["crime"]["persistent_id"]
    history = _get(server, f"{_API}/outcomes-for-crime/{known}").json()
    assert history["crime"]["persistent_id"] == known and len(history["outcomes"]) >= 2
    assert _get(server, f"{_API}/outcomes-for-crime/{'0' * 64}").content == b"null"


def test_every_outcome_has_the_code_of_the_api() -> None:
    """An outcome without a code would break the answer for the whole area."""
    assert set(OUTCOME_CODES) == set(OUTCOME_NAMES)
    assert len(set(OUTCOME_CODES.values())) == len(OUTCOME_CODES)


def test_api_crimes_without_a_location_have_none(server: SandboxServer) -> None:
    """Clients broke on the null; and an unknown force is a bad gateway, not an empty list."""
    path = f"{_API}/crimes-no-location"
    crimes = _get(server, path, force="westmere", category="all-crime", date="2023-05").json()
    assert crimes and {(crime["location"], crime["location_type"]) for crime in crimes} == {(None, None)}
    one_kind = _get(server, path, force="westmere", category="violent-crime", date="2023-05").json()
    assert {crime["category"] for crime in one_kind} == {"violent-crime"} and len(one_kind) < len(crimes)
    assert _get(server, path, force="nowhere", category="all-crime", date="2023-05").status_code == 502


def test_api_neighbourhoods_have_text_for_numbers(server: SandboxServer) -> None:
    """Population and coordinates come as text, descriptions not at all, and outlines as closed rings."""
    listed = _get(server, f"{_API}/eastvale/neighbourhoods").json()
    code = listed[0]["id"]
    details = _get(server, f"{_API}/eastvale/{code}").json()
    assert details["population"].isdigit() and isinstance(details["centre"]["latitude"], str)
    assert "description" not in details
    ring = _get(server, f"{_API}/eastvale/{code}/boundary").json()
    assert ring[0] == ring[-1] and len(ring) > 4 and isinstance(ring[0]["longitude"], str)
    for path in ("nowhere/neighbourhoods", f"westmere/{code}", f"westmere/{code}/boundary"):
        assert _get(server, f"{_API}/{path}").status_code == 404


def test_api_limits_the_rate(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without a rate limiter meets 429 here as it does upstream; the archive is not limited."""
    monkeypatch.setattr(routes, "API_REQUESTS_PER_SECOND", 0.001)
    with SandboxServer(SMALL_CITY, cache_folder=cache) as server:
        codes = [_get(server, f"{_API}/crime-last-updated").status_code for _ in range(32)]
        assert codes == [200] * 30 + [429] * 2
        assert _get(server, f"{_ARCHIVE}/").status_code == 200


def test_tokens_come_back_at_the_stated_rate() -> None:
    """A bucket that never refills, or refills past its burst, would misjudge a well-behaved client."""
    now = 0.0
    bucket = TokenBucket(15, 30, clock=lambda: now)
    assert [bucket.take() for _ in range(31)] == [True] * 30 + [False]
    now = 1.01
    assert sum(bucket.take() for _ in range(100)) == 15
    now = 100.0
    assert sum(bucket.take() for _ in range(100)) == 30


def test_a_server_that_is_not_running_has_no_address() -> None:
    """Asking too early must say what to do, not give an address that refuses connections."""
    with pytest.raises(RuntimeError, match=r"start\(\)"):
        _ = SandboxServer(SMALL_CITY).base_url
