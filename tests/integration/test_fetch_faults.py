"""Faults of the hosts: what the operator sees, that nothing is lost, and that the next run finishes."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from orchestration.environment import PROJECT_ROOT
from orchestration.landing import land_police, land_reference, read_absence
from orchestration.paths import DataPaths
from orchestration.provenance import PROVENANCE_FILE, SUPERSEDED_FOLDER, land, read_provenance
from orchestration.sandbox.archive import ensure_archive
from orchestration.sandbox.faults import Fault, Kind
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer
from orchestration.sources import http
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.http import make_session
from orchestration.sources.police_uk.api import PoliceApi
from orchestration.sources.types import Description, Fetched, Partition, SourceError
from orchestration.upstream import HttpUpstream

HELD, NEW = Partition("2023-06", "eastvale"), Partition("2023-07", "westmere")
STREET = "2023-06/2023-06-eastvale-street.csv"
STORAGE = r"/s3/policeuk-data/archive/2024-02\.zip"
OLD = b"what was landed before\n"
READ_TIMEOUT_SECONDS = 0.3


class QuickUpstream(HttpUpstream):
    """The hosts, asked by a session that loses patience soon."""

    @functools.cached_property
    def _session(self) -> requests.Session:
        return make_session(retries=1, backoff_seconds=0, read_timeout_seconds=READ_TIMEOUT_SECONDS)


@dataclass(frozen=True)
class Target:
    """Something that is fetched: what lands it, and where its faults strike."""

    dataset: str | None
    path: str
    strikes: Callable[[Path], int] | None = None

    @property
    def partitions(self) -> list[Partition]:
        """The partitions that it lands."""
        return [HELD, NEW] if self.dataset == "police_street" else []


def end_of_directory(archive: Path) -> int:
    """Return the last byte of the central directory's end record."""
    return archive.stat().st_size - 1


def end_of_member(archive: Path) -> int:
    """Return the last byte of the member of the partition that is held."""
    with zipfile.ZipFile(archive) as opened:
        info = opened.getinfo(STREET)
        return info.header_offset + len(info.FileHeader()) + info.compress_size - 1


TARGETS = {
    "directory": Target("police_street", STORAGE, end_of_directory),
    "member": Target("police_street", STORAGE, end_of_member),
    "arcgis": Target("ons_lsoa_2021_wards", "/arcgis/"),
    "nomis": Target("nomis_population", "/nomis/"),
    "deprivation": Target("iod_2019", "/mhclg/"),
    "api": Target(None, "/police-uk/api/forces"),
}
_BROKE_OFF = r": the transfer broke off 5 times in a row at byte \d+ .*Remedy: check the network"
_PAGE = r"2024-02\.zip: an HTML page came in place of the file\. Remedy: open the address in a browser"
BROKE_OFF = {
    "directory": rf"2024-02\.zip{_BROKE_OFF}",
    "member": rf"2024-02\.zip!{STREET}{_BROKE_OFF}",
    "others": r"the body broke off before the length .*Remedy: run again; if it stays so, fetch the file",
}
PAGE = {
    "directory": _PAGE,
    "member": _PAGE,
    "nomis": r"data\.csv\?.*: an HTML page came in place of CSV\. Remedy: open the address in a browser",
    "deprivation": r"\.csv: an HTML page came in place of CSV\. Remedy: open the address in a browser",
    "others": r": an HTML page came in place of JSON\. Remedy: open the address in a browser",
}
CUT_SHORT = {
    **BROKE_OFF,
    "nomis": r"last line has fewer fields than the first .*cut short\. Remedy: run again",
    "deprivation": r"last line has fewer fields than the first .*cut short\. Remedy: run again",
    "others": r"the body is not JSON .*Remedy: try again later",
}
CIRCLES = {"others": r"the host redirects more than 10 times\. Remedy: open the address in a browser"}
#: Each fault with what the operator sees of it, by target.
LASTING: dict[str, tuple[Fault, dict[str, str]]] = {
    "drop": (Fault("", "drop"), BROKE_OFF),
    "stall": (Fault("", "stall", seconds=5), BROKE_OFF),
    "drip": (Fault("", "drip", share=0, seconds=5), BROKE_OFF),
    "429": (
        Fault("", "status", status=429, retry_after="0"),
        {"others": r"answered with status 429\. Remedy: wait and run again"},
    ),
    "500": (Fault("", "status", status=500), {"others": r"answered with status 500\. Remedy: wait and run"}),
    "503": (Fault("", "status", status=503), {"others": r"answered with status 503\. Remedy: wait and run"}),
    "html": (Fault("", "html"), PAGE),
    "redirect_loop": (Fault("", "redirect_loop"), CIRCLES),
    "understated_length": (Fault("", "understated_length"), CUT_SHORT),
    "overstated_length": (Fault("", "overstated_length"), BROKE_OFF),
}
# A range states its own end, so that a length which claims more does no harm to the archive.
HARMLESS = {("overstated_length", "directory"), ("overstated_length", "member")}


@pytest.fixture(autouse=True)
def short_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that drip are noticed soon."""
    monkeypatch.setattr(http, "PACE_WINDOW_SECONDS", READ_TIMEOUT_SECONDS / 2)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packed archive of the small city."""
    folder = tmp_path_factory.mktemp("faults")
    return ensure_archive(SandboxServer(SMALL_CITY).city, "2024-02", folder).path


@pytest.fixture(scope="module")
def warm_server(archive: Path) -> Iterator[SandboxServer]:
    """A server that has built everything, so that the only silence is a declared one."""
    with SandboxServer(SMALL_CITY, cache_folder=archive.parent) as server:
        with make_session() as session:
            for path in ("police-uk/data/archive/latest.zip", "police-uk/api/forces"):
                session.get(f"{server.base_url}/{path}")
            upstream = HttpUpstream(sandbox_endpoints(server.base_url), archive.parent)
            for target in TARGETS.values():
                if target.dataset and not target.partitions:
                    upstream.reference(target.dataset)
        yield server


@pytest.fixture
def server(warm_server: SandboxServer) -> Iterator[SandboxServer]:
    """The server without any fault, before and after."""
    yield warm_server
    warm_server.faults.clear()


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    """A data folder that holds an earlier version of one partition and of each reference dataset."""
    paths = DataPaths(tmp_path)
    for target in TARGETS.values():
        if target.dataset:
            partition = HELD if target.partitions else None
            old = Fetched("old.csv", OLD, "https://example.invalid/old.csv")
            folder = paths.landing(target.dataset, partition)
            land(folder, Description(target.dataset, "", "OGL", "Contains …"), [old], partition, 1)
    return paths


def upstream_of(server: SandboxServer, paths: DataPaths) -> QuickUpstream:
    """Return the server's hosts, opened as a run does."""
    return QuickUpstream(sandbox_endpoints(server.base_url), paths.archive_cache)


def run(target: Target, upstream: QuickUpstream, paths: DataPaths) -> str:
    """Fetch and land as a run does, and return what the operator is told; nothing when all went well."""
    try:
        if target.dataset is None:
            PoliceApi(upstream._session, upstream.endpoints.police_uk).forces()
            return ""
        if not target.partitions:
            landings = [land_reference(target.dataset, upstream, paths)]
        else:
            landings = land_police(target.dataset, target.partitions, upstream.archive(), paths)
    except SourceError as error:
        return str(error)
    return "\n".join(landing.absence.reason for landing in landings if landing.absence)


def next_run(target: Target, server: SandboxServer, paths: DataPaths) -> str:
    """Run anew, with nothing remembered."""
    return run(target, upstream_of(server, paths), paths)


def folders(target: Target, paths: DataPaths) -> list[Path]:
    """Return the landing folders of a target."""
    if target.dataset is None:
        return []
    return [paths.landing(target.dataset, partition) for partition in target.partitions or [None]]


def assert_nothing_is_half(paths: DataPaths) -> None:
    """Every landed file is one that a provenance beside it vouches for."""
    for folder, _, names in os.walk(paths.landing_root):
        assert not Path(folder).name.startswith(".new-"), folder
        held = read_provenance(Path(folder))
        vouched = {file.name: file.sha256 for file in held.files} if held else {}
        for name in set(names) - {PROVENANCE_FILE, "absence.json"}:
            content = (Path(folder) / name).read_bytes()
            assert vouched.get(name) == hashlib.sha256(content).hexdigest(), f"{folder}/{name}"


def assert_landed_anew(target: Target, paths: DataPaths) -> None:
    """All of the target is landed, and what was held before is on the shelf."""
    for folder in folders(target, paths):
        held = read_provenance(folder)
        assert held is not None and held.files[0].name != "old.csv"
        assert read_absence(folder) is None
    for folder in folders(target, paths)[:1]:
        assert [path.read_bytes() for path in folder.glob(f"{SUPERSEDED_FOLDER}/*/old.csv")] == [OLD]
    assert_nothing_is_half(paths)


def aimed(fault: Fault, target: Target, archive: Path, times: int | None = None) -> Fault:
    """Return the fault where the target is fetched, and nowhere else."""
    covering = target.strikes(archive) if target.strikes else None
    return Fault(**{**vars(fault), "path": target.path, "covering": covering, "times": times})


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("kind", LASTING)
def test_a_lasting_fault_is_named_and_loses_nothing(
    kind: str, name: str, server: SandboxServer, paths: DataPaths, archive: Path
) -> None:
    """The operator would not know what to do, or half a file would go on to the gates."""
    target = TARGETS[name]
    fault, said = LASTING[kind]
    server.faults.add(aimed(fault, target, archive))
    told = next_run(target, server, paths)
    assert server.faults.hits
    if (kind, name) in HARMLESS:
        assert told == ""
    else:
        assert re.search(said.get(name, said.get("others", "")), told), told
        assert told.startswith(server.base_url)
        for folder in folders(target, paths)[:1]:
            assert (folder / "old.csv").read_bytes() == OLD
    assert_nothing_is_half(paths)
    server.faults.clear()
    assert next_run(target, server, paths) == ""
    assert_landed_anew(target, paths)


@pytest.mark.parametrize("name", TARGETS)
# Once round is what a redirect is; ten times is the fault.
@pytest.mark.parametrize("kind", [kind for kind in LASTING if kind != "redirect_loop"])
def test_a_passing_fault_is_got_over_without_a_word(
    kind: str, name: str, server: SandboxServer, paths: DataPaths, archive: Path
) -> None:
    """A refresh that nobody watches would fail on the first hiccup of a host."""
    target = TARGETS[name]
    server.faults.add(aimed(LASTING[kind][0], target, archive, times=1))
    assert next_run(target, server, paths) == ""
    assert server.faults.hits == 1
    assert_landed_anew(target, paths)


def test_a_truncated_archive_is_named(server: SandboxServer, paths: DataPaths, archive: Path) -> None:
    """Half an archive has no directory: it would surface as BadZipFile."""
    content = archive.read_bytes()
    server.faults.add(Fault(STORAGE, "replace", content=content[: len(content) // 2]))
    told = next_run(TARGETS["directory"], server, paths)
    assert re.search(r"2024-02\.zip: it is not a zip file, or not a whole one .*Remedy: check the addr", told)
    assert_nothing_is_half(paths)
    server.faults.clear()
    assert next_run(TARGETS["directory"], server, paths) == ""
    assert_landed_anew(TARGETS["directory"], paths)


def rewritten(archive: Path, to: Path) -> dict[str, bytes]:
    """Write an archive in which every member has another last line; return its members."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        members = {name: old.read(name) + b",,,,,,,,,,,\n" for name in old.namelist()}
        for name, content in members.items():
            new.writestr(name, content)
    return members


def test_an_archive_that_changes_on_the_way_is_read_anew(
    server: SandboxServer, paths: DataPaths, archive: Path, tmp_path: Path
) -> None:
    """Offsets of the old directory would cut bytes out of the new archive; the two would be mixed."""
    members = rewritten(archive, tmp_path / "new.zip")
    first = upstream_of(server, paths).archive().validators
    opened = upstream_of(server, paths).archive()
    opened.members()
    content = (tmp_path / "new.zip").read_bytes()
    server.faults.add(Fault(STORAGE, "replace", content=content))
    landings = land_police("police_street", [HELD, NEW], opened, paths)
    assert [landing.absence for landing in landings] == [None, None]
    landed = paths.landing("police_street", HELD) / STREET.rsplit("/", 1)[-1]
    assert landed.read_bytes() == members[STREET]
    # Whoever keeps the validators must look at everything again next time.
    assert opened.validators == first
    assert not upstream_of(server, paths).archive().validators.prove_same(first)
    assert_landed_anew(TARGETS["member"], paths)


@pytest.mark.parametrize("when", ["from the start", "after the directory"])
def test_a_server_without_ranges_is_read_from_a_whole_download(
    when: str, server: SandboxServer, paths: DataPaths, archive: Path
) -> None:
    """The police files could not be had at all behind a proxy that drops the Range header."""
    opened = upstream_of(server, paths).archive()
    if when == "after the directory":
        opened.members()
    server.faults.add(Fault(STORAGE, "ignore_ranges"))
    landings = land_police("police_street", [HELD, NEW], opened, paths)
    assert [landing.absence for landing in landings] == [None, None]
    assert_landed_anew(TARGETS["member"], paths)
    assert [path.read_bytes() for path in paths.archive_cache.iterdir()] == [archive.read_bytes()]
    hits = server.faults.hits
    assert next_run(TARGETS["member"], server, paths) == ""
    # The look at the first byte alone: the download is used again.
    assert server.faults.hits == hits + 1


@pytest.mark.parametrize("kind", ["drop", "stall"])
def test_a_whole_download_that_breaks_is_finished_by_the_next_run(
    kind: Kind, server: SandboxServer, paths: DataPaths, archive: Path
) -> None:
    """A part of the archive would be opened as if it were the whole."""
    # The first byte is looked at without ranges, so that the whole is asked for; then each transfer breaks.
    server.faults.add(Fault(STORAGE, "ignore_ranges", times=1))
    server.faults.add(Fault(STORAGE, kind, seconds=5))
    told = next_run(TARGETS["member"], server, paths)
    assert re.search(r"2024-02\.zip: the download broke off 5 times .*Remedy: check the network", told)
    assert_nothing_is_half(paths)
    assert [path.suffix for path in paths.archive_cache.iterdir()] == [".part"]
    server.faults.clear()
    assert next_run(TARGETS["member"], server, paths) == ""
    assert_landed_anew(TARGETS["member"], paths)


_LAND = """
import sys
from pathlib import Path
from orchestration.landing import land_police
from orchestration.paths import DataPaths
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.types import Partition
from orchestration.upstream import HttpUpstream
paths = DataPaths(Path(sys.argv[2]))
upstream = HttpUpstream(sandbox_endpoints(sys.argv[1]), paths.archive_cache)
land_police("police_street", [Partition("2023-06", "eastvale")], upstream.archive(), paths)
"""


@pytest.mark.parametrize("is_whole", [False, True], ids=["member", "whole download"])
def test_a_run_killed_within_a_transfer_leaves_no_half_file(
    is_whole: bool, server: SandboxServer, paths: DataPaths, archive: Path
) -> None:
    """A later stage would read what a dying process had written so far."""
    stalled = Fault(STORAGE, "stall", covering=end_of_member(archive))
    if is_whole:
        server.faults.add(Fault(STORAGE, "ignore_ranges", times=1))
    server.faults.add(stalled)
    process = subprocess.Popen(
        [sys.executable, "-c", _LAND, server.base_url, str(paths.root)], cwd=PROJECT_ROOT
    )
    try:
        deadline = time.monotonic() + 30
        while server.faults.hits < 1 + is_whole:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (paths.landing("police_street", HELD) / "old.csv").read_bytes() == OLD
    assert_nothing_is_half(paths)
    server.faults.clear()
    assert next_run(TARGETS["member"], server, paths) == ""
    assert_landed_anew(TARGETS["member"], paths)
