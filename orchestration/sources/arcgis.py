"""Paged queries of ArcGIS feature layers (ONS Open Geography Portal, GLA)."""

from __future__ import annotations

from typing import Any

import requests

from orchestration.sources.http import request_json
from orchestration.sources.types import Fetched, SourceError

PAGE_SIZE = 2_000


def query_layer(
    session: requests.Session,
    layer_url: str,
    order_by: str,
    has_geometry: bool,
    page_size: int = PAGE_SIZE,
    release: str | None = None,
) -> list[Fetched]:
    """Fetch every feature of a layer, page by page, and keep the pages as they came.

    The layer is counted first. The server may return fewer features than asked for (its own cap), so the next
    page starts after the number that came, and the pages must add up to the count.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    layer_url
        Address of the layer, such as ``…/FeatureServer/0``.
    order_by
        Fields that give the features a fixed order; without one, pages may overlap.
    has_geometry
        Ask for GeoJSON in EPSG:4326; otherwise for attributes alone.
    page_size
        Features asked for at a time.
    release
        Vintage that the layer stands for.

    Returns
    -------
    list of Fetched
        ``page-0001.json``, ``page-0002.json``, … in order.

    Raises
    ------
    SourceError
        When the layer is empty, answers with an error, or its pages do not add up to its count.
    """
    url = f"{layer_url}/query"
    total = _count(session, url)
    pages: list[Fetched] = []
    offset = 0
    while offset < total:
        params = _page_params(order_by, has_geometry, offset, page_size)
        document, body, address = _ask(session, url, params)
        returned = _feature_count(document, address)
        if returned == 0:
            raise _disagreement(address, offset, total)
        offset += returned
        name = f"page-{len(pages) + 1:04d}.json"
        pages.append(Fetched(name=name, content=body, url=address, release=release))
    if offset != total:
        raise _disagreement(url, offset, total)
    return pages


def _count(session: requests.Session, url: str) -> int:
    params: dict[str, str | int] = {"where": "1=1", "returnCountOnly": "true", "f": "json"}
    document, _, address = _ask(session, url, params)
    count = document.get("count")
    if not isinstance(count, int) or count <= 0:
        raise SourceError(
            address,
            f"the layer says that it holds {count!r} features",
            "the service may have been emptied or replaced: look for its successor on the publisher's portal",
        )
    return count


def _page_params(order_by: str, has_geometry: bool, offset: int, page_size: int) -> dict[str, str | int]:
    params: dict[str, str | int] = {
        "where": "1=1",
        "outFields": "*",
        "orderByFields": order_by,
        "resultOffset": offset,
        "resultRecordCount": page_size,
    }
    if has_geometry:
        return params | {"returnGeometry": "true", "outSR": 4326, "f": "geojson"}
    return params | {"returnGeometry": "false", "f": "json"}


def _ask(
    session: requests.Session, url: str, params: dict[str, str | int]
) -> tuple[dict[str, Any], bytes, str]:
    document, body, address = request_json(session, url, params)
    if not isinstance(document, dict):
        raise SourceError(address, "the answer is not a JSON object", "check the address of the layer")
    # ArcGIS reports its errors in the body of an answer whose status is 200.
    error = document.get("error")
    if error is not None:
        detail = error if isinstance(error, dict) else {"message": error}
        raise SourceError(
            address,
            f"the service answered with error {detail.get('code')}: {detail.get('message')}",
            "check the name of the service and its fields on the publisher's portal",
        )
    return document, body, address


def _feature_count(document: dict[str, Any], address: str) -> int:
    features = document.get("features")
    if not isinstance(features, list):
        raise SourceError(address, "the page has no list of features", "check the address of the layer")
    return len(features)


def _disagreement(where: str, fetched: int, total: int) -> SourceError:
    return SourceError(
        where,
        f"the pages hold {fetched} features where the layer counts {total}",
        "run again: the layer may have been republished between two pages",
    )
