"""Paged queries of the Nomis API."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import requests

from orchestration.sources.http import request_bytes
from orchestration.sources.progress import progress_bar
from orchestration.sources.types import Fetched, SourceError

# Without a sign-in Nomis cuts an answer off at this many cells, and says nothing about it.
CELL_CAP = 25_000
_COUNT_COLUMN = "RECORD_COUNT"


def query_dataset(
    session: requests.Session,
    base_url: str,
    dataset_id: str,
    selection: Mapping[str, str],
    page_size: int = CELL_CAP,
    release: str | None = None,
) -> list[Fetched]:
    """Fetch every cell of a selection, page by page, and keep the pages as they came.

    Without a sign-in (``uid``) an answer is cut off in silence, so the count that each record states
    (``RECORD_COUNT``) decides whether more is to come.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    base_url
        Host of the API.
    dataset_id
        Nomis id, such as ``NM_2014_1``.
    selection
        Dimensions and ``select`` of the query.
    page_size
        Cells asked for at a time; at most the 25,000 of an anonymous request.
    release
        Vintage that the selection stands for.

    Returns
    -------
    list of Fetched
        ``page-0001.csv``, ``page-0002.csv``, … in order.

    Raises
    ------
    SourceError
        When Nomis answers with an error in words, the selection is empty, the count changes between two
        pages, or the pages do not add up to it.
    """
    url = f"{base_url}/api/v01/dataset/{dataset_id}.data.csv"
    size = min(page_size, CELL_CAP)
    pages: list[Fetched] = []
    offset = 0
    stated: int | None = None
    with progress_bar(dataset_id, None, "cell") as bar:
        while True:
            params: dict[str, str | int] = {**selection, "RecordLimit": size, "RecordOffset": offset}
            body, address = request_bytes(session, url, params, expect="csv")
            returned, count = _measure(body, address)
            if stated is not None and count is not None and count != stated:
                raise _disagreement(
                    address, f"a page counts {count} cells where an earlier one counted {stated}"
                )
            stated = stated if count is None else count
            if returned:
                name = f"page-{len(pages) + 1:04d}.csv"
                pages.append(Fetched(name=name, content=body, url=address, release=release))
            offset += returned
            bar.total = stated
            bar.update(returned)
            # A page that is not full is the last, unless the count says that the cap was a lower one.
            is_short = returned < size and (stated is None or offset >= stated)
            if returned == 0 or is_short:
                break
    if not pages:
        raise SourceError(url, "the selection holds no cell", "check the dataset's dimensions on Nomis")
    if stated is not None and stated != offset:
        raise _disagreement(url, f"the pages hold {offset} cells where Nomis counts {stated}")
    return pages


def _disagreement(where: str, rule: str) -> SourceError:
    return SourceError(where, rule, "run again: the dataset may have been updated between two pages")


def _measure(body: bytes, address: str) -> tuple[int, int | None]:
    """Count a page's records, and read the total that it states, if it has that column."""
    try:
        rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8-sig"))) if row]
    except UnicodeDecodeError as error:
        raise SourceError(address, f"the page is not UTF-8 ({error})", "run again") from error
    if not rows:
        return 0, None
    header = [name.strip().upper() for name in rows[0]]
    if "OBS_VALUE" not in header:
        raise SourceError(
            address,
            f"the page has no column OBS_VALUE; its first line is {','.join(rows[0])[:120]!r}",
            "check the dataset's dimensions on Nomis: it words its errors in the body",
        )
    if _COUNT_COLUMN not in header or len(rows) == 1:
        return len(rows) - 1, None
    stated = rows[1][header.index(_COUNT_COLUMN)]
    return len(rows) - 1, int(stated) if stated.isdigit() else None
