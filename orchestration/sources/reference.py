"""Gets the reference datasets: from their publishers' hosts, or from a folder of downloaded files."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import requests

from orchestration.sources.arcgis import count_features, query_layer
from orchestration.sources.arcgis_hub import download_item_csv
from orchestration.sources.catalogue import CATALOGUE, ArcgisLayer, NomisQuery, ReferenceDataset
from orchestration.sources.download import download
from orchestration.sources.endpoints import Endpoints
from orchestration.sources.nomis import query_dataset
from orchestration.sources.types import Fetched, SourceError

__all__ = ["CATALOGUE", "ReferenceDataset", "fetch_reference", "find_reference"]


def fetch_reference(dataset: str, endpoints: Endpoints, session: requests.Session) -> list[Fetched]:
    """Fetch a reference dataset from its publisher.

    Parameters
    ----------
    dataset
        Slug in :data:`CATALOGUE`.
    endpoints
        Base addresses of the hosts.
    session
        Session from :func:`orchestration.sources.http.make_session`.

    Returns
    -------
    list of Fetched
        The original bytes: one file, or the pages of a query in order.

    Raises
    ------
    SourceError
        When the dataset is unknown or cannot be had whole.
    """
    described = _describe(dataset)
    source, release = described.source, described.vintage
    if isinstance(source, ArcgisLayer):
        return _fetch_layer(source, endpoints, session, release)
    if isinstance(source, NomisQuery):
        selection = dict(source.selection)
        return query_dataset(session, endpoints.nomis, source.dataset_id, selection, release=release)
    base = getattr(endpoints, source.host)
    return [download(session, f"{base}/{path}", name, release) for path, name in source.files]


def find_reference(dataset: str, folder: Path) -> list[Fetched]:
    """Find a reference dataset among downloaded files, in any of the shapes that the catalogue declares.

    Parameters
    ----------
    dataset
        Slug in :data:`CATALOGUE`.
    folder
        Folder that is searched with its subfolders; names are compared without regard to case.

    Returns
    -------
    list of Fetched
        The files of the first shape that is complete; empty when the dataset is optional and not there.

    Raises
    ------
    SourceError
        When the dataset is unknown, required and not there, or a pattern fits more than one file.
    """
    described = _describe(dataset)
    paths = sorted(visible_files(folder))
    for shape in described.shapes:
        found = [_matches(pattern, paths, folder, described.comes_in_parts) for pattern in shape]
        is_whole = any(found) if described.comes_in_parts else all(found)
        if is_whole:
            return [_read(path, described.vintage) for matched in found for path in matched]
    if described.is_optional:
        return []
    wanted = "; or ".join(" with ".join(shape) for shape in described.shapes)
    raise SourceError(
        str(folder),
        f"it holds no file of {dataset} ({described.title}); looked for {wanted}",
        "download the dataset into this folder under its published name",
    )


def _fetch_layer(
    source: ArcgisLayer, endpoints: Endpoints, session: requests.Session, release: str
) -> list[Fetched]:
    url = f"{getattr(endpoints, source.host)}/{source.path}"
    try:
        return query_layer(session, url, source.order_by, source.has_geometry, release=release)
    except SourceError:
        if source.hub_item is None:
            raise
    # The portal's own CSV of the same table: slower to be had, but not made of pages.
    count = count_features(session, url)
    return [download_item_csv(session, endpoints.arcgis_hub, source.hub_item, count, release=release)]


def _describe(dataset: str) -> ReferenceDataset:
    if dataset not in CATALOGUE:
        raise SourceError(dataset, "it is not in the catalogue", f"choose one of {', '.join(CATALOGUE)}")
    return CATALOGUE[dataset]


def visible_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and its subfolders, without hidden ones."""
    for path in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not is_hidden:
            yield path


def _matches(pattern: str, paths: list[Path], folder: Path, may_be_several: bool) -> list[Path]:
    matches = [path for path in paths if fnmatchcase(path.name.lower(), pattern)]
    if len(matches) > 1 and not may_be_several:
        names = ", ".join(str(path.relative_to(folder)) for path in matches)
        raise SourceError(
            str(folder), f"more than one file fits {pattern}: {names}", "keep the one that is to be used"
        )
    return matches


def _read(path: Path, release: str) -> Fetched:
    return Fetched(name=path.name, content=path.read_bytes(), url=str(path), release=release)
