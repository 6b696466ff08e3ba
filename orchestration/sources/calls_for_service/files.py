"""Gets an agency's files: from its portal, or from a folder of downloaded ones."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import requests

from orchestration.sources.calls_for_service.mapping import CallsMapping, mapping_path
from orchestration.sources.download import download
from orchestration.sources.endpoints import Endpoints
from orchestration.sources.reference import visible_files
from orchestration.sources.types import Fetched, SourceError


def fetch_calls(mapping: CallsMapping, endpoints: Endpoints, session: requests.Session) -> list[Fetched]:
    """Download the files that the mapping names.

    Parameters
    ----------
    mapping
        The agency's mapping.
    endpoints
        Base addresses of the hosts.
    session
        Session from :func:`orchestration.sources.http.make_session`.

    Returns
    -------
    list of Fetched
        The files; none when the mapping names none.

    Raises
    ------
    SourceError
        When a file cannot be had whole.
    """
    if mapping.downloads is None:
        return []
    base = getattr(endpoints, mapping.downloads.host)
    return [download(session, f"{base}/{path}", PurePosixPath(path).name) for path in mapping.downloads.paths]


def find_calls(mapping: CallsMapping, folder: Path) -> list[Fetched]:
    """Find an agency's files, and its table of street centroids, among downloaded ones.

    Parameters
    ----------
    mapping
        The agency's mapping.
    folder
        Folder that is searched with its subfolders.

    Returns
    -------
    list of Fetched
        The files in order of name; none when there is no file of calls.

    Raises
    ------
    SourceError
        When a file is there plain and gzipped, or in two folders, or there are two tables of centroids.
    """
    paths = sorted(visible_files(folder), key=lambda path: path.name)
    calls = [path for path in paths if mapping.is_calls_file(path.name)]
    if not calls:
        return []
    tables = [path for path in paths if mapping.is_centroid_file(path.name)]
    stems = [path.name.lower().removesuffix(".gz") for path in calls]
    twice = [path for path, stem in zip(calls, stems, strict=True) if stems.count(stem) > 1]
    twice += tables if len(tables) > 1 else []
    if twice:
        names = ", ".join(str(path.relative_to(folder)) for path in twice)
        raise SourceError(
            str(folder), f"the same file is there more than once: {names}", "keep the one that is to be used"
        )
    return [Fetched(path.name, path.read_bytes(), str(path)) for path in (*calls, *tables)]


def fetched_mapping(agency: str) -> Fetched:
    """Return the mapping's own bytes: they are landed with the files, as they decide what these mean."""
    path = mapping_path(agency)
    return Fetched(path.name, path.read_bytes(), path.name)
