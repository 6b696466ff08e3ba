"""The session's retries, timeouts and rate limit, and errors that name address, rule and remedy."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from orchestration.sources import http
from orchestration.sources.download import download
from orchestration.sources.http import (
    HttpStatusError,
    looks_like_html,
    make_session,
    request_json,
)
from orchestration.sources.police_uk import rate_limit
from orchestration.sources.police_uk.rate_limit import limit_requests
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


@pytest.mark.parametrize("wording", ["seconds", "date"])
def test_a_busy_host_is_left_alone_as_long_as_it_asks(
    host: Any, session: requests.Session, answer: Any, wording: str
) -> None:
    """A client that comes back at once is shut out for longer."""
    # A date has no fraction of a second: two seconds on is more than one.
    after = "1" if wording == "seconds" else formatdate(time.time() + 2, usegmt=True)
    host.answer("/data.json", answer(status=429, headers={"Retry-After": after}), answer(b"[]"))
    started = time.monotonic()
    assert request_json(session, f"{host.url}/data.json")[0] == []
    assert 0.9 < time.monotonic() - started < 2.5


def test_a_retry_after_that_cannot_be_read_is_passed_over(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """urllib3 gives up on the request because of the header that was to help it."""
    host.answer("/data.json", answer(status=429, headers={"Retry-After": "soon"}), answer(b"[]"))
    assert request_json(session, f"{host.url}/data.json")[0] == []


def test_no_host_can_have_the_client_wait_for_hours() -> None:
    """Retry-After: 86400 would hold the schedule for a day."""
    adapter = make_session().get_adapter("https://example.invalid/")
    assert isinstance(adapter, HTTPAdapter)
    busy = urllib3.HTTPResponse(headers={"Retry-After": "86400"}, status=429)
    assert adapter.max_retries.get_retry_after(busy) == 300


def test_redirects_in_circles_are_told_from_a_dead_network(
    host: Any, session: requests.Session, answer: Any
) -> None:
    """The operator would look for the fault in the network."""
    host.answer("/file.csv", answer(status=302, headers={"Location": f"{host.url}/file.csv"}))
    with pytest.raises(SourceError, match=r"file\.csv: the host redirects more than 10 times\. Remedy: open"):
        download(session, f"{host.url}/file.csv", "file.csv")
    assert len(host.asked) == 11


def test_a_redirect_to_another_host_is_followed(host: Any, session: requests.Session, answer: Any) -> None:
    """Files move to object storage, and the archive lies there already."""
    other = host.url.replace("127.0.0.1", "localhost")
    host.answer("/file.csv", answer(status=301, headers={"Location": f"{other}/moved.csv"}))
    host.answer("/moved.csv", answer(b"a,b\n"))
    assert download(session, f"{host.url}/file.csv", "file.csv").url == f"{other}/moved.csv"


def test_a_page_that_comes_once_is_got_over(host: Any, session: requests.Session, answer: Any) -> None:
    """A gateway that is restarted would fail the whole refresh."""
    host.answer("/data.json", answer(b"<html>busy</html>"), answer(b"["), answer(b"[1]"))
    assert request_json(session, f"{host.url}/data.json")[0] == [1]


@pytest.mark.parametrize(
    "page", [b"\xef\xbb\xbf <!doctype html>", b"<?xml version='1.0'?><Error/>", b"<!-- -->"]
)
def test_an_error_document_is_known_by_its_opening(page: bytes) -> None:
    """Object storage words its errors in XML, and some gateways begin with a comment."""
    assert looks_like_html(page)
    assert not looks_like_html(b"Crime ID,Month\n")


@pytest.mark.parametrize(
    ("body", "is_cut"),
    [
        (b"a,b,c\n1,2,3\n", False),
        (b"a,b,c\r\n1,2,3", False),
        (b"a,b,c\n1,2,3\n4,5", True),
        (b'a,b,c\n1,"2, or so",3', False),
        (b'a,b,c\n1,"2, or', True),
    ],
)
def test_a_csv_file_that_breaks_off_is_refused_whatever_length_was_stated(
    host: Any, session: requests.Session, answer: Any, body: bytes, is_cut: bool
) -> None:
    """A host that understates Content-Length cuts the file off without a sign of it below."""
    host.answer("/file.csv", answer(body + b"and more", stated_length=len(body)))
    if is_cut:
        with pytest.raises(SourceError, match="the file is cut short"):
            download(session, f"{host.url}/file.csv", "file.csv")
    else:
        assert download(session, f"{host.url}/file.csv", "file.csv").content == body


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
    monkeypatch.setattr(rate_limit, "REQUESTS_PER_SECOND", 2)
    monkeypatch.setattr(rate_limit, "WINDOW_SECONDS", 1)
    for path in ("/api/forces", "/api/crimes-street/all-crime"):
        host.answer(path, answer(b"[]"))
    limit_requests(session, f"{host.url}/api")
    started = time.monotonic()
    for path in ("forces", "crimes-street/all-crime", "forces"):
        request_json(session, f"{host.url}/api/{path}")
    assert time.monotonic() - started > 0.8


def test_the_limit_is_mounted_once(session: requests.Session) -> None:
    """A second client on the same session would reset the count."""
    limit_requests(session, "http://a.invalid/api")
    mounted = session.adapters["http://a.invalid/api/"]
    limit_requests(session, "http://a.invalid/api")
    assert session.adapters["http://a.invalid/api/"] is mounted
