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


DESCRIPTION = {"objectIdField": "FID", "maxRecordCount": 2000, "editingInfo": {"dataLastEditDate": 1}}


def describe(host: Any, answer: Any, *descriptions: dict[str, Any]) -> None:
    """Answer with these descriptions of the layer in turn, the last one for ever."""
    host.answer(LAYER, *(answer(json.dumps(DESCRIPTION | described).encode()) for described in descriptions))


def serve_layer(
    host: Any,
    answer: Any,
    total: int,
    cap: int,
    stated: int | None = None,
    repeats: int = 0,
    flags: bool = True,
) -> None:
    """Answer as a layer that returns at most ``cap`` features a page, whatever is asked for.

    With ``repeats``, each page but the first begins that many features early; without ``flags``, no page says
    whether more follow.
    """
    describe(host, answer, {})

    def reply(asked: Any) -> Any:
        if asked.params.get("returnCountOnly") == "true":
            return answer(json.dumps({"count": total if stated is None else stated}).encode())
        start = int(asked.params["resultOffset"])
        size = min(cap, int(asked.params["resultRecordCount"]))
        first = max(0, start - repeats)
        rows = range(first, min(total, first + size))
        page: dict[str, Any] = {
            "features": [{"attributes": {"CD": f"E{row:08d}", "FID": row}} for row in rows]
        }
        if flags and rows.stop < total:
            page["exceededTransferLimit"] = True
        return answer(json.dumps(page).encode())

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
    # The row number last: where the field repeats, the order would be left to the server.
    assert {asked.params["orderByFields"] for asked in queries(host)} == {"CD,FID"}


def queries(host: Any) -> list[Any]:
    """Return the requests for pages."""
    return [asked for asked in host.asked if "resultOffset" in asked.params]


def test_no_more_is_asked_for_than_the_layer_gives(host: Any, session: requests.Session, answer: Any) -> None:
    """A server may refuse a page larger than its own limit instead of cutting it."""
    serve_layer(host, answer, total=5, cap=2)
    describe(host, answer, {"maxRecordCount": 2})
    assert len(query_layer(session, host.url + LAYER, "CD", has_geometry=False)) == 3
    assert {asked.params["resultRecordCount"] for asked in queries(host)} == {"2"}


def test_pages_that_do_not_say_whether_more_follow_are_read_to_the_count(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """GeoJSON of some servers has no such flag: its absence must not end the reading."""
    serve_layer(host, answer, total=5, cap=2, flags=False)
    assert len(query_layer(session, host.url + LAYER, "CD", has_geometry=False)) == 3


@pytest.mark.parametrize("place", [{}, {"properties": {"exceededTransferLimit": True}}])
def test_a_page_that_says_that_more_follow_is_believed(
    host: Any, session: requests.Session, answer: Any, place: dict[str, Any]
) -> None:
    """A layer that grew after it was counted would lose what was added."""
    serve_layer(host, answer, total=4, cap=2)
    serve = host.answers[f"{LAYER}/query"]

    def reply(asked: Any) -> Any:
        if asked.params.get("returnCountOnly"):
            return answer(b'{"count": 2}')
        page = json.loads(serve(asked).body)
        if place and page.pop("exceededTransferLimit", False):
            page |= place
        return answer(json.dumps(page).encode())

    host.answers[f"{LAYER}/query"] = reply
    with pytest.raises(SourceError, match="hold 4 features where the layer counts 2"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def test_a_feature_on_two_pages_is_named(host: Any, session: requests.Session, answer: Any) -> None:
    """Overlapping pages can add up to the count and still lack as many features as they repeat."""
    serve_layer(host, answer, total=5, cap=2, repeats=1)
    with pytest.raises(SourceError, match=r"a feature came twice \(CD=E00000001, FID=1\)"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def test_a_key_that_is_not_unique_is_named_where_rows_have_no_number(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """Without a fixed order, which features a page holds is chance."""
    serve_layer(host, answer, total=2, cap=2)
    describe(host, answer, {"objectIdField": None})
    twice = [{"attributes": {"CD": "E1"}}] * 2
    count, page = answer(b'{"count": 2}'), answer(json.dumps({"features": twice}).encode())
    host.answer(f"{LAYER}/query", count, page)
    with pytest.raises(SourceError, match=r"a feature came twice \(CD=E1\)"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def test_a_missing_order_field_is_named(host: Any, session: requests.Session, answer: Any) -> None:
    """Every key would be empty, and each feature look like the one before."""
    serve_layer(host, answer, total=2, cap=2)
    describe(host, answer, {"objectIdField": "OBJECTID"})
    with pytest.raises(SourceError, match="features have no field OBJECTID"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def test_a_layer_that_is_edited_while_it_is_read_is_refused(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """Pages of two editions can add up to the count of either."""
    serve_layer(host, answer, total=5, cap=2)
    describe(host, answer, {}, {"editingInfo": {"dataLastEditDate": 2}})
    with pytest.raises(SourceError, match="edited while it was read"):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


@pytest.mark.parametrize(
    ("described", "has_geometry", "message"),
    [
        ({"supportedQueryFormats": "JSON"}, True, "answers in json, not in GeoJSON"),
        (
            {"maxRecordCount": 2, "advancedQueryCapabilities": {"supportsPagination": False}},
            False,
            "gives 2 at a time and cannot be paged",
        ),
    ],
)
def test_what_a_layer_cannot_do_is_said_at_once(
    host: Any,
    session: requests.Session,
    answer: Any,
    described: dict[str, Any],
    has_geometry: bool,
    message: str,
) -> None:
    """The first page would be fetched again and again, or in a form that no reader knows."""
    serve_layer(host, answer, total=5, cap=2)
    describe(host, answer, described)
    with pytest.raises(SourceError, match=message):
        query_layer(session, host.url + LAYER, "CD", has_geometry)


def test_geometry_is_asked_for_as_geojson(host: Any, session: requests.Session, answer: Any) -> None:
    """Polygons would come in the server's own projection and form."""
    serve_layer(host, answer, total=1, cap=1)
    query_layer(session, host.url + LAYER, "CD", has_geometry=True)
    asked = queries(host)[-1].params
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
        (
            b'{"error":{"code":400,"message":"Bad","details":["no field X"]}}',
            r"error 400: Bad \(no field X\)",
        ),
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
    describe(host, answer, {})
    host.answer(f"{LAYER}/query", answer(body))
    with pytest.raises(SourceError, match=message):
        query_layer(session, host.url + LAYER, "CD", has_geometry=False)


def test_a_page_without_features_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """A page of another shape would count as an empty one."""
    describe(host, answer, {})
    for page in (b'{"rows": []}', b'{"features": [1, 2]}', b'{"features": null}'):
        host.answer(f"{LAYER}/query", answer(b'{"count": 2}'), answer(page))
        with pytest.raises(SourceError, match="no list of features"):
            query_layer(session, host.url + LAYER, "CD", has_geometry=False)


@pytest.mark.parametrize(
    "described",
    [
        {"maxRecordCount": "many", "advancedQueryCapabilities": [], "editingInfo": "today", "fields": 3},
        {"objectIdField": "", "fields": ["FID", {"name": "FID", "type": "esriFieldTypeOID"}]},
    ],
)
def test_a_malformed_description_does_not_end_in_a_crash(
    host: Any, session: requests.Session, answer: Any, described: dict[str, Any]
) -> None:
    """An AttributeError would reach the operator without a name of the layer or a remedy."""
    serve_layer(host, answer, total=5, cap=2)
    describe(host, answer, described)
    assert len(query_layer(session, host.url + LAYER, "CD", has_geometry=False)) == 3
    assert all(asked.params["orderByFields"] == "CD,FID" for asked in queries(host))


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


def test_a_lower_cap_than_known_loses_nothing(host: Any, session: requests.Session, answer: Any) -> None:
    """If Nomis lowered its cap, the first page would look like the last."""
    serve_nomis(host, answer, total=25, cap=8)
    pages = query_dataset(session, host.url, "NM_1", {}, page_size=10)
    assert [int(asked.params["RecordOffset"]) for asked in host.asked] == [0, 8, 16, 24]
    assert sum(page.content.count(b'"E') for page in pages) == 25


def test_fewer_cells_than_counted_are_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """Areas would be missing from the population, and with them their rates."""
    page = b'"OBS_VALUE","RECORD_COUNT"\n1,3\n'
    host.answer(NOMIS, answer(page), answer(b'"OBS_VALUE","RECORD_COUNT"\n'))
    with pytest.raises(SourceError, match="hold 1 cells where Nomis counts 3"):
        query_dataset(session, host.url, "NM_1", {}, page_size=1)


def test_a_count_that_changes_between_pages_is_noticed(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """Pages before and after an update of the estimates would be mixed."""
    pages = [f'"OBS_VALUE","RECORD_COUNT"\n1,{count}\n'.encode() for count in (2, 3)]
    host.answer(NOMIS, *map(answer, pages))
    with pytest.raises(SourceError, match="counts 3 cells where an earlier one counted 2"):
        query_dataset(session, host.url, "NM_1", {}, page_size=1)


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
