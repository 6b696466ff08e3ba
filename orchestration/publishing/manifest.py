"""The manifest: every published file with its hash, and the check that nothing has changed since."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.publishing.errors import ReleaseError

MANIFEST_NAME = "manifest.json"
_CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Hash a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        SHA-256 as hex digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """List every file of a release but the manifest, with its hash and size.

    Parameters
    ----------
    folder
        The release's folder.

    Returns
    -------
    dict
        Relative POSIX path to ``{"sha256", "bytes"}``, in path order; Parquet and CSV have ``rows`` too.
    """
    return {name: _description(folder / name) for name in sorted(_file_names(folder))}


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write ``manifest.json`` into a release.

    Parameters
    ----------
    folder
        The release's folder.
    manifest
        Its content.
    """
    text = json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True)
    (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a release's manifest.

    Parameters
    ----------
    folder
        The release's folder.

    Returns
    -------
    dict
        The manifest, with at least ``files``.

    Raises
    ------
    ReleaseError
        When the manifest is missing, is not JSON, or does not list files with a hash and a size.
    """
    path = folder / MANIFEST_NAME
    remedy = "build the release again; a folder without its manifest proves nothing"
    if not path.is_file():
        raise ReleaseError(MANIFEST_NAME, "is missing", remedy)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        entries = manifest["files"].values()
        well_formed = all(
            isinstance(e["sha256"], str) and isinstance(e["bytes"], int) and isinstance(e.get("rows", 0), int)
            for e in entries
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseError(
            MANIFEST_NAME, "is not a manifest of files with sha256 and bytes", remedy
        ) from error
    if not well_formed:
        raise ReleaseError(
            MANIFEST_NAME, "has a file entry whose sha256, bytes or rows is of the wrong type", remedy
        )
    return dict(manifest)


def verify_release(path: Path) -> list[str]:
    """Compare a release with its manifest.

    Parameters
    ----------
    path
        The release's folder, a link to it such as ``published/latest``, or its audit pack.

    Returns
    -------
    list of str
        One line for every altered, missing or unexpected file, in path order, with the rows of a table that
        has other ones; empty when all is as published.
        The manifest carries no signature: it proves that files and manifest agree. Keep its own hash
        elsewhere to prove that it is the manifest that was published.
    """
    folder = path.resolve()
    if not folder.is_dir():
        return [f"{path.name}: missing (no such folder)"]
    try:
        expected = read_manifest(folder)["files"]
    except ReleaseError as error:
        return [f"{error.where}: {error.rule}"]
    found = _file_names(folder)
    problems = {name: _file_problem(folder, name, entry, found) for name, entry in expected.items()}
    problems |= dict.fromkeys(found - set(expected), "unexpected (not in the manifest)")
    return [f"{name}: {problem}" for name, problem in sorted(problems.items()) if problem]


def _file_names(folder: Path) -> set[str]:
    """Relative paths of everything that is not a folder; a link to a folder counts as a (foreign) file."""
    paths = (p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir())
    return {p.relative_to(folder).as_posix() for p in paths} - {MANIFEST_NAME}


def _file_problem(folder: Path, name: str, entry: dict[str, Any], found: set[str]) -> str | None:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        return "altered manifest (names a file outside the release)"
    if name not in found:
        return "missing"
    target = folder / name
    if target.is_symlink():
        return "altered (a link where a file was published)"
    size, rows = target.stat().st_size, _rows_problem(target, entry)
    if size != entry["bytes"]:
        return f"altered ({size} bytes, {entry['bytes']} in the manifest{rows})"
    if sha256_of(target) != entry["sha256"]:
        return f"altered (its SHA-256 differs from the manifest's{rows})"
    return f"altered manifest (its bytes are as listed, its rows are not{rows})" if rows else None


def _description(path: Path) -> dict[str, Any]:
    described = {"sha256": sha256_of(path), "bytes": path.stat().st_size}
    rows = _row_count(path)
    return described if rows is None else {**described, "rows": rows}


def _rows_problem(path: Path, entry: dict[str, Any]) -> str:
    """Return how many rows a table has where the manifest says otherwise, to follow other words."""
    if "rows" not in entry:
        return ""
    found = _row_count(path)
    if found == entry["rows"]:
        return ""
    return f"; {'no countable' if found is None else found} rows, {entry['rows']} in the manifest"


def _row_count(path: Path) -> int | None:
    """Return the rows of a table; none for another file, and for one that its name belies."""
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            return int(pq.read_metadata(path).num_rows)
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8") as handle:
                return max(sum(1 for _ in csv.reader(handle)) - 1, 0)
    except (ValueError, OSError, csv.Error):
        return None
    return None
