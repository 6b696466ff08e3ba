"""Atomic writing and checksums: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SUPERSEDED = "superseded"


class StorageError(OSError):
    """A file could not be written: the disk is full or read-only; what was there before is untouched."""


@contextmanager
def storage_errors_named(path: Path) -> Iterator[None]:
    """Turn an error of the file system into one that says which file, why, and what to do.

    Parameters
    ----------
    path
        File or folder that is written inside the block.

    Raises
    ------
    StorageError
        In place of any other ``OSError``.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(
            f"{path}: it cannot be written ({error.strerror or error}). Remedy: free space on its disk, or "
            "mend its permissions, and run again; what was there before is untouched."
        ) from error


def write_text_atomically(path: Path, text: str) -> None:
    """Replace a file's content as UTF-8 in one step; a file that holds it already is not touched.

    Raises
    ------
    StorageError
        When it cannot be written; what was there before is untouched.
    """
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Replace a file's content in one step; a file that holds it already is not touched.

    Raises
    ------
    StorageError
        When it cannot be written; what was there before is untouched.
    """
    if not (path.is_file() and path.read_bytes() == content):
        _write_atomically(path, lambda temporary: temporary.write_bytes(content))


def write_parquet_atomically(path: Path, table: pa.Table) -> None:
    """Replace a Parquet file in one step; the same table always gives the same bytes.

    Parameters
    ----------
    path
        The file; missing folders on its way are made.
    table
        What it is to hold; the metadata of its schema are left out.

    Raises
    ------
    StorageError
        When it cannot be written; what was there before is untouched.
    """
    import pyarrow.parquet as pq

    plain = table.replace_schema_metadata(None)
    _write_atomically(path, lambda temporary: pq.write_table(plain, temporary, compression="zstd"))


def copy_atomically(source: Path, target: Path) -> None:
    """Copy a file in one step: the target is the whole copy, or what it was before.

    Raises
    ------
    StorageError
        When it cannot be written; what was there before is untouched.
    """
    _write_atomically(target, lambda temporary: shutil.copyfile(source, temporary))


def swap_folder(new: Path, folder: Path) -> None:
    """Put a finished folder in another's place; what was there goes once the new one is in.

    Parameters
    ----------
    new
        The finished folder, on the same disk.
    folder
        Where it goes; what lies there is kept beside it, as ``.<name>.old``, until then.

    Raises
    ------
    StorageError
        When it cannot be moved there.
    """
    old = folder.with_name(f".{folder.name}.old")
    with storage_errors_named(folder):
        shutil.rmtree(old, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    # Not named .parquet or .json, so that no reader's pattern finds a half-written file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors_named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
