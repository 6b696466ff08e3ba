"""What an archive of police.uk files offers, and how its members are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from orchestration.sources.ranges import Validators
from orchestration.sources.types import Fetched, Partition, SourceError

KINDS = ("street", "outcomes", "stop-and-search")
MemberKey = tuple[Partition, str]

_MEMBER = re.compile(
    r"(?P<month>20\d{2}-(?:0[1-9]|1[0-2]))/(?P=month)-(?P<force>[a-z][a-z0-9-]{1,40}?)"
    r"-(?P<kind>street|outcomes|stop-and-search)\.csv(?:\.gz)?"
)


@dataclass(frozen=True)
class Member:
    """One CSV file of an archive.

    Parameters
    ----------
    path
        Its path inside the archive.
    size
        Bytes of its content.
    crc32
        CRC-32 of its content, eight hex digits; equal to that of the :class:`Fetched` file.
    compressed_size
        Bytes that fetching it costs; in a folder, those of the file as it lies.
    """

    path: str
    size: int
    crc32: str
    compressed_size: int


class MemberMissing(SourceError):
    """The archive holds no file of that kind for that month and force."""


class PoliceArchive(Protocol):
    """An archive of police.uk files: on the web, in a zip file, or in a folder."""

    @property
    def release(self) -> str:
        """Month of the archive, ``YYYY-MM``: the newest that it contains."""

    @property
    def validators(self) -> Validators:
        """Which version this is, found out without its directory.

        ``archive.validators.prove_same(held)`` tells whether anything can have changed since ``held``.
        """

    def members(self) -> Mapping[MemberKey, Member]:
        """Return the CSV files by partition and kind (``street``, ``outcomes``, ``stop-and-search``)."""

    def fetch(self, partition: Partition, kind: str) -> Fetched:
        """Return one file's bytes, checked.

        Parameters
        ----------
        partition
            Month and force.
        kind
            One of ``KINDS``.

        Raises
        ------
        MemberMissing
            When the archive has no such file.
        SourceError
            When it cannot be had, or is not what the archive's directory says.
        """


def parse_member(path: str) -> MemberKey | None:
    """Return the partition and kind that a path names, or nothing when it names no police CSV file."""
    found = _MEMBER.fullmatch(path)
    return (Partition(found["month"], found["force"]), found["kind"]) if found else None


def check_safe_name(path: str, archive: str) -> None:
    """Refuse a member whose name would leave the folder that it is unpacked to.

    Parameters
    ----------
    path
        The member's name, as the archive has it.
    archive
        Name of the archive, for the message.

    Raises
    ------
    SourceError
        When the name is absolute, climbs with ``..``, or hides a drive, backslash or NUL.
    """
    parts = PurePosixPath(path.replace("\\", "/")).parts
    is_unsafe = not parts or path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in path
    if is_unsafe:
        raise SourceError(
            f"{archive}!{path}",
            "the member's name leads out of the archive's folder",
            "do not use this archive: police.uk does not publish such names; download it again",
        )


def index_members(found: Iterable[tuple[MemberKey, Member]], archive: str) -> dict[MemberKey, Member]:
    """Collect members by key, in order of key, refusing two files for one key.

    Parameters
    ----------
    found
        Partition and kind of each member, in any order.
    archive
        Name of the archive, for the message.

    Raises
    ------
    SourceError
        When two members claim the same month, force and kind.
    """
    members: dict[MemberKey, Member] = {}
    for key, member in sorted(found, key=lambda pair: (pair[0], pair[1].path)):
        if key in members:
            raise SourceError(
                f"{archive}!{member.path}",
                f"{members[key].path} holds the same month, force and kind",
                "keep one of the two files",
            )
        members[key] = member
    return members


def missing(partition: Partition, kind: str, release: str) -> MemberMissing:
    """Return the error that says what a release does not hold; the same wherever the release lies."""
    return MemberMissing(
        f"{partition.month}/{partition.month}-{partition.force}-{kind}.csv",
        f"the archive of {release} holds no such file",
        "check the force's known gaps and the archive's window of months; publish without it if it is a gap",
    )


def newest_month(members: Mapping[MemberKey, Member], archive: str) -> str:
    """Return the newest month among the members, as ``YYYY-MM``.

    Parameters
    ----------
    members
        By partition and kind.
    archive
        Name of the archive, for the message.

    Raises
    ------
    SourceError
        When the archive holds no police file at all.
    """
    if not members:
        raise SourceError(
            archive,
            "it holds no file named YYYY-MM/YYYY-MM-<force>-<street|outcomes|stop-and-search>.csv",
            "point at an archive of data.police.uk, or a folder laid out like one",
        )
    return max(partition.month for partition, _ in members)
