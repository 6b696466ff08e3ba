"""The real gates of files and records, each with the alarms that it raised over what it was given."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_quality.gate import run_gate
from data_quality.verdicts import Verdict
from orchestration.gating import gate_police, gate_reference
from orchestration.landing import POLICE_KINDS, land_police
from orchestration.paths import DataPaths
from orchestration.provenance import land, read_provenance
from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.police_uk.archive import open_archive
from orchestration.sources.types import Fetched, Partition, SourceError
from tests.faults.model import Alarm
from tests.faults.world import EAST, MONTH, WEST, World, member_name

if TYPE_CHECKING:
    import pandas as pd

FILE_GATE = "gate of files and records"
ARCHIVE = "archive reader"


@dataclass(frozen=True)
class PoliceFile:
    """One police file as bytes, through landing, reader and gate.

    Parameters
    ----------
    world
        Where the clean bytes are.
    dataset, partition
        Which file.
    pack
        What is done to the bytes before they are corrupted, such as gzip.
    suffix
        What that adds to the file's name.
    """

    world: World
    dataset: str
    partition: Partition
    pack: Callable[[bytes], bytes] | None = None
    suffix: str = ""

    def judge(self, corrupt: Callable[[bytes], bytes] | None) -> frozenset[Alarm]:
        """Return what the gate says of the bytes."""
        content = self.world.files[self.dataset, self.partition]
        content = self.pack(content) if self.pack else content
        content = corrupt(content) if corrupt else content
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mirror" / (member_name(self.dataset, self.partition) + self.suffix)
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            paths = DataPaths(Path(folder) / "data")
            land_police(self.dataset, [self.partition], open_archive(Path(folder) / "mirror"), paths)
            return alarms_of(gate_police(self.dataset, [self.partition], paths, workers=1))


@dataclass(frozen=True)
class LandedFile:
    """A police file that changes on disk between landing and gate."""

    world: World

    def judge(self, corrupt: Callable[[Path], None] | None) -> frozenset[Alarm]:
        """Return what the gate says of the landed file."""
        dataset, partition = "police_street", Partition(MONTH, EAST)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mirror" / member_name(dataset, partition)
            path.parent.mkdir(parents=True)
            path.write_bytes(self.world.files[dataset, partition])
            paths = DataPaths(Path(folder) / "data")
            land_police(dataset, [partition], open_archive(Path(folder) / "mirror"), paths)
            if corrupt:
                corrupt(paths.landing(dataset, partition) / path.name)
            return alarms_of(gate_police(dataset, [partition], paths, workers=1))


@dataclass(frozen=True)
class Archive:
    """The archive of the newest month as one zip file, through its reader, landing and gate."""

    world: World

    def judge(self, corrupt: Callable[[bytes], bytes] | None) -> frozenset[Alarm]:
        """Return what reader and gate say of the zip file."""
        content = corrupt(self.world.archive) if corrupt else self.world.archive
        dataset, partitions = "police_street", [Partition(MONTH, force) for force in (EAST, WEST)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{MONTH}.zip"
            path.write_bytes(content)
            try:
                archive = open_archive(path)
            except SourceError:
                return frozenset({Alarm("archive_opens", "critical", ARCHIVE)})
            paths = DataPaths(Path(folder) / "data")
            land_police(dataset, partitions, archive, paths)
            return alarms_of(gate_police(dataset, partitions, paths, workers=1))


@dataclass(frozen=True)
class ReferenceFile:
    """A landed reference dataset as bytes, through its reader and gate; all its files are corrupted alike."""

    world: World
    dataset: str

    def judge(self, corrupt: Callable[[bytes], bytes] | None) -> frozenset[Alarm]:
        """Return what the gate says of the bytes."""
        held = self.world.paths.landing(self.dataset)
        provenance = read_provenance(held)
        assert provenance is not None
        contents = {file.name: (held / file.name).read_bytes() for file in provenance.files}
        fetched = [
            Fetched(name, corrupt(content) if corrupt else content, name)
            for name, content in contents.items()
        ]
        with tempfile.TemporaryDirectory() as folder:
            paths = DataPaths(Path(folder))
            land(paths.landing(self.dataset), CATALOGUE[self.dataset].description, fetched)
            return alarms_of([gate_reference(self.dataset, paths)])


@dataclass(frozen=True)
class ReferenceRecords:
    """The records of a reference dataset, through its gate."""

    world: World
    dataset: str

    def judge(self, corrupt: Callable[[pd.DataFrame], pd.DataFrame] | None) -> frozenset[Alarm]:
        """Return what the gate says of the records."""
        frame = self.world.reference(self.dataset)
        frame = corrupt(frame) if corrupt else frame
        outcome = run_gate(
            self.dataset, frame, partition=None, data_version="ab" * 32, record_count_landed=None
        )
        return alarms_of([outcome.verdict])


def alarms_of(verdicts: Iterable[Verdict]) -> frozenset[Alarm]:
    """Return what verdicts hold against the data, rule by rule."""
    found: set[Alarm] = set()
    for verdict in verdicts:
        if verdict.status != "passed" and not verdict.rules:
            found.add(Alarm("fetched", "critical", FILE_GATE))
        for result in verdict.rules:
            if not result.success:
                found.add(Alarm(result.rule, result.severity, FILE_GATE))  # type: ignore[arg-type]
            elif result.scope == "row" and result.unexpected_count:
                found.add(Alarm(result.rule, "record", FILE_GATE))
    return frozenset(found)


def file_subjects(world: World) -> dict[str, PoliceFile | LandedFile | Archive]:
    """Return the archive and the police files by the names that faults use."""
    import gzip

    files = {dataset: PoliceFile(world, dataset, Partition(MONTH, EAST)) for dataset in POLICE_KINDS}
    return {
        **files,
        "police_street, gzipped": PoliceFile(
            world,
            "police_street",
            Partition(MONTH, EAST),
            lambda content: gzip.compress(content, mtime=0),
            ".gz",
        ),
        "police_street, landed": LandedFile(world),
        "archive": Archive(world),
    }


def reference_subjects(world: World) -> dict[str, ReferenceFile | ReferenceRecords]:
    """Return every reference dataset by the names that faults use: its records, and its files."""
    records = {dataset: ReferenceRecords(world, dataset) for dataset in CATALOGUE}
    files = {f"{dataset}, files": ReferenceFile(world, dataset) for dataset in CATALOGUE}
    return {**records, **files}
