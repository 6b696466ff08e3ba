"""The manifest: every published file with its hash, and the check that nothing has changed since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from orchestration.publishing import verify
from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.verify import COUNTERS, MANIFEST_NAME, Counters, file_names, sha256_of

__all__ = ["MANIFEST_NAME", "ROW_COUNTERS", "VERIFIER_NAME", "sha256_of"]

#: Under this name every release and every audit pack carries what checks it.
VERIFIER_NAME = "verify.py"


def _parquet_rows(path: Path) -> int | None:
    """Return the rows of a Parquet file; none for another file that has its name."""
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (ValueError, OSError):
        return None


ROW_COUNTERS: Counters = {**COUNTERS, ".parquet": _parquet_rows}


def copy_verifier(folder: Path) -> None:
    """Put what checks a folder into it: it needs no checkout and no library."""
    shutil.copyfile(verify.__file__, folder / VERIFIER_NAME)


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
    return {name: _description(folder / name) for name in sorted(file_names(folder))}


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
        return verify.parse_manifest(path.read_bytes())
    except ValueError as error:
        raise ReleaseError(MANIFEST_NAME, str(error), remedy) from error


def verify_release(path: Path, manifest_sha256: str | None = None) -> list[str]:
    """Compare a release with its manifest, rows of Parquet tables included; see `verify.find_problems`."""
    return verify.find_problems(path, manifest_sha256, ROW_COUNTERS)


def _description(path: Path) -> dict[str, Any]:
    described = {"sha256": sha256_of(path), "bytes": path.stat().st_size}
    rows = ROW_COUNTERS[path.suffix](path) if path.suffix in ROW_COUNTERS else None
    return described if rows is None else {**described, "rows": rows}
