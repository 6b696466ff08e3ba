"""Measures what fetching costs on an archive of the real one's size: bytes, memory, seconds.

The archive is made from a seed, served by a process of its own and read by another, so that the memory
measured is that of the fetching process alone; it is read from Linux' ``/proc``.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
import requests

from orchestration.sources.http import make_session
from orchestration.sources.police_uk.archive import ZipArchive, open_archive
from orchestration.sources.police_uk.members import KINDS
from orchestration.sources.types import Partition

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

SEED = 20260101
RELEASE = "2025-12"
MONTHS = tuple(f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13))
FORCES = tuple(f"force-{letter}{other}" for letter in "abcdef" for other in "abcdefg")
WANTED = Partition("2025-06", "force-cd")
TARGET_RATIO, TARGET_MIB = 1.05, 200
_SIZES_OF_BODIES = (0.4, 1.0, 1.6)
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_DEFLATED, _VERSION, _DATE = 8, 20, 0x5C21
_WORDS = (
    b"On or near High Street",
    b"On or near Supermarket",
    b"Violence and sexual offences",
    b"Shoplifting",
)
_LINE_END = b",E01000001,Somewhere 001A,Investigation complete; no suspect identified,\r\n"


@dataclass(frozen=True)
class Body:
    """A member's content, compressed once and written many times."""

    compressed: bytes
    crc32: int
    size: int


@dataclass(frozen=True)
class Cost:
    """What one fetch cost.

    Parameters
    ----------
    fetched
        Bytes that the server sent.
    needed
        Compressed bytes of the members, with the central directory.
    peak_mib
        Peak memory of the fetching process, in MiB.
    seconds
        Its wall time, from start to end.
    """

    fetched: int
    needed: int
    peak_mib: float
    seconds: float


def build_archive(path: Path, target_bytes: int) -> None:
    """Write a zip file in the archive's layout, of about ``target_bytes``, without holding it in memory."""
    count = len(MONTHS) * len(FORCES) * len(KINDS)
    bodies = [
        _make_body(number, share * target_bytes / count) for number, share in enumerate(_SIZES_OF_BODIES)
    ]
    directory = []
    with path.open("wb") as stream:
        members = itertools.product(MONTHS, FORCES, KINDS)
        for (month, force, kind), body in zip(members, itertools.cycle(bodies)):
            name = f"{month}/{month}-{force}-{kind}.csv".encode()
            directory.append(_write_member(stream, name, body))
        start = stream.tell()
        stream.write(b"".join(directory))
        size = stream.tell() - start
        stream.write(_END.pack(b"PK\5\6", 0, 0, len(directory), len(directory), size, start, 0))


def _make_body(number: int, compressed_bytes: float) -> Body:
    """Make CSV records like the published ones: mostly words that repeat, and ids that do not compress."""
    import numpy as np

    random = np.random.default_rng([SEED, number])
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    compressed, crc32, size = bytearray(), 0, 0
    while len(compressed) < compressed_bytes:
        picks = random.integers(0, len(_WORDS), 200)
        lines = (
            random.bytes(16).hex().encode() + b",2025-06,Force,Force,-1.1,52.1," + _WORDS[pick] + _LINE_END
            for pick in picks
        )
        content = b"".join(lines)
        crc32, size = zlib.crc32(content, crc32), size + len(content)
        compressed += packer.compress(content)
    compressed += packer.flush()
    return Body(bytes(compressed), crc32, size)


def _write_member(stream: BinaryIO, name: bytes, body: Body) -> bytes:
    """Write a member and return its entry of the central directory."""
    offset = stream.tell()
    shared = (_VERSION, 0, _DEFLATED, 0, _DATE, body.crc32, len(body.compressed), body.size, len(name))
    stream.write(_LOCAL.pack(b"PK\3\4", *shared, 0) + name)
    stream.write(body.compressed)
    return _CENTRAL.pack(b"PK\1\2", _VERSION, *shared, 0, 0, 0, 0, 0, offset) + name


def build_app(archive: Path, has_ranges: bool) -> Starlette:
    """Return an application that serves the archive as upstream does, and says what it has sent."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import FileResponse, JSONResponse, RedirectResponse
    from starlette.routing import Route

    from orchestration.sandbox.faults import Connections, Fault, FaultMiddleware, FaultPlan
    from orchestration.sandbox.traffic import TrafficLog, TrafficMiddleware

    log, plan = TrafficLog(), FaultPlan()
    if not has_ranges:
        plan.add(Fault("/s3/", "ignore_ranges"))

    def redirect(request: Request) -> Response:
        return RedirectResponse(f"/s3/{RELEASE}.zip", 302)

    def storage(request: Request) -> Response:
        return FileResponse(archive, media_type="application/zip")

    def sent(request: Request) -> Response:
        return JSONResponse(log.body_bytes("/s3/"))

    return Starlette(
        routes=[
            Route("/data/archive/latest.zip", redirect),
            Route(f"/s3/{RELEASE}.zip", storage),
            Route("/sent", sent),
        ],
        middleware=[
            Middleware(FaultMiddleware, plan=plan, connections=Connections()),
            Middleware(TrafficMiddleware, log=log),
        ],
    )


@contextlib.contextmanager
def served(archive: Path, has_ranges: bool) -> Iterator[str]:
    """Serve the archive from a process of its own; yield its address."""
    ranges = "--ranges" if has_ranges else "--no-ranges"
    process = subprocess.Popen(_command("serve", archive, ranges), stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().decode().strip()
    finally:
        process.terminate()
        process.wait()


def measure_fetch(archive: Path, has_ranges: bool, cache: Path) -> Cost:
    """Fetch one month of one force in a process of its own and return what it cost."""
    with served(archive, has_ranges) as address:
        started = time.monotonic()
        ended = subprocess.run(_command("fetch", address, cache), check=True, capture_output=True)
        seconds = time.monotonic() - started
        fetched = requests.get(f"{address}/sent", timeout=10).json()
    return Cost(fetched, needed_bytes(archive), float(ended.stdout), seconds)


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "orchestration.bench_fetch", *map(str, arguments)]


def needed_bytes(archive: Path) -> int:
    """Return the compressed bytes of the wanted members and of the central directory."""
    members = ZipArchive(archive).members()
    with zipfile.ZipFile(archive) as opened:
        directory = archive.stat().st_size - opened.start_dir
    return directory + sum(members[WANTED, kind].compressed_size for kind in KINDS)


@click.group(invoke_without_command=True)
@click.option("--megabytes", default=1_500, show_default=True, help="size of the archive that has ranges")
@click.option("--whole-megabytes", default=300, show_default=True, help="size of the one that has none")
@click.pass_context
def main(context: click.Context, megabytes: int, whole_megabytes: int) -> None:
    """Print a Markdown table of what fetching one month of one force costs."""
    if context.invoked_subcommand is not None:
        return
    click.echo(f"| archive | fetched | members and directory | ratio | peak MiB | seconds |\n{'|---' * 6}|")
    with tempfile.TemporaryDirectory() as folder:
        for size, has_ranges in ((megabytes, True), (whole_megabytes, False)):
            archive = Path(folder) / f"{size}.zip"
            subprocess.run(_command("build", archive, size), check=True)
            cost = measure_fetch(archive, has_ranges, Path(folder) / "cache")
            click.echo(_row(archive, has_ranges, cost))
            archive.unlink()
    click.echo(f"\nTargets: with ranges a ratio below {TARGET_RATIO}; below {TARGET_MIB} MiB either way.")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("megabytes", type=int)
def build(path: Path, megabytes: int) -> None:
    """Write the archive (a part of the benchmark)."""
    build_archive(path, megabytes * 10**6)


@main.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True))
@click.option("--ranges/--no-ranges", "has_ranges", default=True)
def serve(archive: Path, has_ranges: bool) -> None:
    """Serve the archive until stopped (a part of the benchmark)."""
    import socket

    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    click.echo(f"http://127.0.0.1:{listener.getsockname()[1]}")
    config = uvicorn.Config(build_app(archive, has_ranges), log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


@main.command()
@click.argument("address")
@click.argument("cache", type=click.Path(path_type=Path))
def fetch(address: str, cache: Path) -> None:
    """Fetch one month of one force and print the peak memory in MiB (a part of the benchmark)."""
    with make_session() as session:
        archive = open_archive(address, session, cache_folder=cache)
        for kind in KINDS:
            archive.fetch(WANTED, kind)
    # Of this program alone: what getrusage says also counts the process that started it.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    click.echo(int(peak[1]) / 1024)


def _row(archive: Path, has_ranges: bool, cost: Cost) -> str:
    how = "ranges" if has_ranges else "no ranges: downloaded whole"
    cells = [
        f"{archive.stat().st_size / 1e6:,.0f} MB, {how}",
        f"{cost.fetched:,}",
        f"{cost.needed:,}",
        f"{cost.fetched / cost.needed:.3f}" if has_ranges else "–",
        f"{cost.peak_mib:,.0f}",
        f"{cost.seconds:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
