"""What was fetched: each landed file with its address, edition, digest and licence; no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestration.paths import DataPaths
from orchestration.provenance import Provenance, read_provenance
from orchestration.publishing.identity import version_line
from orchestration.publishing.licences import landed_provenance, publishable_address
from orchestration.sources.types import Partition

COLUMNS = (
    "dataset",
    "month",
    "force",
    "became",
    "release",
    "file",
    "address",
    "sha256",
    "bytes",
    "data_version",
    "licence",
)


def fetched_rows(
    manifest: Mapping[str, Any], paths: DataPaths, *, is_synthetic: bool
) -> list[tuple[Any, ...]]:
    """List every landed file that a release used or withheld.

    The time of fetching is left out: the same bytes fetched again make the same release. The release's
    manifest has it.

    Parameters
    ----------
    manifest
        The release's, with ``data_versions`` and ``withheld``.
    paths
        The data folder, for provenance.
    is_synthetic
        Whether addresses are the sandbox's.

    Returns
    -------
    list of tuple
        `COLUMNS` of each file, in order; null where there is none.
    """
    rows = [
        (
            entry["dataset"],
            entry["month"],
            entry["force"],
            became,
            held.release,
            file.name,
            publishable_address(file.url, is_synthetic),
            file.sha256,
            file.bytes,
            held.data_version,
            held.licence,
        )
        for entry, became, held in _landed(manifest, paths)
        for file in held.files
    ]
    return sorted(rows, key=lambda row: tuple("" if cell is None else str(cell) for cell in row))


def source_rows(
    sources: Sequence[Mapping[str, Any]], rows: Sequence[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    """Return the sources for the page, each with how many files and bytes were landed of it.

    Parameters
    ----------
    sources
        Those of the release's manifest; ``fetched_at`` is left out.
    rows
        From :func:`fetched_rows`.

    Returns
    -------
    list of dict
        Each source with ``file_count`` and ``bytes``.
    """
    return [
        {
            **{key: value for key, value in source.items() if key != "fetched_at"},
            "file_count": sum(row[0] == source["dataset"] for row in rows),
            "bytes": sum(row[COLUMNS.index("bytes")] for row in rows if row[0] == source["dataset"]),
        }
        for source in sources
    ]


def _landed(
    manifest: Mapping[str, Any], paths: DataPaths
) -> Iterator[tuple[Mapping[str, Any], str, Provenance]]:
    for entry in sorted(manifest["data_versions"], key=version_line):
        yield entry, "used", landed_provenance(entry, paths)
    for entry in manifest["withheld"]:
        month, force = entry["month"], entry["force"]
        partition = Partition(month, force) if month and force else None
        held = read_provenance(paths.landing(entry["dataset"], partition))
        # What was withheld before anything landed has no bytes to speak of.
        if held is not None:
            yield entry, "withheld", held
