"""Paths of the hosts of reference data besides queries: layer descriptions, exports, calendar, weather."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from orchestration.sandbox.arcgis import Layer, describe_layer, missing_service
from orchestration.sandbox.calendar import render_bank_holidays
from orchestration.sandbox.layers import EXACT_FIT, TOWN_CENTRES
from orchestration.sandbox.weather import render_station
from orchestration.sources.catalogue import CATALOGUE, WEATHER_STATIONS, ArcgisLayer

if TYPE_CHECKING:
    from orchestration.sandbox.routes import _Contents

_STATIONS = "/metoffice/pub/data/weather/uk/climate/stationdata"


def reference_routes(contents: _Contents) -> list[Route]:
    """Return the routes.

    Parameters
    ----------
    contents
        What the paths serve.
    """
    return [
        Route("/arcgis/{service}/FeatureServer/0", _description(contents, _ons_layer)),
        Route(
            f"/gla/{TOWN_CENTRES[0]}/MapServer/{TOWN_CENTRES[1]}",
            _description(contents, lambda contents, request: contents.town_centres),
        ),
        Route("/arcgis-hub/api/download/v1/items/{item}/csv", _export(contents)),
        Route("/arcgis-hub/files/{item}.csv", _exported_file(contents)),
        Route("/govuk/bank-holidays.json", _bank_holidays(contents)),
        Route(f"{_STATIONS}/{{station}}data.txt", _station(contents)),
    ]


def _ons_layer(contents: _Contents, request: Request) -> Layer | None:
    return contents.layers.get(request.path_params["service"])


def _description(
    contents: _Contents, find: Callable[[_Contents, Request], Layer | None]
) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        layer = contents.locked(lambda: find(contents, request))
        if layer is None:
            return JSONResponse(missing_service())
        return JSONResponse(describe_layer(layer, contents.server.page_cap))

    return serve


def _exported_item() -> str:
    source = CATALOGUE["ons_lsoa_2011_2021_lookup"].source
    assert isinstance(source, ArcgisLayer) and source.hub_item is not None
    return source.hub_item


def _export(contents: _Contents) -> Callable[[Request], Response]:
    asked: set[str] = set()

    def serve(request: Request) -> Response:
        item = request.path_params["item"]
        if item != _exported_item():
            return JSONResponse({"error": {"statusCode": 404, "message": "Item does not exist"}}, 404)
        if item not in asked:
            # The first to ask sets the export going.
            asked.add(item)
            return JSONResponse({"status": "Pending", "recordCount": None, "progressInPercent": 0}, 202)
        return JSONResponse(
            {"status": "Completed", "resultUrl": f"{contents.server.base_url}/arcgis-hub/files/{item}.csv"}
        )

    return serve


def _exported_file(contents: _Contents) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        if request.path_params["item"] != _exported_item():
            return PlainTextResponse("Not found", 404)
        layer: Any = contents.locked(lambda: contents.layers[EXACT_FIT])
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(layer.attributes)
        writer.writerows(zip(*layer.attributes.values(), strict=True))
        return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv")

    return serve


def _bank_holidays(contents: _Contents) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        plan = contents.server.city.plan
        body = render_bank_holidays(plan.first_month, plan.last_month)
        return Response(body, media_type="application/json; charset=utf-8")

    return serve


def _station(contents: _Contents) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        station = request.path_params["station"]
        if station not in WEATHER_STATIONS:
            return PlainTextResponse("Not found", 404)
        weather = contents.locked(lambda: contents.server.city.weather)
        name = f"Invented {station.title()}"
        body = render_station(weather, WEATHER_STATIONS.index(station), name)
        return Response(body, media_type="text/plain; charset=utf-8")

    return serve
