"""Fetches a partition or a reference dataset and lands its original bytes; knows nothing of dagster.

A file that upstream lacks, or that could not be fetched, leaves an ``absence.json`` that says so: nothing is
silently missing, and the other partitions go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data_quality.files import write_text_atomically
from orchestration.paths import DataPaths
from orchestration.provenance import Provenance, land, put_aside, read_provenance
from orchestration.sources.calls_for_service.files import fetched_mapping
from orchestration.sources.calls_for_service.mapping import load_mapping, mapping_path
from orchestration.sources.catalogue import CATALOGUE, POLICE_SOURCES
from orchestration.sources.police_uk.archive import Member, MemberMissing, PoliceArchive
from orchestration.sources.police_uk.areas import Area
from orchestration.sources.police_uk.live_street import LIVE_STREET, count_street_live
from orchestration.sources.police_uk.reader import count_records
from orchestration.sources.progress import track
from orchestration.sources.types import Description, Fetched, Partition, SourceError
from orchestration.upstream import Upstream

POLICE_KINDS = {
    "police_street": "street",
    "police_outcomes": "outcomes",
    "police_stop_and_search": "stop-and-search",
}
CALLS = "calls_for_service"


@dataclass(frozen=True)
class Absence:
    """Why a partition or reference dataset has no landed bytes.

    Parameters
    ----------
    status
        ``absent`` when upstream does not hold it, ``fetch_failed`` when it could not be had.
    reason
        File, rule and remedy in plain words.
    """

    status: Literal["absent", "fetch_failed"]
    reason: str


@dataclass(frozen=True)
class Landing:
    """What became of one partition.

    Parameters
    ----------
    partition
        The partition; none for a reference dataset.
    provenance
        Where the landed bytes came from, when there are any.
    absence
        Why there are none, or why the held ones could not be refreshed.
    """

    partition: Partition | None
    provenance: Provenance | None
    absence: Absence | None


def land_police(
    dataset: str, partitions: Sequence[Partition], archive: PoliceArchive, paths: DataPaths
) -> list[Landing]:
    """Land the archive's member of each partition, unless the same bytes are held already.

    Without the archive's directory nothing is known of any partition: each keeps what is held of it.

    Parameters
    ----------
    dataset
        One of ``POLICE_KINDS``.
    partitions
        What to land.
    archive
        Where the files come from.
    paths
        Where they are landed.

    Returns
    -------
    list of Landing
        In the order of the partitions; a file that could not be had is an absence in it, and no error.
    """
    try:
        archive.members()
    except SourceError as error:
        absence = Absence("fetch_failed", str(error))
        return [_absent(paths.landing(dataset, partition), partition, absence) for partition in partitions]
    wanted = track(partitions, f"fetch {dataset}")
    return [_land_member(dataset, partition, archive, paths) for partition in wanted]


def land_reference(dataset: str, upstream: Upstream, paths: DataPaths) -> Landing:
    """Land the files of a reference dataset; what is held stays when they cannot be had today."""
    described = CATALOGUE[dataset].description
    return _land_whole(described, lambda: upstream.reference(dataset), paths, lambda fetched: None)


def land_street_live(area: Area, upstream: Upstream, paths: DataPaths) -> Landing:
    """Land the newest month's crimes of an area; the feed is a preview, so a run goes on without it."""
    return _land_whole(
        POLICE_SOURCES[LIVE_STREET], lambda: upstream.street_live(area), paths, count_street_live
    )


def land_calls(agency: str, upstream: Upstream, paths: DataPaths) -> Landing:
    """Land an agency's calls for service, with the mapping that says what they mean.

    They are optional: without them, the absence is noted and the run goes on. What is held of another agency
    is put aside first, since a run has the calls of one agency.

    Parameters
    ----------
    agency
        Id of the agency, which names the mapping.
    upstream
        Where the files come from.
    paths
        Where they are landed.

    Returns
    -------
    Landing
        Of no partition.

    Raises
    ------
    SourceError
        When the mapping itself is at fault.
    """
    folder = paths.landing(CALLS)
    mapping = load_mapping(mapping_path(agency))
    landed_mapping = fetched_mapping(agency)
    held = read_provenance(folder)
    if held is not None and landed_mapping.name not in {file.name for file in held.files}:
        put_aside(folder, held)
    described = Description(CALLS, mapping.title, mapping.licence, mapping.attribution)

    def fetch() -> list[Fetched]:
        fetched = upstream.calls(mapping)
        return [*fetched, landed_mapping] if fetched else []

    def count(files: Sequence[Fetched]) -> int:
        return sum(
            count_records(file.content, file.name) for file in files if mapping.is_calls_file(file.name)
        )

    return _land_whole(described, fetch, paths, count)


def read_absence(folder: Path) -> Absence | None:
    """Return why the folder has no landed bytes, or nothing when it has."""
    note = _absence_file(folder)
    return Absence(**json.loads(note.read_text())) if note.is_file() else None


def holds_member(folder: Path, held: Provenance | None, member: Member) -> bool:
    """Return whether what was landed in a folder is what the archive's directory describes.

    That is told by the CRC-32 of the landed bytes and by the size of the file that lies there now, which is
    not read: the gate refuses one that was altered since.

    Parameters
    ----------
    folder
        The landing folder of a partition.
    held
        Its provenance, when anything is held.
    member
        What the archive's directory says of the file.
    """
    if held is None or len(held.files) != 1 or held.files[0].crc32 != member.crc32:
        return False
    path = folder / held.files[0].name
    return path.is_file() and path.stat().st_size == held.files[0].bytes


def _land_member(dataset: str, partition: Partition, archive: PoliceArchive, paths: DataPaths) -> Landing:
    folder = paths.landing(dataset, partition)
    kind = POLICE_KINDS[dataset]
    try:
        held = read_provenance(folder)
    except SourceError as error:
        # The other partitions go on; nothing is written into a folder whose state is not understood.
        return Landing(partition, None, Absence("fetch_failed", str(error)))
    member = archive.members().get((partition, kind))
    if member is not None and holds_member(folder, held, member):
        return Landing(partition, held, None)
    try:
        fetched = archive.fetch(partition, kind)
    except MemberMissing as error:
        return _absent(folder, partition, Absence("absent", str(error)))
    except SourceError as error:
        return _absent(folder, partition, Absence("fetch_failed", str(error)))
    records = count_records(fetched.content, fetched.name)
    provenance = land(folder, POLICE_SOURCES[dataset], [fetched], partition, records)
    _absence_file(folder).unlink(missing_ok=True)
    return Landing(partition, provenance, None)


def _land_whole(
    described: Description,
    fetch: Callable[[], Sequence[Fetched]],
    paths: DataPaths,
    count: Callable[[Sequence[Fetched]], int | None],
) -> Landing:
    """Land a dataset that comes whole; note why not when it cannot be had, or there is none."""
    folder = paths.landing(described.dataset)
    try:
        fetched = fetch()
    except SourceError as error:
        return _absent(folder, None, Absence("fetch_failed", str(error)))
    if not fetched:
        reason = f"{described.title}: optional, and not supplied"
        return _absent(folder, None, Absence("absent", reason))
    provenance = land(folder, described, fetched, record_count=count(fetched))
    _absence_file(folder).unlink(missing_ok=True)
    return Landing(None, provenance, None)


def _absent(folder: Path, partition: Partition | None, absence: Absence) -> Landing:
    # Bytes held from before stay the current ones: an upstream that fails today takes nothing away.
    try:
        held = read_provenance(folder)
    except SourceError as error:
        return Landing(partition, None, Absence("fetch_failed", f"{absence.reason}; and {error}"))
    if held is None:
        write_text_atomically(_absence_file(folder), json.dumps(asdict(absence), indent=2) + "\n")
    return Landing(partition, held, absence)


def _absence_file(folder: Path) -> Path:
    return folder / "absence.json"
