"""The session's retries, timeouts and rate limit, and errors that name address, rule and remedy."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from orchestration.sources import http
from orchestration.sources.download import download
from orchestration.sources.http import HttpStatusError, limit_police_api, make_session, request_json
from orchestration.sources.types import SourceError


def test_a_passing_failure_is_retried(host: Any, session: requests.Session, answer: Any) -> None:
    """A refresh that nobody watches would fail on the first hiccup of a host."""
    busy = answer(status=503, headers={"Retry-After": "0"})
    host.answer("/data.json", busy, answer(b'{"a": 1}'))
    document, body, address = request_json(session, f"{host.url}/data.json")
    assert (document, body, len(host.asked)) == ({"a": 1}, b'{"a": 1}', 2)
    assert address.endswith("/data.json")


def test_a_lasting_failure_names_address_status_and_remedy(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """An operator would read a bare HTTPError with no hint of what to do."""
    host.answer("/data.json", answer(status=500))
    with pytest.raises(HttpStatusError, match=r"/data\.json: .*status 500\. Remedy: wait") as caught:
        request_json(session, f"{host.url}/data.json")
    assert caught.value.status == 500


def test_post_is_retried_too(host: Any, session: requests.Session, answer: Any) -> None:
    """The API's polygons are posted; urllib3 leaves POST out of its retries unless told."""
    host.answer("/poly", answer(status=502), answer(b"[]"))
    assert request_json(session, f"{host.url}/poly", data={"date": "2024-01"})[0] == []


def test_html_in_place_of_data_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """A maintenance page with status 200 would be landed as the deprivation file."""
    host.answer("/file.csv", answer(b"\n<!DOCTYPE html><html>maintenance</html>"))
    with pytest.raises(SourceError, match=r"file\.csv: an HTML page came in place of CSV"):
        download(session, f"{host.url}/file.csv", "file.csv")


def test_broken_json_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """A half-written answer would surface as a ValueError without an address."""
    host.answer("/data.json", answer(b'{"a": '))
    with pytest.raises(SourceError, match=r"data\.json: the body is not JSON"):
        request_json(session, f"{host.url}/data.json")


def test_a_body_cut_short_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """A truncated file would be landed as if it were whole."""
    host.answer("/file.csv", answer(b"a,b\n1,2\n", stated_length=500))
    with pytest.raises(SourceError, match="broke off before the length"):
        download(session, f"{host.url}/file.csv", "file.csv")


def test_a_body_that_comes_whole_at_the_second_try_is_kept(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """One broken connection in a long download would fail the whole refresh."""
    host.answer("/file.csv", answer(b"a,b\n", stated_length=500), answer(b"a,b\n1,2\n"))
    fetched = download(session, f"{host.url}/file.csv", "file.csv", release="2024")
    assert (fetched.content, fetched.name, fetched.release) == (b"a,b\n1,2\n", "file.csv", "2024")


def test_an_empty_file_is_refused(host: Any, session: requests.Session, answer: Any) -> None:
    """An emptied file would replace a good one."""
    host.answer("/file.csv", answer(b""))
    with pytest.raises(SourceError, match="the file is empty"):
        download(session, f"{host.url}/file.csv", "file.csv")


def test_an_unreachable_host_is_named(session: requests.Session) -> None:
    """A closed port would surface as a stack of urllib3 exceptions."""
    with pytest.raises(SourceError, match=r"could not be reached .*Remedy: check the network"):
        request_json(session, "http://127.0.0.1:9/data.json")


def test_every_request_has_a_timeout_and_says_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that never answers would hang the schedule for ever."""
    seen: dict[str, Any] = {}

    def send(self: HTTPAdapter, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        seen.update(kwargs, agent=request.headers["User-Agent"])
        response = requests.Response()
        response.status_code, response.url, response.raw = 200, str(request.url), None
        return response

    monkeypatch.setattr(HTTPAdapter, "send", send)
    make_session().get("http://example.invalid/")
    assert seen["timeout"] == (http.CONNECT_TIMEOUT_SECONDS, http.READ_TIMEOUT_SECONDS)
    assert "crimeharm" in seen["agent"]


def test_the_police_api_is_asked_no_faster_than_it_allows(
    host: Any, session: requests.Session, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API would answer 429; the limit is one for all its paths."""
    monkeypatch.setattr(http, "POLICE_REQUESTS_PER_SECOND", 2)
    monkeypatch.setattr(http, "POLICE_WINDOW_SECONDS", 1)
    for path in ("/api/forces", "/api/crimes-street/all-crime"):
        host.answer(path, answer(b"[]"))
    limit_police_api(session, f"{host.url}/api")
    started = time.monotonic()
    for path in ("forces", "crimes-street/all-crime", "forces"):
        request_json(session, f"{host.url}/api/{path}")
    assert time.monotonic() - started > 0.8


def test_the_limit_is_mounted_once(session: requests.Session) -> None:
    """A second client on the same session would reset the count."""
    limit_police_api(session, "http://a.invalid/api")
    mounted = session.adapters["http://a.invalid/api/"]
    limit_police_api(session, "http://a.invalid/api")
    assert session.adapters["http://a.invalid/api/"] is mounted
