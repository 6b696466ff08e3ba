"""Paged queries of ArcGIS and Nomis: all of it, in order, or an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from orchestration.sources.arcgis import query_layer
from orchestration.sources.nomis import query_dataset
from orchestration.sources.types import SourceError

LAYER = "/arcgis/Wards/FeatureServer/0"
NOMIS = "/api/v01/dataset/NM_1.data.csv"


def serve_layer(host: Any, answer: Any, total: int, cap: int, stated: int | None = None) -> None:
    """Answer as a layer that returns at most ``cap`` features a page, whatever is asked for."""

    def reply(asked: Any) -> Any:
        if asked.params.get("returnCountOnly") == "true":
            return answer(json.dumps({"count": total if stated is None else stated}).encode())
        start = int(asked.params["resultOffset"])
        size = min(cap, int(asked.params["resultRecordCount"]))
        rows = range(start, min(total, start + size))
        features = [{"attributes": {"CD": f"E{row:08d}"}} for row in rows]
        return answer(json.dumps({"features": features}).encode())

    host.answers[f"{LAYER}/query"] = reply


def test_all_features_come_although_the_server_caps_its_pages(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """Advancing by what was asked, not by what came, skips nine features in ten."""
    serve_layer(host, answer, total=950, cap=200)
    pages = query_layer(session, host.url + LAYER, "CD", has_geometry=False, release="2024-12")
    assert [page.name for page in pages] == [f"page-{number:04d}.json" for number in range(1, 6)]
    codes = [
        feature["attributes"]["CD"] for page in pages for feature in json.loads(page.content)["features"]
    ]
    assert codes == [f"E{row:08d}" for row in range(950)]
    assert pages[1].release == "2024-12"
    assert "resultOffset=200" in pages[1].url
    assert {asked.params.get("orderByFields") for asked in host.asked[1:]} == {"CD"}


def test_geometry_is_asked_for_as_geojson(host: Any, session: requests.Session, answer: Any) -> None:
    """Polygons would come in the server's own projection and form."""
    serve_layer(host, answer, total=1, cap=1)
    query_layer(session, host.url + LAYER, "CD", has_geometry=True)
    asked = host.asked[-1].params
    assert (asked["f"], asked["outSR"], asked["returnGeometry"]) == ("geojson", "4326", "true")


@pytest.mark.parametrize("stated", [7, 3])
def test_pages_that_do_not_add_up_to_the_count_are_refused(
    host: Any, session: requests.Session, answer: Any, stated: int
) -> None:
    """A layer republished between two pages would be landed in part."""
    serve_layer(host, answer, total=5, cap=2, stated=stated)
    with pytest.raises(SourceError, match=rf"hold \d features where the layer counts {stated}"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def test_an_empty_layer_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """An emptied service would replace the boundaries with none."""
    serve_layer(host, answer, total=0, cap=2)
    with pytest.raises(SourceError, match="says that it holds 0 features"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"code":400,"message":"Invalid URL","details":[]}}', "error 400: Invalid URL"),
        (b'{"error":"down"}', "error None: down"),
        (b"[1]", "not a JSON object"),
        (b"<html>busy</html>", "HTML page came in place of JSON"),
        (b'{"count": "many"}', "holds 'many' features"),
    ],
)
def test_an_error_in_an_answer_with_status_200_is_seen(
    host: Any, session: requests.Session, answer: Any, body: bytes, message: str
) -> None:
    """ArcGIS reports errors in the body: they would be landed as a page."""
    host.answer(f"{LAYER}/query", answer(body))
    with pytest.raises(SourceError, match=message):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def test_a_page_without_features_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """A page of another shape would count as an empty one."""
    host.answer(f"{LAYER}/query", answer(b'{"count": 2}'), answer(b'{"rows": []}'))
    with pytest.raises(SourceError, match="no list of features"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def serve_nomis(host: Any, answer: Any, total: int, cap: int, counts: bool = True) -> None:
    """Answer as Nomis does: cut off at the cap without a word."""

    def reply(asked: Any) -> Any:
        start = int(asked.params["RecordOffset"])
        size = min(cap, int(asked.params["RecordLimit"]))
        header = '"GEOGRAPHY_CODE","OBS_VALUE"' + (',"RECORD_COUNT"' if counts else "")
        rows = [
            f'"E{row:08d}",{row}' + (f",{total}" if counts else "")
            for row in range(start, min(total, start + size))
        ]
        return answer("\n".join([header, *rows, ""]).encode())

    host.answers[NOMIS] = reply


@pytest.mark.parametrize(("total", "pages"), [(25, 3), (20, 2), (9, 1)])
def test_nomis_pages_until_one_is_not_full(
    host: Any, session: requests.Session, answer: Any, total: int, pages: int
) -> None:
    """The first 25,000 cells would pass for the whole country."""
    serve_nomis(host, answer, total, cap=10)
    fetched = query_dataset(session, host.url, "NM_1", {"geography": "TYPE151"}, page_size=10)
    assert [page.name for page in fetched] == [f"page-{number:04d}.csv" for number in range(1, pages + 1)]
    assert sum(page.content.count(b'"E') for page in fetched) == total
    assert host.asked[0].params["geography"] == "TYPE151"


def test_a_lower_cap_than_known_is_noticed(host: Any, session: requests.Session, answer: Any) -> None:
    """If Nomis lowered its cap, the first page would look like the last."""
    serve_nomis(host, answer, total=25, cap=8)
    with pytest.raises(SourceError, match="hold 8 cells where Nomis counts 25"):
        query_dataset(session, host.url, "NM_1", {}, page_size=10)


def test_no_more_is_asked_for_than_nomis_gives(host: Any, session: requests.Session, answer: Any) -> None:
    """Asking for a million gives 25,000 and the look of a last page."""
    serve_nomis(host, answer, total=5, cap=25_000, counts=False)
    query_dataset(session, host.url, "NM_1", {}, page_size=1_000_000)
    assert host.asked[0].params["RecordLimit"] == "25000"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'"GEOGRAPHY_CODE","OBS_VALUE"\n', "the selection holds no cell"),
        (b"", "the selection holds no cell"),
        (b"Error: dataset does not exist\n", "no column OBS_VALUE"),
        (b"<html></html>", "HTML page came in place of CSV"),
        (b'"OBS_VALUE"\n"\xff"\n', "not UTF-8"),
    ],
)
def test_what_is_no_page_of_cells_is_refused(
    host: Any, session: requests.Session, answer: Any, body: bytes, message: str
) -> None:
    """An error worded in the body would be landed as the population."""
    host.answer(NOMIS, answer(body))
    with pytest.raises(SourceError, match=message):
        query_dataset(session, host.url, "NM_1", {})
