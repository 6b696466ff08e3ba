"""Compares what upstream publishes with what is held, so that a refresh asks for exactly what it lacks.

Nothing is fetched here but the archive's directory; knows nothing of dagster.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from data_quality.decisions import Decisions
from data_quality.gate import suite_version
from data_quality.verdicts import VerdictError, read_verdict
from orchestration.environment import Settings, shift_month
from orchestration.gating import decisions_of, held_data_versions
from orchestration.landing import POLICE_KINDS, holds_member, read_absence
from orchestration.paths import DataPaths
from orchestration.provenance import read_provenance
from orchestration.sources.police_uk.members import Member, PoliceArchive
from orchestration.sources.types import Partition, SourceError

Reason = Literal["missing", "revised", "absent", "ungated"]
REASONS: dict[Reason, str] = {
    "missing": "published, and not held whole",
    "revised": "held, and published with other bytes since",
    "absent": "not published; to be named in the audit of coverage",
    "ungated": "held, and without a verdict for exactly these bytes, rules, waivers and corrections",
}


@dataclass(frozen=True, order=True)
class Change:
    """One file that a refresh has to do something about.

    Parameters
    ----------
    partition
        Month and force.
    dataset
        Such as ``police_street``.
    reason
        One of :data:`REASONS`.
    download_bytes
        What fetching it costs; 0 when nothing is fetched.
    fingerprint
        Stands for the state that the change leads to: equal fingerprints ask for the same work.
    """

    partition: Partition
    dataset: str
    reason: Reason
    download_bytes: int
    fingerprint: str


@dataclass(frozen=True, order=True)
class PartitionRange:
    """Every month of a run of months, for every force of a run of forces.

    Parameters
    ----------
    first, last
        The corner with the first month and force, and the one with the last.
    """

    first: Partition
    last: Partition


def plan_refresh(settings: Settings, archive: PoliceArchive, paths: DataPaths) -> list[Change]:
    """Return what is missing, revised, not yet named absent or not yet gated, in order of month and force.

    Parameters
    ----------
    settings
        Forces and window asked for; months after the archive's newest one are not expected yet.
    archive
        The archive; only its directory is read.
    paths
        The data folder.

    Returns
    -------
    list of Change
        Empty when a refresh would do nothing.

    Raises
    ------
    SourceError
        When the directory cannot be read.
    """
    members = archive.members()
    newest = max((partition.month for partition, _ in members), default=settings.first_month)
    months = month_range(settings.first_month, min(settings.last_month, newest))
    wanted = [Partition(month, force) for month in months for force in settings.forces]
    decisions = decisions_of(paths)
    changes = [
        _change(dataset, partition, members.get((partition, kind)), paths, decisions)
        for partition in wanted
        for dataset, kind in POLICE_KINDS.items()
    ]
    return sorted(change for change in changes if change is not None)


def month_range(first: str, last: str) -> list[str]:
    """Return every month from the first to the last, both included; none when the last is earlier."""
    months = []
    month = first
    while month <= last:
        months.append(month)
        month = shift_month(month, 1)
    return months


def partition_ranges(partitions: Iterable[Partition], forces: Sequence[str]) -> list[PartitionRange]:
    """Cover partitions exactly by few ranges, as a Dagster run takes a range of months for a range of forces.

    Parameters
    ----------
    partitions
        The partitions.
    forces
        All forces in Dagster's order.

    Returns
    -------
    list of PartitionRange
        Ranges that do not overlap and hold these partitions and no other.
    """
    ordered = sorted(set(partitions))
    months = month_range(ordered[0].month, ordered[-1].month) if ordered else []
    months_by_forces = defaultdict(list)
    for month, group in groupby(ordered, key=lambda partition: partition.month):
        for run in _runs([forces.index(partition.force) for partition in group]):
            months_by_forces[run].append(months.index(month))
    ranges = [
        PartitionRange(
            Partition(months[first], forces[first_force]), Partition(months[last], forces[last_force])
        )
        for (first_force, last_force), places in months_by_forces.items()
        for first, last in _runs(places)
    ]
    return sorted(ranges)


def release_is_due(paths: DataPaths) -> bool:
    """Return whether what is held differs from what the latest release was made of."""
    manifest = paths.published_root / "latest" / "manifest.json"
    if not manifest.is_file():
        return True
    published = json.loads(manifest.read_text(encoding="utf-8"))["data_versions"]
    try:
        held = held_data_versions(paths)
    except SourceError:
        # What it was made of cannot be told any more: gates name and withhold what is at fault.
        return True
    return {tuple(sorted(entry.items(), key=str)) for entry in published} != {
        tuple(sorted(entry.items(), key=str)) for entry in held
    }


def _change(
    dataset: str, partition: Partition, member: Member | None, paths: DataPaths, decisions: Decisions
) -> Change | None:
    folder = paths.landing(dataset, partition)
    try:
        held = read_provenance(folder)
    except SourceError:
        # Nothing is fetched into a folder that is not understood: its gate names it, and withholds it alone.
        return _ungated(dataset, partition, paths, None, None)
    if member is not None and not holds_member(folder, held, member):
        is_revised = held is not None and held.files[0].crc32 != member.crc32
        reason: Reason = "revised" if is_revised else "missing"
        return Change(partition, dataset, reason, member.compressed_size, member.crc32)
    if member is None and held is None and read_absence(folder) is None:
        return Change(partition, dataset, "absent", 0, "absent")
    version = held.data_version if held else None
    # No decision has a say in a verdict on what is not held.
    decided = decisions.about(dataset, partition.month, partition.force, version).version if held else None
    return _ungated(dataset, partition, paths, version, decided)


def _ungated(
    dataset: str, partition: Partition, paths: DataPaths, version: str | None, decided: str | None
) -> Change | None:
    rules = suite_version(dataset)
    if _is_judged(paths.validated(dataset, partition), version, rules, decided):
        return None
    return Change(partition, dataset, "ungated", 0, f"{version}-{rules}-{decided}")


def _is_judged(folder: Path, data_version: str | None, rules: str, decided: str | None) -> bool:
    try:
        verdict = read_verdict(folder)
    except VerdictError:
        return False
    return (verdict.data_version, verdict.suite_version, verdict.decisions_version) == (
        data_version,
        rules,
        decided,
    )


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for place in sorted(places):
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs
