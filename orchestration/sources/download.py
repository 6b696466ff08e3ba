"""Downloads one published file whole."""

from __future__ import annotations

from pathlib import PurePosixPath

import requests

from orchestration.sources.http import looks_like_html, request_bytes
from orchestration.sources.types import Fetched, SourceError


def download(session: requests.Session, url: str, name: str, release: str | None = None) -> Fetched:
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

    Returns
    -------
    Fetched
        The original bytes.

    Raises
    ------
    SourceError
        When the file cannot be had whole, is empty, or is a web page.
    """
    body, address = request_bytes(session, url)
    remedy = "open the address in a browser: the file may have moved, or the host may be down"
    if not body:
        raise SourceError(address, "the file is empty", remedy)
    if looks_like_html(body):
        kind = PurePosixPath(name).suffix.removeprefix(".").upper()
        raise SourceError(address, f"an HTML page came in place of {kind}", remedy)
    return Fetched(name=name, content=body, url=address, release=release)
