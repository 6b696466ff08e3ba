"""Downloads of an ArcGIS portal: the CSV of a whole table, which the portal makes when it is asked for.

A feature service itself answers queries in JSON, GeoJSON and PBF, not in CSV. The portal has a separate
address that exports an item: it answers with a status until the file is ready, and then with its address.
"""

from __future__ import annotations

import csv
import io
import time
from typing import Any
from urllib.parse import urlsplit

import requests

from orchestration.sources.download import download
from orchestration.sources.http import request_json
from orchestration.sources.types import Fetched, SourceError

_PAUSE_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 300.0
_REMEDY = "download the CSV from the item's page on the portal and use the profile mirror"


def download_item_csv(
    session: requests.Session,
    hub_url: str,
    item: str,
    count: int,
    release: str | None = None,
    pause_seconds: float | None = None,
) -> Fetched:
    """Have the portal export the first layer of an item as CSV, wait for it, and check that it is whole.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    hub_url
        Host of the portal.
    item
        Id of the item, 32 hex digits.
    count
        Features that the layer counts; the file must hold as many records, as an export may be an old one.
    release
        Vintage that the item stands for.
    pause_seconds
        Time between two questions whether the file is ready; five seconds when not given.

    Returns
    -------
    Fetched
        ``<item>.csv``.

    Raises
    ------
    SourceError
        When the export fails or takes too long, or the file does not hold ``count`` records.
    """
    address = _await_file(
        session, f"{hub_url}/api/download/v1/items/{item}/csv", pause_seconds or _PAUSE_SECONDS
    )
    fetched = download(session, address, f"{item}.csv", release)
    held = _count_records(fetched)
    if held != count:
        raise SourceError(address, f"the export holds {held} records where the layer counts {count}", _REMEDY)
    return fetched


def _await_file(session: requests.Session, url: str, pause_seconds: float) -> str:
    params: dict[str, str | int] = {"layers": 0, "redirect": "false"}
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        answer, _, address = request_json(session, url, params)
        state = _state(answer)
        if isinstance(result := answer.get("resultUrl") if isinstance(answer, dict) else None, str):
            return _checked(result, url)
        if state not in ("pending", "inprogress", "exportingdata", "processing"):
            raise SourceError(address, f"the portal does not export the item ({state})", _REMEDY)
        if time.monotonic() + pause_seconds > deadline:
            raise SourceError(
                address, f"the export was not ready after {_LONGEST_WAIT_SECONDS:.0f} seconds", _REMEDY
            )
        time.sleep(pause_seconds)


def _state(answer: Any) -> str:
    if not isinstance(answer, dict):
        return "no status"
    error = answer.get("error") or answer.get("errors") or answer.get("message")
    return str(error or answer.get("status") or "no status").casefold()


def _checked(result: str, asked: str) -> str:
    """Return the file's address, unless it is less safe than the one asked: it comes from outside."""
    allowed = {"https", urlsplit(asked).scheme}
    if urlsplit(result).scheme not in allowed:
        raise SourceError(asked, f"the portal points at {result[:120]!r}, which is not https", _REMEDY)
    return result


def _count_records(fetched: Fetched) -> int:
    try:
        text = fetched.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(fetched.url, f"the export is not UTF-8 ({error})", _REMEDY) from error
    return max(0, sum(1 for row in csv.reader(io.StringIO(text, newline="")) if row) - 1)
