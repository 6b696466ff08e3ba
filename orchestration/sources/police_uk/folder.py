"""A folder laid out like the archive, with plain or gzipped CSV files."""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from orchestration.sources.police_uk.members import (
    Member,
    MemberKey,
    index_members,
    missing,
    newest_month,
    parse_member,
)
from orchestration.sources.ranges import Validators
from orchestration.sources.types import Fetched, Partition, SourceError

_CHUNK_BYTES = 1 << 20


class FolderArchive:
    """A folder with ``YYYY-MM/YYYY-MM-<force>-<kind>.csv`` files, or the same with ``.gz``.

    Parameters
    ----------
    folder
        The folder that holds the months' folders.

    Raises
    ------
    SourceError
        When there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SourceError(
                str(folder), "there is no such folder", "point at a folder laid out like the archive"
            )
        self._folder = folder

    @functools.cached_property
    def release(self) -> str:
        """Newest month that the folder holds."""
        return newest_month(self._members, str(self._folder))

    @functools.cached_property
    def validators(self) -> Validators:
        """Which files lie there, by their names, times and sizes; reads none of them."""
        digest, total = hashlib.sha256(), 0
        for _, path in self._found():
            held = path.stat()
            digest.update(f"{path.name} {held.st_mtime_ns} {held.st_size}\n".encode())
            total += held.st_size
        return Validators(digest.hexdigest(), None, total)

    def members(self) -> Mapping[MemberKey, Member]:
        """Return the files by partition and kind; size and CRC-32 are those of the files as they lie.

        A file is only read for its CRC-32 when it is looked up: a new month costs no look at the others.
        """
        return self._members

    def fetch(self, partition: Partition, kind: str) -> Fetched:
        """Return the bytes of one file as they lie, gzipped or not.

        Raises
        ------
        MemberMissing
            When the folder has no such file.
        SourceError
            When the file changed, or was removed, since the folder was listed.
        """
        member = self._members.get((partition, kind))
        if member is None:
            raise missing(partition, kind, self.release)
        path = self._folder / member.path
        with _still_there(path):
            content = path.read_bytes()
        crc32 = f"{zlib.crc32(content):08x}"
        if (len(content), crc32) != (member.size, member.crc32):
            raise SourceError(str(path), "the file changed while the folder was being read", "run again")
        return Fetched(path.name, content, str(path), crc32, self.release)

    @functools.cached_property
    def _members(self) -> _Members:
        return _Members(self._folder, index_members(self._listed(), str(self._folder)))

    def _listed(self) -> Iterator[tuple[MemberKey, Member]]:
        for key, path in self._found():
            relative, size = path.relative_to(self._folder).as_posix(), path.stat().st_size
            yield key, Member(relative, size, "", size)

    def _found(self) -> Iterator[tuple[MemberKey, Path]]:
        for path in sorted(self._folder.glob("20??-??/*.csv*")):
            key = parse_member(path.relative_to(self._folder).as_posix())
            if key and path.is_file():
                yield key, path


class _Members(Mapping[MemberKey, Member]):
    """The files of a folder, each with its CRC-32 once it is looked up."""

    def __init__(self, folder: Path, listed: Mapping[MemberKey, Member]) -> None:
        self._folder = folder
        self._listed = listed
        self._read: dict[MemberKey, Member] = {}

    def __getitem__(self, key: MemberKey) -> Member:
        if key not in self._read:
            member = self._listed[key]
            self._read[key] = replace(member, crc32=_crc32(self._folder / member.path))
        return self._read[key]

    def __iter__(self) -> Iterator[MemberKey]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


def _crc32(path: Path) -> str:
    crc = 0
    with _still_there(path), path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            crc = zlib.crc32(chunk, crc)
    return f"{crc:08x}"


@contextmanager
def _still_there(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(
            str(path),
            f"the file was there when the folder was listed, and cannot be read any more ({error.strerror})",
            "put it back, or run again, which lists the folder anew",
        ) from error
