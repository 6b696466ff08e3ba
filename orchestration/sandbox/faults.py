"""Faults that the sandbox's hosts can be told to have, as the real ones do on a bad day."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Kind = Literal[
    "drop",
    "stall",
    "drip",
    "status",
    "html",
    "replace",
    "redirect_loop",
    "overstated_length",
    "understated_length",
    "ignore_ranges",
]
_PAGE = "<!DOCTYPE html><html><body>We are down for maintenance.</body></html>"
_DRIP_SECONDS = 0.02
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True)
class Fault:
    """One declared fault.

    Parameters
    ----------
    path
        Regular expression that the beginning of a request's path must match.
    kind
        ``drop`` closes the connection and ``stall`` falls silent within the body, ``drip`` sends it a byte
        at a time; ``status`` answers with a
        status; ``html`` with a page and status 200; ``replace`` serves other content under another ETag;
        ``redirect_loop`` redirects to itself; the two lengths lie in Content-Length; ``ignore_ranges``
        answers a range request with the whole file.
    times
        How many requests it befalls; all of them when none is given.
    covering
        Only requests whose range covers this byte of the file, or that ask for no range.
    status, retry_after
        For ``status``: the status, and a ``Retry-After`` header.
    seconds
        For ``stall``: how long.
    share
        For ``drop``, ``stall``, ``drip`` and ``understated_length``: the share of the body that comes first.
    content
        For ``replace``: the other content.
    """

    path: str
    kind: Kind
    times: int | None = None
    covering: int | None = None
    status: int = 500
    retry_after: str | None = None
    seconds: float = 60.0
    share: float = 0.5
    content: bytes = b""

    def befalls(self, path: str, asked: str | None) -> bool:
        """Tell whether it befalls a request for a path with this ``Range`` header."""
        if not re.match(self.path, path):
            return False
        found = _RANGE.fullmatch(asked or "")
        if self.covering is None or found is None or not found[1]:
            return True
        return int(found[1]) <= self.covering <= int(found[2] or self.covering)


@dataclass
class FaultPlan:
    """The faults of a server, added and taken back while it runs, from any thread."""

    _left: dict[Fault, int | None] = field(default_factory=dict)
    _hits: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Add a fault; the first that befalls a request is the one that it suffers."""
        with self._lock:
            self._left[fault] = fault.times

    def clear(self) -> None:
        """Take every fault back, and forget which befell."""
        with self._lock:
            self._left.clear()
            self._hits.clear()

    @property
    def hits(self) -> int:
        """How many requests suffered a fault."""
        with self._lock:
            return len(self._hits)

    def take(self, path: str, asked: str | None) -> Fault | None:
        """Return the fault that befalls a request, and count it."""
        with self._lock:
            for fault, left in self._left.items():
                if left != 0 and fault.befalls(path, asked):
                    self._left[fault] = None if left is None else left - 1
                    self._hits.append(fault)
                    return fault
        return None


class Connections:
    """The open connections by the client's address, for faults below HTTP, which uvicorn would not send."""

    def __init__(self) -> None:
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """Return uvicorn's HTTP protocol, made to keep its transports here."""
        from uvicorn.protocols.http.auto import AutoHTTPProtocol

        transports = self._transports

        class Tracked(AutoHTTPProtocol):  # type: ignore[valid-type, misc]
            def connection_made(self, transport: asyncio.Transport) -> None:
                super().connection_made(transport)
                transports[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                transports.pop(self.client, None)

        return Tracked

    def of(self, scope: Scope) -> asyncio.Transport | None:
        """Return the connection that a request came by, unless the client has hung up."""
        return self._transports.get(tuple(scope["client"]))


@dataclass
class _Captured:
    """The application's answer, kept back."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        self.body += message.get("body", b"")

    def head(self, length: int) -> bytes:
        """Return status line and headers with a stated length, true or not."""
        lines = [f"HTTP/1.1 {self.status} Sandbox".encode()]
        lines += [name + b": " + value for name, value in self.headers if name.lower() != b"content-length"]
        return b"\r\n".join([*lines, f"content-length: {length}".encode(), b"", b""])


class FaultMiddleware:
    """Lets the declared faults befall requests.

    Parameters
    ----------
    app
        The application.
    plan
        The faults.
    connections
        The open connections.
    """

    def __init__(self, app: ASGIApp, plan: FaultPlan, connections: Connections) -> None:
        self._app, self._plan, self._connections = app, plan, connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with its fault if it suffers one."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        asked = Headers(scope=scope).get("range")
        fault = self._plan.take(scope["path"], asked)
        if fault is None:
            return await self._app(scope, receive, send)
        if fault.kind == "ignore_ranges":
            return await self._app(_without_range(scope), receive, send)
        answer = _plain_answer(fault, scope, asked)
        if answer is not None:
            return await answer(scope, receive, send)
        await self._break(fault, scope, receive)

    async def _break(self, fault: Fault, scope: Scope, receive: Receive) -> None:
        captured = _Captured()
        await self._app(scope, receive, captured.send)
        length = len(captured.body)
        cut = int(length * fault.share)
        transport = self._connections.of(scope)
        if transport is None:
            return
        if fault.kind == "overstated_length":
            transport.write(captured.head(length + 1000) + captured.body)
        elif fault.kind == "understated_length":
            transport.write(captured.head(cut) + captured.body)
        else:
            transport.write(captured.head(length) + captured.body[:cut])
        if fault.kind == "drip":
            await _drip(transport, captured.body[cut:])
        if fault.kind == "stall":
            await _wait_for_hang_up(receive, fault.seconds)
        transport.close()
        await _wait_for_hang_up(receive, fault.seconds)


def _plain_answer(fault: Fault, scope: Scope, asked: str | None) -> Response | None:
    """Return the answer of a fault that is proper HTTP."""
    if fault.kind == "status":
        headers = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
        return PlainTextResponse("The sandbox was told to fail.", fault.status, headers)
    if fault.kind == "html":
        return HTMLResponse(_PAGE)
    if fault.kind == "redirect_loop":
        return RedirectResponse(scope["path"], 302)
    return _ranged(fault.content, asked) if fault.kind == "replace" else None


def _ranged(content: bytes, asked: str | None) -> Response:
    """Answer with a whole file or a range of it, as object storage does."""
    etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
    headers = {"etag": f'"{etag}"', "accept-ranges": "bytes"}
    found = _RANGE.fullmatch(asked or "")
    if found is None:
        return Response(content, 200, headers, "application/zip")
    first, last = found[1], found[2]
    start = int(first) if first else max(0, len(content) - int(last))
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    if start > end:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{len(content)}"})
    headers["content-range"] = f"bytes {start}-{end}/{len(content)}"
    return Response(content[start : end + 1], 206, headers, "application/zip")


def _without_range(scope: Scope) -> Scope:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    kept = [(name, value) for name, value in headers if name not in (b"range", b"if-range")]
    return {**scope, "headers": kept}


async def _drip(transport: asyncio.Transport, body: bytes) -> None:
    for byte in body:
        if transport.is_closing():
            return
        transport.write(bytes([byte]))
        await asyncio.sleep(_DRIP_SECONDS)


async def _wait_for_hang_up(receive: Receive, seconds: float) -> None:
    async def hang_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(hang_up(), seconds)
