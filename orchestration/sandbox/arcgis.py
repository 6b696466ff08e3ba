"""Speaks the query protocol of ArcGIS feature layers over tables held in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

_NATIONAL_GRID, _WGS84 = 27700, 4326


class QueryError(Exception):
    """A query that the service refuses; upstream says so in the body of an answer with status 200."""


@dataclass(frozen=True)
class Layer:
    """A feature layer.

    Parameters
    ----------
    id_field
        Field that numbers the features from 1.
    attributes
        Columns by field name, in the layer's order, the id field among them.
    geometry
        Shape of each feature in EPSG:27700, or None for a table.
    flags_at_top
        Whether its GeoJSON says ``exceededTransferLimit`` at the top level, as older servers do, and not
        under ``properties``.
    """

    id_field: str
    attributes: dict[str, list]
    geometry: np.ndarray | None = None
    flags_at_top: bool = False

    def __len__(self) -> int:
        return len(self.attributes[self.id_field])


def answer_query(layer: Layer, params: Mapping[str, str], page_cap: int) -> dict[str, Any]:
    """Answer a query of a layer.

    Parameters
    ----------
    layer
        What is asked.
    params
        Parameters of the request: ``where`` (``1=1`` alone), ``outFields``, ``returnGeometry``,
        ``returnCountOnly``, ``outSR``, ``resultOffset``, ``resultRecordCount``, ``orderByFields``, ``f``.
    page_cap
        Most features that one answer holds, whatever is asked for.

    Returns
    -------
    dict
        The body of the answer; an error body for a bad query.
    """
    try:
        return _answer(layer, params, page_cap)
    except QueryError as error:
        return {"error": {"code": 400, "message": "Invalid query parameters", "details": [str(error)]}}


def describe_layer(layer: Layer, page_cap: int) -> dict[str, Any]:
    """Return what a layer says about itself.

    Parameters
    ----------
    layer
        The layer.
    page_cap
        Most features that one answer holds.
    """
    described: dict[str, Any] = {
        "type": "Table" if layer.geometry is None else "Feature Layer",
        "objectIdField": layer.id_field,
        "maxRecordCount": page_cap,
        "supportedQueryFormats": "JSON, geoJSON" if layer.flags_at_top else "JSON, geoJSON, PBF",
        "advancedQueryCapabilities": {"supportsPagination": True, "supportsOrderBy": True},
        "fields": _described_fields(layer, list(layer.attributes)),
    }
    # An older map server does not know when its data were edited.
    if not layer.flags_at_top:
        described["editingInfo"] = {"lastEditDate": 1_700_000_000_000, "dataLastEditDate": 1_700_000_000_000}
    return described


def missing_service() -> dict[str, Any]:
    """Return the body with which upstream answers for a service that it does not have."""
    return {"error": {"code": 400, "message": "Invalid URL", "details": ["Invalid URL"]}}


def _answer(layer: Layer, params: Mapping[str, str], page_cap: int) -> dict[str, Any]:
    if params.get("where", "").replace(" ", "") != "1=1":
        raise QueryError("'where' clause is not supported; ask for 1=1")
    form = params.get("f", "json")
    if form not in ("json", "geojson"):
        raise QueryError(f"'f' must be json or geojson, not {form!r}")
    if params.get("returnCountOnly", "false").lower() == "true":
        return {"count": len(layer)}
    fields = _fields(layer, params.get("outFields", layer.id_field))
    rows, exceeded = _page(layer, params, page_cap)
    with_geometry = layer.geometry is not None and params.get("returnGeometry", "true").lower() == "true"
    records = _records(layer, fields, rows)
    if form == "geojson":
        shapes = _shapes(layer, rows, _reference(params, _WGS84)) if with_geometry else None
        return _geojson(layer, records, rows, shapes, exceeded)
    reference = _reference(params, _NATIONAL_GRID)
    shapes = _shapes(layer, rows, reference) if with_geometry else None
    return _esri_json(layer, fields, records, shapes, reference, exceeded)


def _fields(layer: Layer, asked: str) -> list[str]:
    if asked.strip() == "*":
        return list(layer.attributes)
    fields = [name.strip() for name in asked.split(",")]
    unknown = [name for name in fields if name not in layer.attributes]
    if unknown:
        raise QueryError(f"'outFields' has no field {unknown[0]!r}")
    return fields


def _page(layer: Layer, params: Mapping[str, str], page_cap: int) -> tuple[list[int], bool]:
    order = list(range(len(layer)))
    # Later keys are sorted first, so that the first one decides.
    for key in reversed([key for key in params.get("orderByFields", "").split(",") if key.strip()]):
        name, _, direction = key.strip().partition(" ")
        if name not in layer.attributes:
            raise QueryError(f"'orderByFields' has no field {name!r}")
        column = layer.attributes[name]
        order.sort(key=column.__getitem__, reverse=direction.strip().upper() == "DESC")
    try:
        offset = int(params.get("resultOffset") or 0)
        count = min(int(params.get("resultRecordCount") or page_cap), page_cap)
    except ValueError as error:
        raise QueryError("'resultOffset' and 'resultRecordCount' must be whole numbers") from error
    if offset < 0 or count < 1:
        raise QueryError("'resultOffset' and 'resultRecordCount' must not be negative")
    return order[offset : offset + count], offset + count < len(layer)


def _reference(params: Mapping[str, str], default: int) -> int:
    asked = params.get("outSR") or str(default)
    if asked not in (str(_NATIONAL_GRID), str(_WGS84)):
        raise QueryError(f"'outSR' must be {_NATIONAL_GRID} or {_WGS84}, not {asked!r}")
    return int(asked)


def _records(layer: Layer, fields: list[str], rows: list[int]) -> list[dict[str, Any]]:
    return [{name: layer.attributes[name][row] for name in fields} for row in rows]


def _shapes(layer: Layer, rows: list[int], reference: int) -> np.ndarray:
    assert layer.geometry is not None
    shapes = layer.geometry[rows]
    if reference == _NATIONAL_GRID:
        return shapes

    from orchestration.sandbox.places import to_wgs84

    # Nine decimals of a degree are a tenth of a millimetre: areas still tile after the way there and back.
    return shapely.transform(shapes, lambda xy: np.round(np.column_stack(to_wgs84(xy[:, 0], xy[:, 1])), 9))


def _geojson(
    layer: Layer, records: list[dict[str, Any]], rows: list[int], shapes: np.ndarray | None, exceeded: bool
) -> dict[str, Any]:
    geometry = (
        [None] * len(rows) if shapes is None else [json.loads(text) for text in shapely.to_geojson(shapes)]
    )
    ids = layer.attributes[layer.id_field]
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": ids[row], "geometry": shape, "properties": record}
            for row, shape, record in zip(rows, geometry, records, strict=True)
        ],
    }
    if exceeded:
        (body if layer.flags_at_top else body.setdefault("properties", {}))["exceededTransferLimit"] = True
    return body


def _esri_json(
    layer: Layer,
    fields: list[str],
    records: list[dict[str, Any]],
    shapes: np.ndarray | None,
    reference: int,
    exceeded: bool,
) -> dict[str, Any]:
    features: list[dict[str, Any]] = [{"attributes": record} for record in records]
    body: dict[str, Any] = {
        "objectIdFieldName": layer.id_field,
        "fields": _described_fields(layer, fields),
    }
    if shapes is not None:
        is_point = all(shape.geom_type == "Point" for shape in shapes)
        body["geometryType"] = "esriGeometryPoint" if is_point else "esriGeometryPolygon"
        body["spatialReference"] = {"wkid": reference, "latestWkid": reference}
        for feature, shape in zip(features, shapes, strict=True):
            feature["geometry"] = _esri_geometry(shape)
    if exceeded:
        body["exceededTransferLimit"] = True
    return body | {"features": features}


def _esri_geometry(shape: shapely.Geometry) -> dict[str, Any]:
    if shape.geom_type == "Point":
        return {"x": shape.x, "y": shape.y}
    # Esri's outer rings run clockwise.
    rings = shapely.get_rings(shapely.orient_polygons(shape, exterior_cw=True))
    return {"rings": [shapely.get_coordinates(ring).tolist() for ring in rings]}


def _described_fields(layer: Layer, names: list[str]) -> list[dict[str, str]]:
    return [{"name": name, "type": _field_type(layer, name), "alias": name} for name in names]


def _field_type(layer: Layer, name: str) -> str:
    if name == layer.id_field:
        return "esriFieldTypeOID"
    kinds = {str: "esriFieldTypeString", int: "esriFieldTypeInteger", float: "esriFieldTypeDouble"}
    return kinds[type(layer.attributes[name][0])]
