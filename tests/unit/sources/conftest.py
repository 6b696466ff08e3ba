"""A tiny upstream host on this machine whose answers each test writes itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from orchestration.sources.http import make_session


@dataclass
class Asked:
    """One request as the host received it."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass
class Answer:
    """What the host is to answer; ``stated_length`` may lie about the body's length."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    stated_length: int | None = None


@dataclass
class Host:
    """A running host: its address, its answers by path, and what it was asked."""

    url: str = ""
    answers: dict[str, Callable[[Asked], Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    bytes_sent: int = 0

    def answer(self, path: str, *answers: Answer) -> None:
        """Give these answers in turn, the last one for ever."""
        left = list(answers)
        self.answers[path] = lambda asked: left.pop(0) if len(left) > 1 else left[0]

    def serve_ranges(self, path: str, content: bytes) -> None:
        """Serve a file as object storage does: whole, or the range asked for."""
        self.answers[path] = lambda asked: _ranged(content, asked.headers.get("Range"))


def _ranged(content: bytes, asked: str | None) -> Answer:
    if asked is None:
        return Answer(content)
    first, _, last = asked.removeprefix("bytes=").partition("-")
    start = int(first) if first else max(0, len(content) - int(last))
    end = min(int(last), len(content) - 1) if first and last else len(content) - 1
    headers = {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
    return Answer(content[start : end + 1], 206, headers)


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, *args: Any) -> None:
            pass

        def _reply(self, form: str) -> None:
            split = urlsplit(self.path)
            params = {name: values[0] for name, values in parse_qs(f"{split.query}&{form}").items()}
            asked = Asked(self.command, split.path, params, dict(self.headers))
            host.asked.append(asked)
            unknown: Callable[[Asked], Answer] = lambda asked: Answer(status=404)  # noqa: E731
            answer = host.answers.get(split.path, unknown)(asked)
            self.send_response(answer.status)
            length = len(answer.body) if answer.stated_length is None else answer.stated_length
            for name, value in {"Content-Length": str(length), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            host.bytes_sent += len(answer.body)

    return Handler


@pytest.fixture
def host() -> Iterator[Host]:
    """A host on 127.0.0.1, stopped after the test."""
    host = Host()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(host))
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield host
    server.shutdown()
    server.server_close()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A session that retries without waiting."""
    with make_session(retries=2, backoff_seconds=0) as session:
        yield session


@pytest.fixture
def answer() -> type[Answer]:
    """The class with which a test writes an answer."""
    return Answer
