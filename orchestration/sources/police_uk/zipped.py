"""The archive as a zip file: downloaded, or read member by member over HTTP ranges."""

from __future__ import annotations

import functools
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import requests
import urllib3
from remotezip import RemoteZip, RemoteZipError

from orchestration.sources.http import HttpStatusError
from orchestration.sources.police_uk.members import (
    Member,
    MemberKey,
    check_safe_name,
    index_members,
    missing,
    newest_month,
    parse_member,
)
from orchestration.sources.types import Fetched, Partition, SourceError

_T = TypeVar("_T")
# The published files shrink five- to tenfold and the largest is some 30 MB; deflate cannot pass 1,032.
_GREATEST_EXPANSION = 200
_GREATEST_MEMBER_BYTES = 1 << 30
_FETCH_ATTEMPTS = 3
_ENCRYPTED = 0x1
_RELEASE_IN_ADDRESS = re.compile(r"/(20\d{2}-(?:0[1-9]|1[0-2]))\.zip(?:\?|$)")
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_BROKEN_TRANSPORT = (RemoteZipError, requests.RequestException, urllib3.exceptions.HTTPError, OSError)


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
        self._name = str(path)
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
            raise missing(partition, kind, self._name)
        return unpack(self._zip, member, self._name, self.release)

    @functools.cached_property
    def _members(self) -> dict[MemberKey, Member]:
        return list_members(self._zip, self._name)


class RemoteArchive:
    """The archive on the web; reads its central directory and the members wanted, never the whole.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    base_url
        Host of the archive, such as ``https://data.police.uk``.
    release
        ``YYYY-MM``, or ``latest``.
    """

    def __init__(self, session: requests.Session, base_url: str, release: str = "latest") -> None:
        self._session = session
        self._url = f"{base_url}/data/archive/{release}.zip"

    @functools.cached_property
    def release(self) -> str:
        """Month in the address that the archive's redirect led to, else the newest month that it holds."""
        found = _RELEASE_IN_ADDRESS.search(self._address)
        return found[1] if found else newest_month(self.members(), self._url)

    def members(self) -> Mapping[MemberKey, Member]:
        """Return the CSV files by partition and kind, from the central directory alone."""
        return self._members

    def fetch(self, partition: Partition, kind: str) -> Fetched:
        """Fetch one member by a range request and check its size and CRC-32.

        Raises
        ------
        MemberMissing
            When the archive has no such file.
        SourceError
            When it cannot be had, is encrypted, expands absurdly, or does not match its checksum.
        """
        member = self._members.get((partition, kind))
        if member is None:
            raise missing(partition, kind, self._url)
        return self._attempt(lambda opened: unpack(opened, member, self._address, self.release))

    @functools.cached_property
    def _address(self) -> str:
        """Where the redirect leads: ranges work on the object storage, not through the redirect."""
        try:
            with closing(self._session.get(self._url, headers={"Range": "bytes=0-0"}, stream=True)) as answer:
                status, address = answer.status_code, answer.url
        except requests.RequestException as error:
            raise _unreachable(self._url, error) from error
        if status == requests.codes.partial_content:
            return address
        if status != requests.codes.ok:
            raise HttpStatusError(self._url, status, "check that the archive of this month exists")
        raise SourceError(
            address,
            "the server does not honour range requests",
            "download the archive and point the profile mirror at it",
        )

    @functools.cached_property
    def _members(self) -> dict[MemberKey, Member]:
        return self._attempt(lambda opened: list_members(opened, self._address))

    @functools.cached_property
    def _zip(self) -> RemoteZip:
        return RemoteZip(self._address, session=self._session)

    def _attempt(self, act: Callable[[zipfile.ZipFile], _T]) -> _T:
        """Act on the opened zip; a connection that breaks mid-body is opened anew, a few times."""
        for attempt in range(1, _FETCH_ATTEMPTS + 1):
            try:
                return act(self._zip)
            except zipfile.BadZipFile as error:
                raise SourceError(
                    self._address, f"it is not a zip file ({error})", "check the address of the archive"
                ) from error
            except _BROKEN_TRANSPORT as error:
                self.__dict__.pop("_zip", None)
                if attempt == _FETCH_ATTEMPTS:
                    raise _unreachable(self._address, error) from error
        raise AssertionError("unreachable")


def list_members(opened: zipfile.ZipFile, archive: str) -> dict[MemberKey, Member]:
    """Return the police CSV files of a zip by partition and kind.

    Raises
    ------
    SourceError
        When any member has an unsafe name, or two claim the same month, force and kind.
    """
    return index_members(_listed(opened, archive), archive)


def unpack(opened: zipfile.ZipFile, member: Member, archive: str, release: str) -> Fetched:
    """Unpack one member; zipfile checks the CRC-32, this checks the rest.

    Raises
    ------
    SourceError
        When the member is encrypted, expands absurdly, or does not match its size or checksum.
    """
    where = f"{archive}!{member.path}"
    info = opened.getinfo(member.path)
    _refuse_hostile(info, where)
    try:
        content = opened.read(info)
    except _BROKEN_ZIP as error:
        raise SourceError(
            where, f"it cannot be unpacked ({error})", "run again; if it stays so, the archive is damaged"
        ) from error
    if len(content) != member.size:
        raise SourceError(
            where,
            f"it has {len(content)} bytes where the archive's directory says {member.size}",
            "run again; if it stays so, the archive is damaged",
        )
    name = member.path.rsplit("/", 1)[-1]
    return Fetched(name, content, where, member.crc32, release)


def _listed(opened: zipfile.ZipFile, archive: str) -> Iterator[tuple[MemberKey, Member]]:
    for info in opened.infolist():
        # orig_filename still has what zipfile cuts off (a NUL and what follows it).
        check_safe_name(info.orig_filename, archive)
        key = parse_member(info.filename)
        if key:
            yield key, Member(info.filename, info.file_size, f"{info.CRC:08x}")


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


def _unreachable(where: str, error: Exception) -> SourceError:
    return SourceError(
        where,
        f"the archive could not be read ({type(error).__name__}: {error})",
        "check the network and the address, then run again",
    )
