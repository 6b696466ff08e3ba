"""The paths of the sandbox server: one folder for each upstream host."""

from __future__ import annotations

import functools
import html
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Mount, Route

from orchestration.sandbox.arcgis import Layer, answer_query, missing_service
from orchestration.sandbox.archive import Archive, ensure_archive
from orchestration.sandbox.calls import render_calls
from orchestration.sandbox.deprivation import render_iod_2019, render_iod_2025
from orchestration.sandbox.faults import FaultMiddleware
from orchestration.sandbox.layers import TOWN_CENTRES, ons_layers, town_centre_layer
from orchestration.sandbox.neighbourhoods import Neighbourhoods
from orchestration.sandbox.nomis import NomisError, answer_dataset
from orchestration.sandbox.police_api import ApiError, PoliceApi
from orchestration.sandbox.reference_routes import reference_routes
from orchestration.sandbox.traffic import TokenBucket, TrafficMiddleware

if TYPE_CHECKING:
    from orchestration.sandbox.server import SandboxServer

API_REQUESTS_PER_SECOND, API_BURST = 15, 30
_LONGEST_URL = 4_094
_LAST_MODIFIED = "Sat, 31 Jan 2026 12:00:00 GMT"
_IOD_2019 = "File_7_-_All_IoD2019_Scores__Ranks__Deciles_and_Population_Denominators_3.csv"
_IOD_2025 = "File_7_IoD2025_All_Ranks_Scores_Deciles_Population_Denominators.csv"


class _Contents:
    """What the paths serve; each thing is made when first asked for, once."""

    def __init__(self, server: SandboxServer, folder: Path) -> None:
        self.server, self._folder = server, folder
        self._lock = threading.RLock()

    def archive(self, release: str) -> Archive | None:
        if release not in self.server.releases:
            return None
        with self._lock:
            return self._archives(release)

    def locked(self, make: Callable[[], Any]) -> Any:
        """Make something of the city; its stages are not built by two threads at once."""
        with self._lock:
            return make()

    @functools.cached_property
    def layers(self) -> dict[str, Layer]:
        return ons_layers(self.server.city)

    @functools.cached_property
    def town_centres(self) -> Layer:
        return town_centre_layer(self.server.city)

    @functools.cached_property
    def api(self) -> PoliceApi:
        return PoliceApi(self.server.city, self.server.crime_limit)

    @functools.cached_property
    def neighbourhoods(self) -> Neighbourhoods:
        return Neighbourhoods(self.server.city)

    @functools.cached_property
    def deprivation(self) -> dict[str, bytes]:
        city = self.server.city
        return {
            _IOD_2019: render_iod_2019(city.plan, city.geography, city.people),
            _IOD_2025: render_iod_2025(city.plan, city.geography, city.people),
        }

    @functools.cached_property
    def _archives(self) -> Callable[[str], Archive]:
        return functools.cache(lambda release: ensure_archive(self.server.city, release, self._folder))


def build_app(server: SandboxServer, folder: Path) -> Starlette:
    """Return the application.

    Parameters
    ----------
    server
        Holds the city, the limits, the faults and the traffic log.
    folder
        Where packed archives are kept.
    """
    contents = _Contents(server, folder)
    routes = [
        Mount("/police-uk/data/archive", routes=_archive_routes(contents)),
        Mount("/police-uk/api", routes=_api_routes(contents)),
        Route("/s3/policeuk-data/archive/{release}.zip", _storage(contents)),
        Route("/arcgis/{service}/FeatureServer/0/query", _ons_layer(contents), methods=["GET", "POST"]),
        Route(
            f"/gla/{TOWN_CENTRES[0]}/MapServer/{TOWN_CENTRES[1]}/query",
            _town_centres(contents),
            methods=["GET", "POST"],
        ),
        Route("/nomis/api/v01/dataset/{dataset}.data.csv", _nomis(contents)),
        Route("/mhclg/media/{edition}/{name}", _deprivation(contents)),
        Route("/san-jose/dataset/{dataset}/resource/{resource}/download/{name}", _calls(contents)),
        *reference_routes(contents),
    ]
    middleware = [
        Middleware(FaultMiddleware, plan=server.faults, connections=server.connections),
        Middleware(TrafficMiddleware, log=server.traffic),
    ]
    return Starlette(routes=routes, middleware=middleware)


def _archive_routes(contents: _Contents) -> list[Route]:
    def index(request: Request) -> Response:
        blocks = [_download_block(contents, release) for release in reversed(contents.server.releases)]
        return HTMLResponse(f"<!DOCTYPE html><html><body><h1>Archive</h1>{''.join(blocks)}</body></html>")

    def download(request: Request) -> Response:
        release = request.path_params["release"]
        if release == "latest":
            release = contents.server.releases[-1]
        if release not in contents.server.releases:
            return PlainTextResponse("Not found", 404)
        return RedirectResponse(f"/s3/policeuk-data/archive/{release}.zip", 302)

    return [Route("/", index), Route("/{release}.zip", download)]


def _download_block(contents: _Contents, release: str) -> str:
    archive = contents.archive(release)
    assert archive is not None
    first = contents.server.city.plan.first_month
    address = f"/police-uk/data/archive/{release}.zip"
    return (
        f'<div class="download"><a href="{html.escape(address)}">{_words(release)}</a>'
        f'<p class="contained-range">Contains data from {_words(first)} to {_words(release)}</p>'
        f'<p class="md5sum">{archive.md5}</p></div>'
    )


def _words(month: str) -> str:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{names[int(month[5:]) - 1]} {month[:4]}"


def _storage(contents: _Contents) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        archive = contents.archive(request.path_params["release"])
        if archive is None:
            return PlainTextResponse("NoSuchKey", 404)
        headers = {"etag": f'"{archive.md5}"', "last-modified": _LAST_MODIFIED}
        return FileResponse(archive.path, headers=headers, media_type="application/zip")

    return serve


def _api_routes(contents: _Contents) -> list[Route]:
    bucket = TokenBucket(API_REQUESTS_PER_SECOND, API_BURST)

    def endpoint(answer: Callable[[PoliceApi, Request, Mapping[str, str]], Any]) -> Callable:
        async def serve(request: Request) -> Response:
            if not bucket.take():
                return PlainTextResponse("Too Many Requests", 429)
            if request.method == "GET" and len(str(request.url)) > _LONGEST_URL:
                return Response(status_code=400)
            params = await _params(request)
            if params is None:
                return Response(status_code=400)
            return await _in_thread(lambda: _answer_api(contents, answer, request, params))

        return serve

    street = endpoint(lambda api, request, params: api.crimes_street(request.path_params["category"], params))
    outcomes = endpoint(lambda api, request, params: api.outcomes_at_location(params))
    history = endpoint(
        lambda api, request, params: api.outcomes_for_crime(request.path_params["persistent_id"])
    )
    both = ["GET", "POST"]
    return [
        Route("/crime-last-updated", endpoint(lambda api, request, params: api.last_updated())),
        Route("/crimes-street-dates", endpoint(lambda api, request, params: api.street_dates())),
        Route("/crime-categories", endpoint(lambda api, request, params: api.categories())),
        Route("/forces", endpoint(lambda api, request, params: api.forces())),
        Route("/crimes-street/{category}", street, methods=both),
        Route("/stops-street", endpoint(lambda api, request, params: api.stops_street(params)), methods=both),
        Route("/stops-force", endpoint(lambda api, request, params: api.stops_force(params))),
        Route("/crimes-no-location", endpoint(lambda api, request, params: api.crimes_no_location(params))),
        Route("/outcomes-at-location", outcomes, methods=both),
        Route("/outcomes-for-crime/{persistent_id}", history),
        # The paths of neighbourhoods would match those above: they come last.
        Route("/{force}/neighbourhoods", endpoint(_of_force(contents, lambda held: held.of_force))),
        Route("/{force}/{code}", endpoint(_of_force(contents, lambda held: held.details))),
        Route("/{force}/{code}/boundary", endpoint(_of_force(contents, lambda held: held.boundary))),
    ]


def _of_force(contents: _Contents, choose: Callable[[Neighbourhoods], Callable]) -> Callable:
    def answer(api: PoliceApi, request: Request, params: Mapping[str, str]) -> Any:
        found = choose(contents.neighbourhoods)(**request.path_params)
        if found is None:
            raise ApiError(404)
        return found

    return answer


async def _params(request: Request) -> dict[str, str] | None:
    """Return the parameters of the address and of a form; None for a body that is no form."""
    params = dict(request.query_params)
    if request.method == "POST":
        if "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
            return None
        params |= dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    return params


def _answer_api(
    contents: _Contents,
    answer: Callable[[PoliceApi, Request, Mapping[str, str]], Any],
    request: Request,
    params: Mapping[str, str],
) -> Response:
    try:
        return JSONResponse(contents.locked(lambda: answer(contents.api, request, params)))
    except ApiError as error:
        return Response(status_code=error.status)


async def _in_thread(work: Callable[[], Response]) -> Response:
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(work)


def _ons_layer(contents: _Contents) -> Callable:
    def find(request: Request) -> Layer | None:
        return contents.layers.get(request.path_params["service"])

    return _layer_endpoint(contents, find)


def _town_centres(contents: _Contents) -> Callable:
    return _layer_endpoint(contents, lambda request: contents.town_centres)


def _layer_endpoint(contents: _Contents, find: Callable[[Request], Layer | None]) -> Callable:
    async def serve(request: Request) -> Response:
        params = await _params(request)

        def work() -> Response:
            layer = contents.locked(lambda: find(request))
            if layer is None or params is None:
                return JSONResponse(missing_service())
            return JSONResponse(answer_query(layer, params, contents.server.page_cap))

        return await _in_thread(work)

    return serve


def _nomis(contents: _Contents) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        dataset, params = request.path_params["dataset"], dict(request.query_params)
        try:
            cap = contents.server.cell_cap
            text = contents.locked(lambda: answer_dataset(contents.server.city, dataset, params, cap))
        except (NomisError, ValueError) as error:
            return PlainTextResponse(f"Error: {error}", 400)
        return Response(text, media_type="text/csv")

    return serve


def _deprivation(contents: _Contents) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        content = contents.locked(lambda: contents.deprivation).get(request.path_params["name"])
        if content is None:
            return PlainTextResponse("Not found", 404)
        return Response(content, media_type="text/csv", headers={"etag": f'"{len(content):x}"'})

    return serve


def _calls(contents: _Contents) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        content = contents.locked(
            lambda: render_calls(contents.server.city.plan, request.path_params["name"])
        )
        if content is None:
            return PlainTextResponse("Not found", 404)
        return Response(content, media_type="text/csv")

    return serve
