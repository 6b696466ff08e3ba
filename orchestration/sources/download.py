"""Downloads one published file whole."""

from __future__ import annotations

from pathlib import PurePosixPath

import requests

from orchestration.sources.http import Expected, request_bytes
from orchestration.sources.types import Fetched, SourceError

_EXPECTED: dict[str, Expected] = {".csv": "csv", ".json": "json", ".txt": "text"}


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
    body, address = request_bytes(session, url, expect=_EXPECTED.get(PurePosixPath(name).suffix, "any"))
    if not body:
        raise SourceError(address, "the file is empty", "check the publisher's page for a newer address")
    return Fetched(name=name, content=body, url=address, release=release)
