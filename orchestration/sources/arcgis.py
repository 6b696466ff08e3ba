"""Paged queries of ArcGIS feature layers (ONS Open Geography Portal, GLA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from orchestration.sources.http import request_json
from orchestration.sources.progress import progress_bar
from orchestration.sources.types import Fetched, SourceError

PAGE_SIZE = 2_000
_CHANGED = "run again: the layer may have been republished between two pages"


@dataclass(frozen=True)
class _Layer:
    """What a layer says about itself; two looks at a layer that did not change are equal.

    Parameters
    ----------
    url
        Its address.
    id_field
        Field that numbers its rows, where it has one.
    page_cap
        Most features that one answer holds (``maxRecordCount``).
    edited_at
        When its data were last edited, in its own words.
    count
        How many features it holds.
    """

    url: str
    id_field: str | None
    page_cap: int
    edited_at: str
    count: int


def query_layer(
    session: requests.Session,
    layer_url: str,
    order_by: str,
    has_geometry: bool,
    page_size: int = PAGE_SIZE,
    release: str | None = None,
) -> list[Fetched]:
    """Fetch every feature of a layer, page by page, and keep the pages as they came.

    The layer's own description gives the largest page, and is asked for again at the end: a layer that was
    edited meanwhile is refused. The server may return fewer features than asked for, so the next page starts
    after the number that came; a page that says that more follow (``exceededTransferLimit``) is believed.
    Features are ordered by ``order_by`` and then by the layer's own row number, so that their order is fixed
    even where the fields repeat; no feature may come twice, and the pages must add up to the layer's count.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    layer_url
        Address of the layer, such as ``…/FeatureServer/0``.
    order_by
        Fields that give the features a fixed order.
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
        When the layer is empty, cannot be paged, answers with an error, changes while it is read, repeats a
        feature, or its pages do not add up to its count.
    """
    layer = _look_at(session, layer_url, has_geometry)
    order = _order(order_by, layer.id_field)
    seen: set[tuple[Any, ...]] = set()
    pages: list[Fetched] = []
    offset, more = 0, True
    with progress_bar(layer_url.rsplit("/", 3)[-3], layer.count, "feature") as bar:
        while more or offset < layer.count:
            params = _page_params(order, has_geometry, offset, min(page_size, layer.page_cap))
            document, body, address = _ask(session, f"{layer_url}/query", params)
            keys = _keys(document, order, address)
            _refuse_repeats(keys, seen, order, address)
            offset += len(keys)
            bar.update(len(keys))
            more = _says_more(document)
            if keys:
                name = f"page-{len(pages) + 1:04d}.json"
                pages.append(Fetched(name=name, content=body, url=address, release=release))
            elif more or offset < layer.count:
                raise _disagreement(address, offset, layer.count)
    if offset != layer.count:
        raise _disagreement(layer_url, offset, layer.count)
    if _look_at(session, layer_url, has_geometry) != layer:
        raise SourceError(layer_url, "the layer was edited while it was read", _CHANGED)
    return pages


def count_features(session: requests.Session, layer_url: str) -> int:
    """Return how many features a layer says that it holds.

    Raises
    ------
    SourceError
        When it does not say, or holds none.
    """
    params: dict[str, str | int] = {"where": "1=1", "returnCountOnly": "true", "f": "json"}
    document, _, address = _ask(session, f"{layer_url}/query", params)
    count = document.get("count")
    if not isinstance(count, int) or count <= 0:
        raise SourceError(
            address,
            f"the layer says that it holds {count!r} features",
            "the service may have been emptied or replaced: look for its successor on the publisher's portal",
        )
    return count


def _look_at(session: requests.Session, layer_url: str, has_geometry: bool) -> _Layer:
    described, _, address = _ask(session, layer_url, {"f": "json"})
    count = count_features(session, layer_url)
    cap = described.get("maxRecordCount")
    page_cap = cap if isinstance(cap, int) and cap > 0 else PAGE_SIZE
    if _part(described, "advancedQueryCapabilities").get("supportsPagination") is False and count > page_cap:
        raise SourceError(
            address,
            f"the layer holds {count} features, gives {page_cap} at a time and cannot be paged",
            "download it from the publisher's portal and use the profile mirror",
        )
    formats = str(described.get("supportedQueryFormats") or "JSON, geoJSON").casefold()
    if has_geometry and "geojson" not in formats:
        raise SourceError(
            address,
            f"the layer answers in {formats}, not in GeoJSON",
            "download it from the publisher's portal and use the profile mirror",
        )
    edits = _part(described, "editingInfo")
    edited_at = str(edits.get("dataLastEditDate") or edits.get("lastEditDate") or "")
    return _Layer(layer_url, _id_field(described), page_cap, edited_at, count)


def _id_field(described: dict[str, Any]) -> str | None:
    if isinstance(named := described.get("objectIdField"), str) and named:
        return named
    fields = described.get("fields")
    numbering = [
        str(field.get("name"))
        for field in (fields if isinstance(fields, list) else [])
        if isinstance(field, dict) and field.get("type") == "esriFieldTypeOID"
    ]
    return numbering[0] if numbering else None


def _order(order_by: str, id_field: str | None) -> str:
    fields = [name.strip() for name in order_by.split(",")]
    if id_field and id_field.casefold() not in {name.casefold() for name in fields}:
        fields.append(id_field)
    return ",".join(fields)


def _page_params(order: str, has_geometry: bool, offset: int, page_size: int) -> dict[str, str | int]:
    params: dict[str, str | int] = {
        "where": "1=1",
        "outFields": "*",
        "orderByFields": order,
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
        details = detail.get("details")
        reasons = "; ".join(map(str, filter(None, details))) if isinstance(details, list) else ""
        raise SourceError(
            address,
            f"the service answered with error {detail.get('code')}: {detail.get('message')}"
            + (f" ({reasons})" if reasons else ""),
            "check the name of the service and its fields on the publisher's portal",
        )
    return document, body, address


def _keys(document: dict[str, Any], order: str, address: str) -> list[tuple[Any, ...]]:
    """Return the values by which a page's features are ordered."""
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise SourceError(address, "the page has no list of features", "check the address of the layer")
    records = [_part(feature, "attributes") or _part(feature, "properties") for feature in features]
    spelt = {str(name).casefold(): name for name in records[0]} if records else {}
    names = [spelt.get(name.casefold(), name) for name in order.split(",")]
    if records and names[-1] not in records[0]:
        raise SourceError(
            address,
            f"its features have no field {names[-1]}, by which they are ordered",
            "check the fields of the layer on the publisher's portal, then correct the catalogue",
        )
    return [tuple(record.get(name) for name in names) for record in records]


def _refuse_repeats(
    keys: list[tuple[Any, ...]], seen: set[tuple[Any, ...]], order: str, address: str
) -> None:
    for key in keys:
        if key in seen:
            shown = ", ".join(f"{name}={value}" for name, value in zip(order.split(","), key, strict=True))
            raise SourceError(address, f"a feature came twice ({shown})", _CHANGED)
        seen.add(key)


def _says_more(document: dict[str, Any]) -> bool:
    # At the top of the answer or, in the GeoJSON of newer servers, under its properties.
    places = (document, _part(document, "properties"))
    return any(place.get("exceededTransferLimit") is True for place in places)


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    held = document.get(name)
    return held if isinstance(held, dict) else {}


def _disagreement(where: str, fetched: int, total: int) -> SourceError:
    return SourceError(where, f"the pages hold {fetched} features where the layer counts {total}", _CHANGED)
