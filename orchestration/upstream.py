"""Chooses where a run reads from: the embedded sandbox, a folder of real files, or the live hosts."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import requests

from orchestration.environment import Settings
from orchestration.paths import DataPaths
from orchestration.sources.calls_for_service.files import fetch_calls, find_calls
from orchestration.sources.calls_for_service.mapping import CallsMapping
from orchestration.sources.endpoints import LIVE_ENDPOINTS, Endpoints, sandbox_endpoints
from orchestration.sources.http import make_session
from orchestration.sources.police_uk.api import PoliceApi
from orchestration.sources.police_uk.archive import PoliceArchive, open_archive
from orchestration.sources.police_uk.areas import Area
from orchestration.sources.police_uk.live_street import fetch_street_live
from orchestration.sources.reference import fetch_reference, find_reference
from orchestration.sources.types import Fetched


class Upstream(Protocol):
    """Where the files of a run come from."""

    def archive(self) -> PoliceArchive:
        """Return the police.uk archive, opened."""

    def reference(self, dataset: str) -> Sequence[Fetched]:
        """Return the files of a reference dataset; none when it is optional and absent."""

    def street_live(self, area: Area) -> Sequence[Fetched]:
        """Return the newest month's crimes of an area; none when there is no API to ask."""

    def calls(self, mapping: CallsMapping) -> Sequence[Fetched]:
        """Return the files of an agency's calls for service; none when they were not supplied."""


@dataclass
class HttpUpstream:
    """The live hosts, or the sandbox that speaks their protocols.

    Parameters
    ----------
    endpoints
        Base address of each host.
    archive_cache
        Where the archive is downloaded to whole, when its server does not honour ranges.
    """

    endpoints: Endpoints
    archive_cache: Path

    @functools.cached_property
    def _session(self) -> requests.Session:
        return make_session()

    @functools.cached_property
    def _archive(self) -> PoliceArchive:
        return open_archive(self.endpoints.police_uk, self._session, cache_folder=self.archive_cache)

    def archive(self) -> PoliceArchive:
        """Return the newest archive; its central directory is read once."""
        return self._archive

    def reference(self, dataset: str) -> Sequence[Fetched]:
        """Fetch the files of a reference dataset."""
        return fetch_reference(dataset, self.endpoints, self._session)

    def street_live(self, area: Area) -> Sequence[Fetched]:
        """Ask the API for the newest month's crimes of an area."""
        return fetch_street_live(PoliceApi(self._session, self.endpoints.police_uk), area)

    def calls(self, mapping: CallsMapping) -> Sequence[Fetched]:
        """Fetch the files of an agency's calls for service."""
        return fetch_calls(mapping, self.endpoints, self._session)


@dataclass
class MirrorUpstream:
    """A folder of real files.

    Parameters
    ----------
    mirror
        Folder laid out like the archive.
    reference_folder
        Folder that holds the reference files, in any of the shapes declared in the catalogue.
    """

    mirror: Path
    reference_folder: Path

    @functools.cached_property
    def _archive(self) -> PoliceArchive:
        return open_archive(self.mirror)

    def archive(self) -> PoliceArchive:
        """Return the folder as an archive."""
        return self._archive

    def reference(self, dataset: str) -> Sequence[Fetched]:
        """Find the files of a reference dataset in the folder."""
        return find_reference(dataset, self.reference_folder)

    def street_live(self, area: Area) -> Sequence[Fetched]:
        """Return nothing: a folder has no API."""
        return []

    def calls(self, mapping: CallsMapping) -> Sequence[Fetched]:
        """Find the files of an agency's calls for service in the folder of reference files."""
        return find_calls(mapping, self.reference_folder)


def open_upstream(settings: Settings) -> Upstream:
    """Return the upstream of the run's profile; the sandbox is started once a process."""
    if settings.profile == "mirror":
        assert settings.mirror is not None and settings.reference is not None
        return MirrorUpstream(settings.mirror, settings.reference)
    paths = DataPaths(settings.data)
    if settings.profile == "live":
        return HttpUpstream(LIVE_ENDPOINTS, paths.archive_cache)
    return HttpUpstream(sandbox_endpoints(_sandbox_address(paths.sandbox_cache)), paths.archive_cache)


@functools.cache
def _sandbox_address(cache: Path) -> str:
    from orchestration.sandbox.server import SandboxServer

    server = SandboxServer(cache_folder=cache)
    server.start()
    return server.base_url
