"""Counts what the server sends, and limits how often one of its hosts may be asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Exchange:
    """One answered request: method, path, status and bytes of the body."""

    method: str
    path: str
    status: int
    body_bytes: int


@dataclass
class TrafficLog:
    """Everything that the server answered, in order."""

    exchanges: list[Exchange] = field(default_factory=list)

    def request_count(self, prefix: str = "/") -> int:
        """Count the requests of paths that start with ``prefix``."""
        return sum(exchange.path.startswith(prefix) for exchange in self.exchanges)

    def body_bytes(self, prefix: str = "/") -> int:
        """Sum the bytes sent for paths that start with ``prefix``."""
        return sum(exchange.body_bytes for exchange in self.exchanges if exchange.path.startswith(prefix))

    def clear(self) -> None:
        """Forget everything."""
        self.exchanges.clear()


class TokenBucket:
    """A rate limit with bursts.

    Parameters
    ----------
    per_second
        Rate at which tokens come back.
    burst
        How many there are at most.
    clock
        Seconds that only ever go forward.
    """

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._tokens, self._at = float(burst), clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token; False when there is none left."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class TrafficMiddleware:
    """Writes every exchange to a log.

    Parameters
    ----------
    app
        The application.
    log
        Where exchanges go.
    """

    def __init__(self, app: ASGIApp, log: TrafficLog) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and count what was sent."""
        status, sent = 0, 0

        async def count(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, count)
        finally:
            if scope["type"] == "http":
                self._log.exchanges.append(Exchange(scope["method"], scope["path"], status, sent))
