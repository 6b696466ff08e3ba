"""The archive as a zip file, and the checks that every member of one passes."""

from __future__ import annotations

import functools
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestration.sources.police_uk.members import (
    Member,
    MemberKey,
    check_safe_name,
    index_members,
    missing,
    newest_month,
    parse_member,
)
from orchestration.sources.ranges import Validators
from orchestration.sources.types import Fetched, Partition, SourceError

# The published files shrink five- to tenfold and the largest is some 30 MB; deflate cannot pass 1,032.
# A member is held in memory whole: three times the largest keeps a fetching process below 200 MiB.
_GREATEST_EXPANSION = 200
_GREATEST_MEMBER_BYTES = 96 << 20
_ENCRYPTED = 0x1
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class MemberDamaged(SourceError):
    """A member's bytes do not unpack to what the archive's directory says."""


class ZipArchive:
    """A downloaded archive.

    Parameters
    ----------
    path
        The zip file.

    Raises
    ------
    SourceError
        When it is no zip file, or holds a member with an unsafe name.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._name = path, str(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(
                self._name, f"it cannot be opened as a zip file ({error})", "download the archive again"
            ) from error

    @functools.cached_property
    def release(self) -> str:
        """Newest month that the archive holds."""
        return newest_month(self.members(), self._name)

    @functools.cached_property
    def validators(self) -> Validators:
        """Which file this is, by its time and size."""
        held = self._path.stat()
        return Validators(None, str(held.st_mtime_ns), held.st_size)

    def members(self) -> Mapping[MemberKey, Member]:
        """Return the CSV files by partition and kind, from the central directory alone."""
        return self._members

    def fetch(self, partition: Partition, kind: str) -> Fetched:
        """Unpack one file and check its size and CRC-32.

        Raises
        ------
        MemberMissing
            When the archive has no such file.
        SourceError
            When the member is encrypted, expands absurdly, or does not match its checksum.
        """
        member = self._members.get((partition, kind))
        if member is None:
            raise missing(partition, kind, self.release)
        return unpack(self._zip, member, self._name, self.release)

    @functools.cached_property
    def _members(self) -> dict[MemberKey, Member]:
        return list_members(self._zip, self._name)


def list_members(opened: zipfile.ZipFile, archive: str) -> dict[MemberKey, Member]:
    """Return the police CSV files of a zip by partition and kind.

    Parameters
    ----------
    opened
        The zip.
    archive
        Name of the archive, for the message.

    Raises
    ------
    SourceError
        When any member has an unsafe name, or two claim the same month, force and kind.
    """
    return index_members(_listed(opened, archive), archive)


def unpack(opened: zipfile.ZipFile, member: Member, archive: str, release: str) -> Fetched:
    """Unpack one member; zipfile checks the CRC-32, this checks the rest.

    Parameters
    ----------
    opened
        The zip.
    member
        What :func:`list_members` says of it.
    archive
        Name of the archive, for where the bytes come from and for the message.
    release
        Month of the archive, ``YYYY-MM``.

    Raises
    ------
    MemberDamaged
        When it does not match its size or checksum.
    SourceError
        When the member is encrypted or expands absurdly.
    """
    where = f"{archive}!{member.path}"
    info = opened.getinfo(member.path)
    _refuse_hostile(info, where)
    try:
        with opened.open(info) as stream:
            # Asked for without a size, zipfile unpacks all there is before it looks at the stated size.
            content = stream.read(member.size + 1)
    except _BROKEN_ZIP as error:
        raise _damaged(where, f"it cannot be unpacked ({error})") from error
    if len(content) != member.size:
        raise _damaged(where, f"it has {len(content)} bytes where the archive's directory says {member.size}")
    name = member.path.rsplit("/", 1)[-1]
    return Fetched(name, content, where, member.crc32, release)


def _listed(opened: zipfile.ZipFile, archive: str) -> Iterator[tuple[MemberKey, Member]]:
    for info in opened.infolist():
        # orig_filename still has what zipfile cuts off (a NUL and what follows it).
        check_safe_name(info.orig_filename, archive)
        key = parse_member(info.filename)
        if key:
            yield key, Member(info.filename, info.file_size, f"{info.CRC:08x}", info.compress_size)


def _refuse_hostile(info: zipfile.ZipInfo, where: str) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise SourceError(
            where, "the member is encrypted", "police.uk encrypts nothing: download the archive again"
        )
    expansion = info.file_size / max(info.compress_size, 1)
    if info.file_size > _GREATEST_MEMBER_BYTES or expansion > _GREATEST_EXPANSION:
        raise SourceError(
            where,
            f"the member would expand {expansion:.0f}-fold to {info.file_size} bytes",
            "do not use this archive: no published file does so; download it again",
        )


def _damaged(where: str, rule: str) -> MemberDamaged:
    return MemberDamaged(where, rule, "run again; if it stays so, the archive is damaged: download it again")
