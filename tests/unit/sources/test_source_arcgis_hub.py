"""Exports of an ArcGIS portal: waited for, whole, and a way out when a layer cannot be paged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer
from orchestration.sources import arcgis_hub
from orchestration.sources.arcgis_hub import download_item_csv
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.reference import CATALOGUE, fetch_reference
from orchestration.sources.reference_readers import read_reference
from orchestration.sources.types import SourceError

ITEM = "ab" * 16
ASKED = f"/api/download/v1/items/{ITEM}/csv"
CSV = "\ufeffLSOA11CD,LSOA21CD\r\nE01000001,E01000001\r\nE01000002,E01000002\r\n".encode()
LOOKUP = "ons_lsoa_2011_2021_lookup"


def ready(host: Any) -> bytes:
    """Return the portal's answer when the file is there."""
    return json.dumps({"status": "Completed", "resultUrl": f"{host.url}/file.csv"}).encode()


def test_an_export_is_waited_for_and_checked(host: Any, session: requests.Session, answer: Any) -> None:
    """The status of the export would be landed as the table."""
    pending = answer(b'{"status":"Pending"}', status=202)
    host.answer(ASKED, pending, answer(b'{"status":"ExportingData"}'), answer(ready(host)))
    host.answer("/file.csv", answer(CSV))
    fetched = download_item_csv(session, host.url, ITEM, 2, release="2022-12 V3", pause_seconds=0.01)
    assert (fetched.name, fetched.content, fetched.release) == (f"{ITEM}.csv", CSV, "2022-12 V3")
    assert host.asked[0].params == {"layers": "0", "redirect": "false"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"status":"Failed"}', "does not export the item .failed"),
        (b'{"message":"Item does not exist"}', "item does not exist"),
        (b"[]", "no status"),
        (b'{"resultUrl":"file:///etc/passwd"}', "which is not https"),
        (b"<html>busy</html>", "HTML page came in place of JSON"),
    ],
)
def test_an_export_that_cannot_be_had_is_named(
    host: Any, session: requests.Session, answer: Any, body: bytes, message: str
) -> None:
    """The operator would wait for a file that never comes, or read one from elsewhere."""
    host.answer(ASKED, answer(body))
    with pytest.raises(SourceError, match=message):
        download_item_csv(session, host.url, ITEM, 2, pause_seconds=0.01)


def test_an_export_of_another_size_than_the_layer_is_refused(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """A portal keeps old exports: an earlier edition would pass for the current one."""
    host.answer(ASKED, answer(ready(host)))
    host.answer("/file.csv", answer(CSV))
    with pytest.raises(SourceError, match="holds 2 records where the layer counts 3"):
        download_item_csv(session, host.url, ITEM, 3)


def test_waiting_has_an_end(
    host: Any, session: requests.Session, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run would hang on a portal that never finishes."""
    monkeypatch.setattr(arcgis_hub, "_LONGEST_WAIT_SECONDS", 0.05)
    host.answer(ASKED, answer(b'{"status":"Pending"}'))
    with pytest.raises(SourceError, match="not ready after"):
        download_item_csv(session, host.url, ITEM, 2, pause_seconds=0.02)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """Serve the small city."""
    with SandboxServer(SMALL_CITY, page_cap=20) as server:
        yield server


def test_the_export_stands_in_for_pages_with_the_same_table(
    sandbox: SandboxServer, session: requests.Session, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up whose layer cannot be paged today would stop the whole run, or come out different."""
    monkeypatch.setattr(arcgis_hub, "_PAUSE_SECONDS", 0.01)
    endpoints = sandbox_endpoints(sandbox.base_url)

    def table(folder: str) -> Any:
        (tmp_path / folder).mkdir()
        paths = []
        for file in fetch_reference(LOOKUP, endpoints, session):
            paths.append(tmp_path / folder / file.name)
            paths[-1].write_bytes(file.content)
        return paths, read_reference(LOOKUP, paths)

    pages, paged = table("pages")

    def refuse(*_: Any, **__: Any) -> None:
        raise SourceError("layer", "it was edited while it was read", "run again")

    monkeypatch.setattr("orchestration.sources.reference.query_layer", refuse)
    exports, exported = table("export")
    source: Any = CATALOGUE[LOOKUP].source
    assert len(pages) > 1 and [path.name for path in exports] == [f"{source.hub_item}.csv"]
    assert paged.equals(exported)
    with pytest.raises(SourceError, match="edited while it was read"):
        fetch_reference("ons_lsoa_2021_wards", endpoints, session)
