"""Landing and gating when the disk, or what lies on it, is at fault."""

from __future__ import annotations

import re
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from data_quality.files import StorageError
from orchestration.gating import gate_police
from orchestration.landing import land_police
from orchestration.paths import DataPaths
from orchestration.sources.police_uk.archive import open_archive
from orchestration.sources.types import Partition, SourceError

JANUARY = Partition("2024-01", "kent")


@contextmanager
def _no_file_longer_than(limit: int) -> Iterator[None]:
    """Have the system refuse longer files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _state(mirror) -> dict[str, bytes]:
    files = (path for path in mirror.paths.root.rglob("*") if path.is_file())
    return {str(path.relative_to(mirror.paths.root)): path.read_bytes() for path in files}


def test_a_full_disk_is_named_and_leaves_the_landed_file_as_it_was(mirror) -> None:
    """Half a file would be landed, or the operator would see a number and no way out."""
    mirror.take(JANUARY)
    before = _state(mirror)
    mirror.publish("2024-01", "kent", outcome="Suspect charged")
    with (
        _no_file_longer_than(100),
        pytest.raises(StorageError, match=r"cannot be written.*Remedy: free space"),
    ):
        land_police("police_street", [JANUARY], open_archive(mirror.folder), mirror.paths)
    after = {name: content for name, content in _state(mirror).items() if "superseded" not in name}
    assert after == before
    mirror.take(JANUARY)
    assert [change for change in mirror.plan() if change.partition == JANUARY] == []


def test_a_full_disk_while_gating_leaves_the_earlier_verdict(mirror) -> None:
    """A verdict without its Parquet file, or half of one, would be trusted by the next stage."""
    mirror.take(JANUARY)
    mirror.publish("2024-01", "kent", outcome="Suspect charged")
    land_police("police_street", [JANUARY], open_archive(mirror.folder), mirror.paths)
    folder = mirror.paths.validated("police_street", JANUARY)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with _no_file_longer_than(100), pytest.raises(StorageError, match=r"cannot be written"):
        gate_police("police_street", [JANUARY], mirror.paths)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert gate_police("police_street", [JANUARY], mirror.paths)[0].status == "passed"


def test_an_unreadable_provenance_is_named_and_stops_nobody_else(mirror, partitions) -> None:
    """One damaged file would keep every other month and force from being fetched."""
    mirror.take(*partitions("2024-01"))
    (mirror.paths.landing("police_street", JANUARY) / "provenance.json").write_text("{")
    mirror.publish("2024-01", "surrey", outcome="Suspect charged")
    both = partitions("2024-01")
    kent, surrey = land_police("police_street", both, open_archive(mirror.folder), mirror.paths)
    assert kent.absence is not None and "provenance cannot be read" in kent.absence.reason
    assert surrey.absence is None
    refused, passed = gate_police("police_street", both, mirror.paths)
    assert refused.status == "failed" and "Remedy: move the folder aside" in str(refused.reason)
    assert passed.status == "passed"


def test_an_archive_that_cannot_be_reached_takes_nothing_away(mirror, partitions) -> None:
    """An outage upstream would stop the release of what is held, or mark held months as absent."""

    class Unreachable:
        release = "2024-02"

        def members(self):
            raise SourceError("https://archive.invalid", "the host could not be reached", "check the network")

    mirror.take(JANUARY)
    before = _state(mirror)
    kent, surrey = land_police("police_street", partitions("2024-01"), Unreachable(), mirror.paths)
    assert kent.provenance is not None and kent.absence is not None
    assert surrey.provenance is None and surrey.absence.status == "fetch_failed"
    assert before.items() <= _state(mirror).items()
    (mirror.paths.landing("police_street", JANUARY) / "provenance.json").write_text("{")
    damaged, _ = land_police("police_street", partitions("2024-01"), Unreachable(), mirror.paths)
    assert damaged.absence is not None and damaged.absence.status == "fetch_failed"
    for told in ("the host could not be reached", "provenance cannot be read"):
        assert told in damaged.absence.reason


def test_the_number_of_workers_changes_nothing_on_disk(mirror, partitions) -> None:
    """A verdict or a byte that depended on how the work was shared would change from machine to machine."""
    wanted = partitions("2024-01", "2024-02")
    land_police("police_street", wanted, open_archive(mirror.folder), mirror.paths)
    alone, shared = (
        shutil.copytree(mirror.paths.root, mirror.paths.root.with_name(name)) for name in ("alone", "shared")
    )
    verdicts = [
        gate_police("police_street", wanted, DataPaths(root), workers=workers)
        for root, workers in ((alone, 1), (shared, 2))
    ]
    states = [
        {path.relative_to(root).as_posix(): _without_time(path) for path in root.rglob("*") if path.is_file()}
        for root in (alone, shared)
    ]
    assert [verdict.status for verdict in verdicts[1]] == ["passed", "passed", "passed", "absent"]
    assert [replace(verdict, evaluated_at="") for verdict in verdicts[0]] == [
        replace(verdict, evaluated_at="") for verdict in verdicts[1]
    ]
    assert states[0] == states[1]


def _without_time(path: Path) -> bytes:
    return re.sub(rb'"evaluated_at": ?"[^"]*"', b"", path.read_bytes())
