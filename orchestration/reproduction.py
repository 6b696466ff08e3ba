"""Puts the landed bytes that a release was made from into a data folder of their own, and compares tables."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.issued import READ_RELEASES
from orchestration.landing import POLICE_KINDS
from orchestration.paths import DataPaths
from orchestration.provenance import PROVENANCE_FILE, SUPERSEDED_FOLDER, read_provenance
from orchestration.publishing.manifest import sha256_of, verify_release
from orchestration.sources.types import Partition, SourceError


class NotReproducible(SourceError):
    """A release cannot be rebuilt: names what is missing, the rule and the way out."""


@dataclass(frozen=True)
class TableComparison:
    """What became of one table: its rows as released and as rebuilt, and whether all are the same."""

    table: str
    released_rows: int | None
    rebuilt_rows: int | None
    is_same_bytes: bool
    is_equal: bool

    @property
    def words(self) -> str:
        """One line for people."""
        state = "same bytes" if self.is_same_bytes else "equal rows" if self.is_equal else "DIFFERENT"
        if self.released_rows == self.rebuilt_rows:
            return f"{self.table}: {state}, {self.released_rows:,} rows"
        return f"{self.table}: {state}, {self.released_rows} rows released, {self.rebuilt_rows} rebuilt"


def lay_out_landed(manifest: Mapping[str, Any], held: DataPaths, target: DataPaths) -> int:
    """Put exactly the landed bytes that a release names into another data folder.

    Bytes that a later version has replaced come from ``superseded``. Notes of absence, and partitions that
    the release names as withheld, come with them, and so do signed waivers, corrections and decisions, and
    the earlier releases whose forecasts it was held against.

    Parameters
    ----------
    manifest
        The release's.
    held
        The data folder that has the bytes.
    target
        An empty data folder.

    Returns
    -------
    int
        How many partitions and whole datasets were laid out.

    Raises
    ------
    NotReproducible
        When bytes that the release was made from are nowhere to be found, or an earlier release that it read
        is not as it was then.
    """
    for entry in manifest["data_versions"]:
        partition = _partition(entry)
        source = _folder_of_version(held.landing(entry["dataset"], partition), entry["data_version"])
        if source is None:
            where = f"{entry['dataset']} {entry['month'] or ''} {entry['force'] or ''}".strip()
            raise NotReproducible(
                where,
                f"the bytes of version {entry['data_version'][:12]} are neither landed nor superseded",
                "restore the landing folder from a backup; every version that was ever landed was kept there",
            )
        _link(source, target.landing(entry["dataset"], partition))
    for entry in manifest["withheld"]:
        _link(
            held.landing(entry["dataset"], _partition(entry)),
            target.landing(entry["dataset"], _partition(entry)),
        )
    _lay_out_absences(manifest, held, target)
    for one, other in (
        (held.waivers, target.waivers),
        (held.corrections, target.corrections),
        (held.policy_decisions, target.policy_decisions),
        (held.plan_approvals, target.plan_approvals),
    ):
        if one.is_dir():
            shutil.copytree(one, other)
    if held.governance.is_file():
        shutil.copyfile(held.governance, target.governance)
    _lay_out_releases(manifest, held, target)
    return len(manifest["data_versions"])


def check_signed_files(manifest: Mapping[str, Any], target: DataPaths) -> None:
    """Make sure that the signed files a release was made under hold in the folder where it is made again.

    Parameters
    ----------
    manifest
        The release's.
    target
        The data folder that was laid out, marked with the day on which they were judged.

    Raises
    ------
    NotReproducible
        Naming the digest of each that is not on file, or no longer as it was signed.
    """
    from orchestration.gating import decisions_of

    decisions = decisions_of(target)
    missing = []
    for entry in manifest["data_versions"]:
        place = (entry["dataset"], entry["month"], entry["force"], entry["data_version"])
        wanted, found = entry.get("decisions_version"), decisions.about(*place).version
        if wanted != found:
            where = " ".join(part for part in place[:3] if part)
            missing.append(f"{where} was judged under waivers and corrections {wanted}, on file are {found}")
    for folder, wanted in _signed(manifest, target):
        held = {sha256_of(path) for path in folder.glob("*.y*ml")}
        missing += [f"{folder.name} lacks the file {digest}" for digest in wanted if digest not in held]
    if missing:
        raise NotReproducible(
            "signed files",
            f"are not those of the release: {'; '.join(missing)}",
            "restore them from a backup, as they were signed",
        )


def _signed(manifest: Mapping[str, Any], paths: DataPaths) -> list[tuple[Path, list[str]]]:
    """Return the digests of the decisions and approvals that a release rests on, by folder."""
    policy = manifest["policy"]
    decided = [one["decision"]["sha256"] for one in policy["measures"] if one["decision"]]
    approval = (policy.get("patrol_plan") or {}).get("approval")
    return [
        (paths.policy_decisions, decided),
        (paths.plan_approvals, [approval["sha256"]] if approval else []),
    ]


def window_of(manifest: Mapping[str, Any]) -> tuple[tuple[str, ...], str, str]:
    """Return the forces of a release, and its first and last month, as ``YYYY-MM``.

    Those that it records; of a release that records none, those of its data.

    Raises
    ------
    NotReproducible
        When it records none and names no police data.
    """
    if "configuration" in manifest:
        recorded = manifest["configuration"]["settings"]
        return tuple(recorded["forces"]), recorded["first_month"], recorded["last_month"]
    police = [entry for entry in manifest["data_versions"] if entry["dataset"] in POLICE_KINDS]
    if not police:
        raise NotReproducible("manifest.json", "names no police data", "name a release of this pipeline")
    months = sorted({entry["month"] for entry in police})
    return tuple(sorted({entry["force"] for entry in police})), months[0], months[-1]


def compare_tables(released: Path, rebuilt: Path) -> list[TableComparison]:
    """Compare every table of two releases, byte for byte and, where bytes differ, row for row.

    Parameters
    ----------
    released, rebuilt
        Folders of releases.

    Returns
    -------
    list of TableComparison
        In order of name, tables that only one of them has included.
    """
    names = {path.stem for folder in (released, rebuilt) for path in (folder / "tables").glob("*.parquet")}
    return [_compare(name, released, rebuilt) for name in sorted(names)]


def _compare(name: str, released: Path, rebuilt: Path) -> TableComparison:
    import duckdb

    one, other = (folder / "tables" / f"{name}.parquet" for folder in (released, rebuilt))
    with duckdb.connect() as connection:
        rows = [
            connection.from_parquet(str(path)).count("*").fetchall()[0][0] if path.is_file() else None
            for path in (one, other)
        ]
        if None in rows:
            return TableComparison(name, rows[0], rows[1], False, False)
        if sha256_of(one) == sha256_of(other):
            return TableComparison(name, rows[0], rows[1], True, True)
        different = sum(
            connection.execute(
                "select count(*) from (from read_parquet(?) except all from read_parquet(?))",
                [str(this), str(that)],
            ).fetchall()[0][0]
            for this, that in ((one, other), (other, one))
        )
    return TableComparison(name, rows[0], rows[1], False, different == 0)


def _partition(entry: Mapping[str, Any]) -> Partition | None:
    return Partition(month=entry["month"], force=entry["force"]) if entry["month"] else None


def _folder_of_version(folder: Path, version: str) -> Path | None:
    """Return where the bytes of a version lie: landed, or put aside when another took their place."""
    shelf = folder / SUPERSEDED_FOLDER
    for place in (folder, *(sorted(shelf.iterdir()) if shelf.is_dir() else ())):
        held = read_provenance(place) if (place / PROVENANCE_FILE).is_file() else None
        if held is not None and held.data_version == version:
            return place
    return None


def _lay_out_absences(manifest: Mapping[str, Any], held: DataPaths, target: DataPaths) -> None:
    forces, first, last = window_of(manifest)
    for note in held.landing_root.rglob("absence.json"):
        named = dict(part.partition("=")[::2] for part in note.relative_to(held.landing_root).parts[1:-1])
        in_window = not named or (named.get("force") in forces and first <= named.get("month", "") <= last)
        copy = target.landing_root / note.relative_to(held.landing_root)
        if in_window and not copy.parent.exists() and SUPERSEDED_FOLDER not in note.parts:
            copy.parent.mkdir(parents=True)
            shutil.copyfile(note, copy)


def _lay_out_releases(manifest: Mapping[str, Any], held: DataPaths, target: DataPaths) -> None:
    """Put the earlier releases that a release was held against beside it, each with its verdict."""
    tables = manifest.get("configuration", {}).get("tables", {})
    for name, digest in tables.get("ml_drift", {}).get(READ_RELEASES, {}).items():
        released, verdict = held.published_root / name, held.boundary_verdict("release", name)
        if problems := verify_release(released, digest):
            raise NotReproducible(
                f"release {name}",
                f"whose forecasts ml_drift was held against, is not as it was: {'; '.join(problems[:3])}",
                "restore it from a backup: what a release read has to be kept for as long as the release",
            )
        shutil.copytree(released, target.published_root / name, copy_function=_name_twice)
        _link(verdict, target.boundary_verdict("release", name))


def _link(source: Path, target: Path) -> None:
    """Give the files of a folder second names in another: no byte is copied, and none is written to."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file():
            _name_twice(path, target / path.name)


def _name_twice(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
