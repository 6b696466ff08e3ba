"""One HTTP session for all sources: retries, timeouts, errors that an operator can act on."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from orchestration.sources.types import SourceError

USER_AGENT = "crimeharm/0.1 (open police data pipeline)"
CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 120.0
# A timeout sees silence alone: a host that drips a byte a minute would be listened to for ever.
SLOWEST_BYTES_PER_SECOND = 1_000
PACE_WINDOW_SECONDS = 60.0
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
_BODY_ATTEMPTS = 3
_LONGEST_WAIT_SECONDS = 300
_MOST_REDIRECTS = 10
_PIECE_BYTES = 1 << 16
#: What goes wrong while a body is read.
BROKEN_BODY = (urllib3.exceptions.HTTPError, OSError)

Expected = Literal["csv", "json", "text", "any"]
_T = TypeVar("_T")


class HttpStatusError(SourceError):
    """An answer whose status says that the request failed.

    Parameters
    ----------
    where
        Address asked for.
    status
        HTTP status of the answer, after the retries.
    remedy
        What the operator can do about it.
    """

    def __init__(self, where: str, status: int, remedy: str) -> None:
        super().__init__(where, f"the server answered with status {status}", remedy)
        self.status = status


class _TimedSession(requests.Session):
    """A session that never waits for ever, whatever its caller forgot."""

    def __init__(self, read_timeout_seconds: float) -> None:
        super().__init__()
        self._timeouts = (CONNECT_TIMEOUT_SECONDS, read_timeout_seconds)

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeouts
        return super().request(*args, **kwargs)


class PatientRetry(Retry):
    """Retries that pass over a ``Retry-After`` header that cannot be read, where urllib3 gives up."""

    def parse_retry_after(self, retry_after: str) -> float:
        """Return the seconds to wait; none for a header that cannot be read."""
        try:
            return super().parse_retry_after(retry_after)
        except urllib3.exceptions.InvalidHeader:
            return 0.0


class Pace:
    """Watches how fast a body comes."""

    def __init__(self) -> None:
        self._since, self._came = time.monotonic(), 0

    def note(self, count: int) -> None:
        """Note that so many bytes came.

        Raises
        ------
        urllib3.exceptions.HTTPError
            When they drip: the host is as good as silent.
        """
        self._came += count
        seconds = time.monotonic() - self._since
        if seconds < PACE_WINDOW_SECONDS:
            return
        if self._came < SLOWEST_BYTES_PER_SECOND * seconds:
            raise urllib3.exceptions.HTTPError(f"only {self._came} bytes came in {seconds:.0f} s")
        self._since, self._came = time.monotonic(), 0


def make_session(
    retries: int = 5, backoff_seconds: float = 0.5, read_timeout_seconds: float = READ_TIMEOUT_SECONDS
) -> requests.Session:
    """Return a session with retries, default timeouts and crimeharm's User-Agent.

    Parameters
    ----------
    retries
        Further attempts after a failed connection or a passing status (429, 500, 502, 503, 504); a
        ``Retry-After`` header is obeyed, up to five minutes.
    backoff_seconds
        The first further attempt follows at once, the second after twice this pause; from there on the pause
        doubles each time, up to two minutes.
    read_timeout_seconds
        Longest silence of a host that is waited for.

    Returns
    -------
    requests.Session
        Ready for every source; close it when done.
    """
    session = _TimedSession(read_timeout_seconds)
    session.headers["User-Agent"] = USER_AGENT
    session.max_redirects = _MOST_REDIRECTS
    adapter = HTTPAdapter(max_retries=_retry(retries, backoff_seconds, RETRIED_STATUSES))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def request_bytes(
    session: requests.Session,
    url: str,
    params: Mapping[str, str | int] | None = None,
    data: Mapping[str, str] | None = None,
    expect: Expected = "any",
) -> tuple[bytes, str]:
    """Ask for a whole body: GET, or POST when a form is given.

    Parameters
    ----------
    session
        Session from :func:`make_session`.
    url
        Address without its query.
    params
        Query parameters.
    data
        Form fields; their presence makes the request a POST.
    expect
        Kind of body asked for; an HTML page in its place is refused.

    Returns
    -------
    tuple of bytes and str
        The body, and the full address that it came from.

    Raises
    ------
    HttpStatusError
        When the status is not a success.
    SourceError
        When the host cannot be reached, the body is cut short, or HTML came in place of data.
    """
    _, body, address = _send(session, url, params, data, lambda body, address: _check(body, address, expect))
    return body, address


def request_json(
    session: requests.Session,
    url: str,
    params: Mapping[str, str | int] | None = None,
    data: Mapping[str, str] | None = None,
) -> tuple[Any, bytes, str]:
    """Ask for a JSON document; like :func:`request_bytes`, with the body parsed.

    Parameters
    ----------
    session, url, params, data
        As for :func:`request_bytes`.

    Returns
    -------
    tuple
        The parsed document, its original bytes, and the full address that it came from.

    Raises
    ------
    HttpStatusError, SourceError
        As :func:`request_bytes`, and a SourceError when the body is empty or not JSON.
    """
    return _send(session, url, params, data, _parse_json)


def open_response(
    session: requests.Session,
    method: str,
    url: str,
    params: Mapping[str, str | int] | None = None,
    data: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    """Send a request and return the answer as soon as its headers are in; the caller reads and closes it.

    Parameters
    ----------
    session
        Session from :func:`make_session`.
    method
        ``GET``, ``HEAD`` or ``POST``.
    url, params, data
        As for :func:`request_bytes`.
    headers
        Headers besides the session's.

    Returns
    -------
    requests.Response
        Of any status, after the session's retries.

    Raises
    ------
    SourceError
        When the host cannot be reached, or sends the request round in circles.
    """
    try:
        return session.request(method, url, params=params, data=data, headers=headers, stream=True)
    except requests.TooManyRedirects as error:
        raise SourceError(
            url,
            f"the host redirects more than {_MOST_REDIRECTS} times",
            "open the address in a browser: the file may have moved, or the host may want a sign-in",
        ) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise SourceError(
            url,
            f"the host could not be reached ({type(error).__name__}: {error})",
            "check the network, proxy and address, then run again",
        ) from error


def read_pieces(response: requests.Response, decode_content: bool) -> Iterator[bytes]:
    """Yield a body as it comes.

    Parameters
    ----------
    response
        As :func:`open_response` gives it, not read yet.
    decode_content
        Whether to undo the encoding on the way, such as gzip; without it come the bytes as they were sent.

    Raises
    ------
    urllib3.exceptions.HTTPError, OSError
        When it breaks off, stops, or drips; the names are in ``BROKEN_BODY``.
    """
    pace = Pace()
    while piece := response.raw.read1(_PIECE_BYTES, decode_content=decode_content):
        pace.note(len(piece))
        yield piece


def pause_before_retry(session: requests.Session, url: str, attempt: int) -> None:
    """Wait before the next attempt: the pause that the session begins with, doubled each time.

    Parameters
    ----------
    session
        Session from :func:`make_session`.
    url
        What is asked again.
    attempt
        Attempts that failed so far; 1 waits for ``backoff_seconds``.
    """
    retry = retries_of(session, url)
    time.sleep(min(retry.backoff_factor * 2 ** (attempt - 1), retry.backoff_max))


def status_error(response: requests.Response) -> HttpStatusError:
    """Return the error for an answer whose status says that the request failed."""
    return HttpStatusError(response.url, response.status_code, _status_remedy(response.status_code))


def looks_like_html(body: bytes) -> bool:
    """Tell whether a body opens like a web page or XML, which gateways and moved files answer with."""
    return body[:512].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _ends_within_a_record(body: bytes) -> bool:
    """Tell whether a CSV file breaks off; a host that understates Content-Length is caught by this alone."""
    if body.endswith((b"\n", b"\r")):
        return False
    first, last = body.partition(b"\n")[0], body.rpartition(b"\n")[2]
    return _field_count(last) < _field_count(first)


def _field_count(line: bytes) -> int:
    return len(next(csv.reader([line.decode("utf-8", "replace")]), []))


def _retry(total: int, backoff_seconds: float, statuses: frozenset[int]) -> Retry:
    return PatientRetry(
        total=total,
        backoff_factor=backoff_seconds,
        status_forcelist=statuses,
        allowed_methods=frozenset({"GET", "HEAD", "POST"}),
        respect_retry_after_header=True,
        retry_after_max=_LONGEST_WAIT_SECONDS,
        raise_on_status=False,
    )


def retries_of(session: requests.Session, url: str) -> Retry:
    """Return how a session retries what it asks of an address."""
    adapter = session.get_adapter(url)
    assert isinstance(adapter, HTTPAdapter)
    return adapter.max_retries


def _send(
    session: requests.Session,
    url: str,
    params: Mapping[str, str | int] | None,
    data: Mapping[str, str] | None,
    read: Callable[[bytes, str], _T],
) -> tuple[_T, bytes, str]:
    """Ask until the body is whole and what was asked for, a few times.

    The adapter retries until the headers are in; a body that breaks off later, or is a gateway's page in
    place of the host's answer, is asked for again here.
    """
    method = "GET" if data is None else "POST"
    for attempt in range(1, _BODY_ATTEMPTS + 1):
        with open_response(session, method, url, params, data) as response:
            if not response.ok:
                raise status_error(response)
            address = response.url or url
            try:
                body = _whole_body(response, address)
                return read(body, address), body, address
            except SourceError:
                if attempt == _BODY_ATTEMPTS:
                    raise
        pause_before_retry(session, url, attempt)
    raise AssertionError("unreachable")


def _whole_body(response: requests.Response, address: str) -> bytes:
    try:
        return b"".join(read_pieces(response, decode_content=True))
    except BROKEN_BODY as error:
        raise SourceError(
            address,
            f"the body broke off before the length that the server announced ({error})",
            "run again; if it stays so, fetch the file by hand and use the profile mirror",
        ) from error


def _parse_json(body: bytes, address: str) -> Any:
    _check(body, address, "json")
    if not body.strip():
        raise SourceError(address, "the host answered with an empty body", "try again later")
    try:
        return json.loads(body)
    except ValueError as error:
        shown = body[:60].decode("utf-8", "backslashreplace")
        raise SourceError(
            address,
            f"the body is not JSON ({error}); it begins {shown!r}",
            "try again later; if it stays so, the host has changed its answers and the client must follow",
        ) from error


def _check(body: bytes, address: str, expect: Expected) -> None:
    if expect != "any" and looks_like_html(body):
        raise SourceError(
            address,
            f"an HTML page came in place of {expect.upper()}",
            "open the address in a browser: the host may be down for maintenance, or the file may have moved",
        )
    if expect == "csv" and _ends_within_a_record(body):
        raise SourceError(
            address,
            "the last line has fewer fields than the first and no line end: the file is cut short",
            "run again; if it stays so, fetch the file by hand and use the profile mirror",
        )


def _status_remedy(status: int) -> str:
    if status == 404:
        return "check the address: the file may have moved or been renamed by its publisher"
    if status in (401, 403):
        return "open the address in a browser: the host refuses this client or wants a sign-in"
    if status in RETRIED_STATUSES:
        return "wait and run again: the host is overloaded or down, and retries did not help"
    return "check the request against the host's documentation"
