"""Downloads one published file whole."""

from __future__ import annotations

import requests

from orchestration.sources.http import Expected, request_bytes
from orchestration.sources.types import Fetched, SourceError


def download(
    session: requests.Session,
    url: str,
    name: str,
    release: str | None = None,
    expect: Expected = "csv",
) -> Fetched:
    """Download one file and check that all of it came.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    url
        Address of the file.
    name
        File name to land it under.
    release
        Edition that the address stands for.
    expect
        Kind of file; an HTML page in its place is refused.

    Returns
    -------
    Fetched
        The original bytes.

    Raises
    ------
    SourceError
        When the file cannot be had whole, is empty, or is a web page.
    """
    body, address = request_bytes(session, url, expect=expect)
    if not body:
        raise SourceError(address, "the file is empty", "check the publisher's page for a newer address")
    return Fetched(name=name, content=body, url=address, release=release)
