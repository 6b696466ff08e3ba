"""Compares a release of crimeharm, or its audit pack, with its manifest.json: python verify.py --help.

It needs Python 3.9 or newer and nothing else: a copy of it stands in every release and every audit pack.
Every file that was altered, is missing or was added is named. The manifest carries no signature: give the
SHA-256 of manifest.json that was noted when it was published, and an altered manifest is named too.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

MANIFEST_NAME = "manifest.json"
_CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def csv_rows(path: Path) -> int | None:
    """Count the rows of a CSV file under its header; none when it is no CSV."""
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            return max(sum(1 for _ in csv.reader(handle)) - 1, 0)
    except (ValueError, OSError, csv.Error):
        return None


#: What counts the rows of a table, by the ending of its name.
Counters = Mapping[str, Callable[[Path], "int | None"]]
COUNTERS: Counters = {".csv": csv_rows}


def file_names(folder: Path) -> set[str]:
    """Return relative paths of all but folders and the manifest; a link to a folder is a (foreign) file."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder).as_posix() for path in paths} - {MANIFEST_NAME}


def parse_manifest(content: bytes) -> dict[str, Any]:
    """Read a manifest.

    Parameters
    ----------
    content
        Its bytes.

    Returns
    -------
    dict
        The manifest, with at least ``files``.

    Raises
    ------
    ValueError
        When it is not JSON, or does not list files with a hash and a size; the message says which.
    """
    try:
        manifest = json.loads(content.decode("utf-8"))
        well_formed = all(
            isinstance(e["sha256"], str) and isinstance(e["bytes"], int) and isinstance(e.get("rows", 0), int)
            for e in manifest["files"].values()
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("is not a manifest of files with sha256 and bytes") from error
    if not well_formed:
        raise ValueError("has a file entry whose sha256, bytes or rows is of the wrong type")
    return dict(manifest)


def find_problems(path: Path, manifest_sha256: str | None = None, counters: Counters = COUNTERS) -> list[str]:
    """Compare a folder with its manifest.

    Parameters
    ----------
    path
        The release's folder, a link to it such as ``published/latest``, or its audit pack.
    manifest_sha256
        What the SHA-256 of the manifest has to be, in hex digits; not looked at when none.
    counters
        What counts the rows of tables; of a table without one, its digest speaks alone.

    Returns
    -------
    list of str
        One line for every altered, missing or unexpected file, in path order, with the rows of a table that
        has other ones; empty when all is as published. An altered manifest comes first.
    """
    folder = path.resolve()
    if not folder.is_dir():
        return [f"{path.name}: missing (no such folder)"]
    if not (folder / MANIFEST_NAME).is_file():
        return [f"{MANIFEST_NAME}: is missing"]
    content = (folder / MANIFEST_NAME).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    first = []
    if manifest_sha256 is not None and digest != manifest_sha256.strip().lower():
        first = [f"{MANIFEST_NAME}: altered (its SHA-256 is {digest}, expected is {manifest_sha256})"]
    try:
        expected = parse_manifest(content)["files"]
    except ValueError as error:
        return [*first, f"{MANIFEST_NAME}: {error}"]
    found = file_names(folder)
    problems = {name: _file_problem(folder, name, entry, found, counters) for name, entry in expected.items()}
    problems.update(dict.fromkeys(found - set(expected), "unexpected (not in the manifest)"))
    return first + [f"{name}: {problem}" for name, problem in sorted(problems.items()) if problem]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command line takes."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path(__file__).parent,
        help="a release's folder, or the folder audit in it; where this file lies when left out",
    )
    parser.add_argument("--sha256", help=f"what the SHA-256 of {MANIFEST_NAME} was when it was published")


def report(arguments: argparse.Namespace, counters: Counters = COUNTERS) -> int:
    """Print what was found; return 0 when all is as published, else 1."""
    problems = find_problems(arguments.folder, arguments.sha256, counters)
    for problem in problems:
        print(problem)
    if problems:
        return 1
    folder = arguments.folder.resolve()
    noted = "as expected" if arguments.sha256 else "not compared: give the one that was noted as --sha256"
    print(f"OK: {folder.name} (manifest sha256 {sha256_of(folder / MANIFEST_NAME)}, {noted})")
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """Verify from the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    return report(parser.parse_args(words))


def _file_problem(
    folder: Path, name: str, entry: Mapping[str, Any], found: set[str], counters: Counters
) -> str | None:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        return "altered manifest (names a file outside the release)"
    if name not in found:
        return "missing"
    target = folder / name
    if target.is_symlink():
        return "altered (a link where a file was published)"
    size, rows = target.stat().st_size, _rows_problem(target, entry, counters)
    if size != entry["bytes"]:
        return f"altered ({size} bytes, {entry['bytes']} in the manifest{rows})"
    if sha256_of(target) != entry["sha256"]:
        return f"altered (its SHA-256 differs from the manifest's{rows})"
    return f"altered manifest (its bytes are as listed, its rows are not{rows})" if rows else None


def _rows_problem(path: Path, entry: Mapping[str, Any], counters: Counters) -> str:
    """Return how many rows a table has where the manifest says otherwise, to follow other words."""
    if "rows" not in entry or path.suffix not in counters:
        return ""
    found = counters[path.suffix](path)
    if found == entry["rows"]:
        return ""
    return f"; {'no countable' if found is None else found} rows, {entry['rows']} in the manifest"


if __name__ == "__main__":
    sys.exit(main())
