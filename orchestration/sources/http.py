"""One HTTP session for all sources: retries, timeouts, a rate limit, errors that an operator can act on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import requests
from requests.adapters import HTTPAdapter
from requests_ratelimiter import LimiterAdapter
from urllib3.util import Retry

from orchestration.sources.types import SourceError

USER_AGENT = "crimeharm/0.1 (open police data pipeline)"
CONNECT_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 120.0
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
# police.uk allows 15 requests a second with bursts of 30: at most 30 in any two seconds keeps both.
POLICE_REQUESTS_PER_SECOND = 15
POLICE_WINDOW_SECONDS = 2
_BODY_ATTEMPTS = 3
_LONGEST_WAIT_SECONDS = 300

Expected = Literal["csv", "json", "any"]


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

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
        return super().request(*args, **kwargs)


def make_session(retries: int = 5, backoff_seconds: float = 0.5) -> requests.Session:
    """Return a session with retries, default timeouts and crimeharm's User-Agent.

    Parameters
    ----------
    retries
        Further attempts after a failed connection or a passing status (429, 500, 502, 503, 504); a
        ``Retry-After`` header is obeyed, up to five minutes.
    backoff_seconds
        First pause between attempts; it doubles each time.

    Returns
    -------
    requests.Session
        Ready for every source; close it when done.
    """
    session = _TimedSession()
    session.headers["User-Agent"] = USER_AGENT
    adapter = HTTPAdapter(max_retries=_retry(retries, backoff_seconds, RETRIED_STATUSES))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def limit_police_api(session: requests.Session, base_url: str) -> None:
    """Hold a session to the police.uk API's rate limit; calling it twice changes nothing.

    Parameters
    ----------
    session
        Session whose requests below ``base_url`` are to be limited.
    base_url
        Address of the API, such as ``https://data.police.uk/api``.
    """
    prefix = f"{base_url}/"
    if prefix in session.adapters:
        return
    retry = _retries_of(session, base_url)
    limited = LimiterAdapter(
        per_second=POLICE_REQUESTS_PER_SECOND, burst=POLICE_WINDOW_SECONDS, max_retries=retry
    )
    session.mount(prefix, limited)
    # Here 503 means "over 10,000 crimes": asking the same again would not help, a smaller area does.
    forcelist = RETRIED_STATUSES - {503}
    session.mount(
        f"{prefix}crimes-street/",
        LimiterAdapter(limiter=limited.limiter, max_retries=retry.new(status_forcelist=forcelist)),
    )


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
    response = _send(session, url, params, data)
    address = response.url or url
    if not response.ok:
        raise HttpStatusError(address, response.status_code, _status_remedy(response.status_code))
    body = response.content
    if expect != "any" and looks_like_html(body):
        raise SourceError(
            address,
            f"an HTML page came in place of {expect.upper()}",
            "open the address in a browser: the host may be down for maintenance, or the file may have moved",
        )
    return body, address


def request_json(
    session: requests.Session,
    url: str,
    params: Mapping[str, str | int] | None = None,
    data: Mapping[str, str] | None = None,
) -> tuple[Any, bytes, str]:
    """Ask for a JSON document; like :func:`request_bytes`, with the body parsed.

    Returns
    -------
    tuple
        The parsed document, its original bytes, and the full address that it came from.

    Raises
    ------
    SourceError
        As :func:`request_bytes`, and when the body is not JSON.
    """
    body, address = request_bytes(session, url, params, data, expect="json")
    try:
        return json.loads(body), body, address
    except ValueError as error:
        shown = body[:60].decode("utf-8", "backslashreplace")
        raise SourceError(
            address,
            f"the body is not JSON ({error}); it begins {shown!r}",
            "try again later; if it stays so, the host has changed its answers and the client must follow",
        ) from error


def looks_like_html(body: bytes) -> bool:
    """Tell whether a body opens like a web page; what gateways and moved files answer with."""
    opening = body[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return opening.startswith((b"<!doctype html", b"<html", b"<head"))


def _retry(total: int, backoff_seconds: float, statuses: frozenset[int]) -> Retry:
    return Retry(
        total=total,
        backoff_factor=backoff_seconds,
        status_forcelist=statuses,
        allowed_methods=frozenset({"GET", "HEAD", "POST"}),
        respect_retry_after_header=True,
        retry_after_max=_LONGEST_WAIT_SECONDS,
        raise_on_status=False,
    )


def _retries_of(session: requests.Session, url: str) -> Retry:
    adapter = session.get_adapter(url)
    assert isinstance(adapter, HTTPAdapter)
    return adapter.max_retries


def _send(
    session: requests.Session,
    url: str,
    params: Mapping[str, str | int] | None,
    data: Mapping[str, str] | None,
) -> requests.Response:
    method = "GET" if data is None else "POST"
    for attempt in range(1, _BODY_ATTEMPTS + 1):
        try:
            return session.request(method, url, params=params, data=data)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            # The adapter retries until the headers are in; a body that breaks off later is retried here.
            if attempt == _BODY_ATTEMPTS:
                raise SourceError(
                    url,
                    f"the body ended before the length that the server announced ({error})",
                    "try again; if it stays so, fetch the file by hand and use the profile mirror",
                ) from error
        except requests.RequestException as error:
            raise SourceError(
                url,
                f"the host could not be reached ({type(error).__name__}: {error})",
                "check the network, proxy and address, then run again",
            ) from error
    raise AssertionError("unreachable")


def _status_remedy(status: int) -> str:
    if status == 404:
        return "check the address: the file may have moved or been renamed by its publisher"
    if status in (401, 403):
        return "open the address in a browser: the host refuses this client or wants a sign-in"
    if status in RETRIED_STATUSES:
        return "wait and run again: the host is overloaded or down, and retries did not help"
    return "check the request against the host's documentation"
