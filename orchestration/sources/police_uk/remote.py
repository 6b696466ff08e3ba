"""The archive on the web: read member by member over HTTP ranges, or downloaded whole if there are none."""

from __future__ import annotations

import functools
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import requests
from remotezip import PartialBuffer, RemoteZip, RemoteZipError

from orchestration.sources.police_uk.members import Member, MemberKey, missing, newest_month
from orchestration.sources.police_uk.zipped import MemberDamaged, list_members, unpack
from orchestration.sources.ranges import (
    RangeBody,
    RangesRefused,
    RemoteChanged,
    RemoteFile,
    Validators,
    look_at,
    ranges_refused,
)
from orchestration.sources.types import Fetched, Partition, SourceError
from orchestration.sources.whole import download_whole

_T = TypeVar("_T")
_ATTEMPTS = 3
_LOOKED_AT_ANEW = (RemoteChanged, MemberDamaged, RangesRefused)
# Enough for the end record of either kind; the directory itself follows in one exact request.
_END_RECORD_BYTES = 1 << 10
# The published directory has half a million bytes.
_GREATEST_DIRECTORY_BYTES = 1 << 23
_RELEASE_IN_ADDRESS = re.compile(r"/(20\d{2}-(?:0[1-9]|1[0-2]))\.zip(?:\?|$)")


class RemoteArchive:
    """The archive on the web; reads its central directory and the members wanted, never the whole.

    Where the server does not honour ranges, the archive is downloaded to the cache folder and read there.
    When a new release replaces the archive during a run, the new one's directory is read and the run goes on:
    every file is wholly of the release that it names.

    Parameters
    ----------
    session
        Session from :func:`orchestration.sources.http.make_session`.
    base_url
        Host of the archive, such as ``https://data.police.uk``.
    release
        ``YYYY-MM``, or ``latest``.
    cache_folder
        Where a whole download is kept; without it, a server that refuses ranges is an error.
    """

    def __init__(
        self,
        session: requests.Session,
        base_url: str,
        release: str = "latest",
        cache_folder: Path | None = None,
    ) -> None:
        self._session, self._cache_folder = session, cache_folder
        self._url = f"{base_url}/data/archive/{release}.zip"
        self._must_download = False

    @property
    def release(self) -> str:
        """Month in the address that the archive's redirect led to, else the newest month that it holds."""
        found = _RELEASE_IN_ADDRESS.search(self._remote.address)
        return found[1] if found else newest_month(self.members(), self._url)

    @functools.cached_property
    def validators(self) -> Validators:
        """The version of the archive when it was first looked at; costs one request of one byte.

        They stay those of the first look even when a new release comes during the run, so that whoever
        keeps them looks at everything again next time.
        """
        return self._remote.validators

    def members(self) -> Mapping[MemberKey, Member]:
        """Return the CSV files by partition and kind, from the central directory alone."""
        return self._steadily(lambda: self._members)

    def fetch(self, partition: Partition, kind: str) -> Fetched:
        """Fetch one member by a range request and check its size and CRC-32.

        Raises
        ------
        MemberMissing
            When the archive has no such file.
        SourceError
            When it cannot be had, is encrypted, expands absurdly, or does not match its checksum.
        """
        return self._steadily(lambda: self._fetch(partition, kind))

    def _fetch(self, partition: Partition, kind: str) -> Fetched:
        member = self._members.get((partition, kind))
        if member is None:
            raise missing(partition, kind, self.release)
        address = self._remote.address
        try:
            return unpack(self._zip, member, address, self.release)
        except _LOOKED_AT_ANEW:
            raise
        except SourceError as error:
            raise SourceError(f"{address}!{member.path}", error.rule, error.remedy) from error

    def _steadily(self, act: Callable[[], _T]) -> _T:
        """Act; when the archive changed, was damaged on the way or refuses ranges, look at it anew."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return act()
            except _LOOKED_AT_ANEW as error:
                is_final = isinstance(error, RangesRefused) and self._cache_folder is None
                if is_final or attempt == _ATTEMPTS:
                    raise
                self._must_download |= isinstance(error, RangesRefused)
                self._forget()
        raise AssertionError("unreachable")

    def _forget(self) -> None:
        for name in ("_remote", "_zip", "_members"):
            self.__dict__.pop(name, None)

    @functools.cached_property
    def _remote(self) -> RemoteFile:
        return look_at(self._session, self._url)

    @functools.cached_property
    def _members(self) -> dict[MemberKey, Member]:
        return list_members(self._zip, self._remote.address)

    @functools.cached_property
    def _zip(self) -> zipfile.ZipFile:
        # The version is that of the first look, whether or not anyone has asked for it yet.
        remote, _ = self._remote, self.validators
        if self._must_download or not remote.honours_ranges:
            if self._cache_folder is None:
                raise ranges_refused(remote.address)
            return zipfile.ZipFile(download_whole(remote, self._cache_folder))
        try:
            return RemoteZip(
                remote.address,
                initial_buffer_size=_END_RECORD_BYTES,
                fetcher=lambda *_, **__: _RangeFetcher(remote),
            )
        except (zipfile.BadZipFile, RemoteZipError) as error:
            raise SourceError(
                remote.address,
                f"it is not a zip file, or not a whole one ({error})",
                "check the address of the archive; the host may be replacing it just now: run again later",
            ) from error


class _RangeFetcher:
    """What remotezip fetches through: our session, one version of the file, transfers that are taken up."""

    def __init__(self, remote: RemoteFile) -> None:
        self._remote = remote

    def fetch(self, data_range: tuple[int, int | None], stream: bool = False) -> Any:
        length = self._remote.validators.length
        assert length is not None, "a server that honours ranges states the length"
        start, last = data_range
        start, end = (max(0, length + start), length) if last is None else (start, last + 1)
        if not stream and end - start > _GREATEST_DIRECTORY_BYTES:
            raise SourceError(
                self._remote.address,
                f"its directory would have {end - start} bytes",
                "do not use this archive: the published one has half a million; download it again",
            )
        return PartialBuffer(RangeBody(self._remote, start, end), start, end - start, stream)
