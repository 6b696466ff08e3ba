"""The police.uk archive behind one face: on the web, in a zip file, or in a folder."""

from __future__ import annotations

from pathlib import Path

import requests

from orchestration.sources.police_uk.folder import FolderArchive
from orchestration.sources.police_uk.members import Member, MemberMissing, PoliceArchive
from orchestration.sources.police_uk.remote import RemoteArchive
from orchestration.sources.police_uk.zipped import ZipArchive
from orchestration.sources.ranges import Validators
from orchestration.sources.types import SourceError

__all__ = [
    "FolderArchive",
    "Member",
    "MemberMissing",
    "PoliceArchive",
    "RemoteArchive",
    "Validators",
    "ZipArchive",
    "open_archive",
]


def open_archive(
    location: str | Path,
    session: requests.Session | None = None,
    release: str = "latest",
    cache_folder: Path | None = None,
) -> PoliceArchive:
    """Open an archive wherever it lies.

    Parameters
    ----------
    location
        Base address of the host (``https://data.police.uk``), a zip file, or a folder laid out like the
        archive.
    session
        Session for an address; not needed for a path.
    release
        ``YYYY-MM`` or ``latest``, for an address.
    cache_folder
        Where an archive is downloaded to whose server does not honour ranges; without it, that is an error.

    Returns
    -------
    PoliceArchive
        Something with ``release``, ``validators``, ``members()`` and ``fetch(partition, kind)``.

    Raises
    ------
    SourceError
        When the path is neither a folder nor a zip file, or an address comes without a session.
    """
    if isinstance(location, str) and location.startswith(("http://", "https://")):
        if session is None:
            raise SourceError(location, "an address needs a session", "pass one made by make_session()")
        return RemoteArchive(session, location.rstrip("/"), release, cache_folder)
    path = Path(location)
    return FolderArchive(path) if path.is_dir() else ZipArchive(path)
