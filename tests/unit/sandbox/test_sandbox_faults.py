"""The sandbox's faults: each puts on the wire what it says, as often as it says, and can be taken back."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from orchestration.sandbox.archive import Archive
from orchestration.sandbox.faults import Fault, FaultPlan
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer

_ZIP = f"/s3/policeuk-data/archive/{SMALL_CITY.last_month}.zip"
_FORCES = "/police-uk/api/forces"


@pytest.fixture
def faulty(server: SandboxServer) -> Iterator[SandboxServer]:
    """Return a server whose city is built, so that a silence is a fault."""
    requests.get(server.base_url + _FORCES, timeout=30)
    yield server
    server.faults.clear()


def _get(server: SandboxServer, path: str = _FORCES, **headers: str) -> requests.Response:
    return requests.get(server.base_url + path, headers=headers, timeout=1, allow_redirects=False)


def _on_the_wire(server: SandboxServer) -> tuple[int, bytes]:
    """Return the stated length and the bytes that came, as no HTTP client would pass them on."""
    host, port = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.sendall(f"GET {_FORCES} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    stated = head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
    return int(stated), body


def test_a_drop_closes_the_connection_within_the_body(faulty: SandboxServer) -> None:
    """A test of broken transfers would test nothing if the server tidied them up."""
    whole = len(_get(faulty).content)
    faulty.faults.add(Fault(_FORCES, "drop", share=0.25))
    stated, body = _on_the_wire(faulty)
    assert (stated, len(body)) == (whole, whole // 4)


def test_lengths_that_lie_reach_the_wire(faulty: SandboxServer) -> None:
    """Uvicorn refuses to send them, so they go past it."""
    whole = _get(faulty).content
    faulty.faults.add(Fault(_FORCES, "overstated_length", times=1))
    assert _on_the_wire(faulty) == (len(whole) + 1000, whole)
    faulty.faults.add(Fault(_FORCES, "understated_length", times=1))
    assert _on_the_wire(faulty) == (len(whole) // 2, whole)


def test_a_stall_is_a_silence_and_others_are_served_meanwhile(faulty: SandboxServer) -> None:
    """A sleeping event loop would stall every host at once."""
    faulty.faults.add(Fault(_FORCES, "stall", times=1, seconds=30))
    with ThreadPoolExecutor() as pool:
        stalled = pool.submit(_get, faulty)
        while not faulty.faults.hits:
            time.sleep(0.01)
        assert _get(faulty).status_code == 200
        with pytest.raises(requests.ConnectionError, match="timed out"):
            stalled.result(timeout=5)


def test_a_drip_is_slow_and_never_silent(faulty: SandboxServer) -> None:
    """A silence is caught by a timeout; the watch on the pace would not be tested."""
    whole = _get(faulty).content
    faulty.faults.add(Fault(_FORCES, "drip", share=0.8))
    started = time.monotonic()
    assert _on_the_wire(faulty) == (len(whole), whole)
    assert time.monotonic() - started > 0.2


def test_answers_that_are_proper_http(faulty: SandboxServer) -> None:
    """A status, a page or a circle would not look as it does upstream."""
    faulty.faults.add(Fault(_FORCES, "status", times=1, status=429, retry_after="7"))
    busy = _get(faulty)
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "7")
    faulty.faults.add(Fault(_FORCES, "html", times=1))
    assert _get(faulty).text.startswith("<!DOCTYPE html>")
    faulty.faults.add(Fault(_FORCES, "redirect_loop", times=1))
    assert _get(faulty).headers["location"] == _FORCES
    assert _get(faulty).status_code == 200 and faulty.faults.hits == 3


def test_ranges_are_ignored_on_demand(faulty: SandboxServer, packed: Archive) -> None:
    """The way of the whole download would never be walked."""
    faulty.faults.add(Fault("/s3/", "ignore_ranges"))
    answer = _get(faulty, _ZIP, Range="bytes=0-9")
    assert (answer.status_code, answer.content) == (200, packed.path.read_bytes())


def test_a_replaced_file_has_other_bytes_another_tag_and_ranges(faulty: SandboxServer) -> None:
    """A change of release could not be told from a damaged transfer."""
    before = _get(faulty, _ZIP, Range="bytes=0-0").headers["etag"]
    faulty.faults.add(Fault("/s3/", "replace", content=b"0123456789"))
    part = _get(faulty, _ZIP, Range="bytes=2-4")
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert part.headers["etag"] != before
    assert _get(faulty, _ZIP, Range="bytes=-3").content == b"789"
    assert _get(faulty, _ZIP).content == b"0123456789"
    assert _get(faulty, _ZIP, Range="bytes=10-").status_code == 416


def test_a_fault_befalls_its_path_and_byte_alone() -> None:
    """A fault of one member would hit the directory too."""
    plan = FaultPlan()
    plan.add(Fault("/s3/", "drop", covering=100))
    assert plan.take("/police-uk/s3/", None) is None
    assert plan.take("/s3/a.zip", "bytes=0-99") is None
    assert plan.take("/s3/a.zip", "bytes=101-") is None
    for asked in ("bytes=100-100", "bytes=50-", "bytes=-10", None):
        assert plan.take("/s3/a.zip", asked) is not None
    assert plan.hits == 4
    plan.clear()
    assert plan.take("/s3/a.zip", None) is None and plan.hits == 0


def test_times_are_counted_down() -> None:
    """A passing fault would last."""
    plan = FaultPlan()
    plan.add(Fault("/", "html", times=2))
    assert [plan.take("/a", None) is not None for _ in range(4)] == [True, True, False, False]
