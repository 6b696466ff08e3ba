"""Serves the city over HTTP on this machine, in the upstream's protocols."""

from __future__ import annotations

import functools
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from orchestration.sandbox.city import City, build_city
from orchestration.sandbox.plan import CityPlan

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

    from orchestration.sandbox.faults import Connections, FaultPlan
    from orchestration.sandbox.traffic import TrafficLog

_START_SECONDS = 30.0


class SandboxServer:
    """A local server that stands for every upstream host.

    Use it as a context manager, or call ``start`` and ``stop``. Nothing of the city is built before a request
    needs it, and a packed archive that is already in the cache folder is served as it is.

    Parameters
    ----------
    plan
        The city; the default plan when not given.
    cache_folder
        Where packed archives are kept between runs; a temporary folder, removed at the end, when not given.
    port
        Port on 127.0.0.1; a free one when 0.
    releases
        Archive releases (``YYYY-MM``) to list; the last month of the plan alone when not given.
    page_cap
        Most features in one answer of an ArcGIS layer.
    cell_cap
        Most cells in one answer of Nomis.
    crime_limit
        Most records in one answer of the police API about an area.
    """

    def __init__(
        self,
        plan: CityPlan | None = None,
        cache_folder: Path | None = None,
        port: int = 0,
        releases: Sequence[str] | None = None,
        page_cap: int = 200,
        cell_cap: int = 25_000,
        crime_limit: int = 10_000,
    ) -> None:
        self.city: City = build_city(plan)
        self.releases = tuple(sorted(releases or (self.city.plan.last_month,)))
        self.page_cap, self.cell_cap, self.crime_limit = page_cap, cell_cap, crime_limit
        self._cache_folder = cache_folder
        self._port = port
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._address = ""

    @property
    def base_url(self) -> str:
        """Address of the running server, such as ``http://127.0.0.1:8099``.

        Raises
        ------
        RuntimeError
            When it is not running.
        """
        if not self._address:
            raise RuntimeError("the sandbox server is not running: call start() first")
        return self._address

    @functools.cached_property
    def traffic(self) -> TrafficLog:
        """Requests answered and bytes sent, by path."""
        from orchestration.sandbox.traffic import TrafficLog

        return TrafficLog()

    @functools.cached_property
    def faults(self) -> FaultPlan:
        """Faults that its hosts have just now; none at first."""
        from orchestration.sandbox.faults import FaultPlan

        return FaultPlan()

    @functools.cached_property
    def connections(self) -> Connections:
        """The open connections, which faults below HTTP are written to."""
        from orchestration.sandbox.faults import Connections

        return Connections()

    @functools.cached_property
    def _app(self) -> Starlette:
        from orchestration.sandbox.routes import build_app

        return build_app(self, self._folder)

    @functools.cached_property
    def _folder(self) -> Path:
        if self._cache_folder is not None:
            return self._cache_folder
        self._temporary = tempfile.TemporaryDirectory(prefix="crimeharm-sandbox-")
        return Path(self._temporary.name)

    def start(self) -> SandboxServer:
        """Start serving in a background thread; return when it answers.

        Raises
        ------
        RuntimeError
            When it does not answer in time, or ended.
        """
        listener = self._listen()
        self._uvicorn = self._prepare()
        run: Callable[[], None] = functools.partial(self._uvicorn.run, sockets=[listener])
        self._thread = threading.Thread(target=run, name="sandbox-server", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._uvicorn.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the sandbox server did not start; see the log above")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stop serving and remove the temporary folder, if one was made."""
        if self._uvicorn is not None and self._thread is not None:
            self._uvicorn.should_exit = True
            self._thread.join(_START_SECONDS)
        if self._temporary is not None:
            self._temporary.cleanup()
        self._address = ""

    def serve(self, announce: Callable[[str], None]) -> None:
        """Serve in the foreground until interrupted; call ``announce`` with the address first."""
        listener = self._listen()
        announce(self.base_url)
        try:
            self._prepare().run(sockets=[listener])
        finally:
            self.stop()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        self._address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return listener

    def _prepare(self) -> uvicorn.Server:
        import uvicorn

        config = uvicorn.Config(
            self._app,
            http=self.connections.protocol(),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        return uvicorn.Server(config)
