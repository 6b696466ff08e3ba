"""Whose data a release holds: edition, licence, words of attribution and where each source was fetched.

The catalogue says what a reference dataset is and on what terms; the provenance that was written when a
dataset was landed says where its bytes came from, and the terms of what the catalogue does not describe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from orchestration.paths import DataPaths
from orchestration.provenance import Provenance, read_provenance
from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.identity import version_line
from orchestration.sources.catalogue import CATALOGUE, OGL, OGL_ADDRESS
from orchestration.sources.types import Partition, SourceError

_SYNTHETIC = "Synthetic data in the shape of this source; nothing here was recorded. The real data: "
_SANDBOX_SCHEME = "sandbox:"
# What tells one page of a query from the next, and nothing about the source.
_PAGING = frozenset({"resultOffset", "resultRecordCount", "RecordOffset", "RecordLimit"})


def source_entries(
    data_root: Path, data_versions: Iterable[Mapping[str, Any]], *, is_synthetic: bool
) -> list[dict[str, Any]]:
    """List the sources of a release.

    Parameters
    ----------
    data_root
        The data folder, for the provenance of what was landed.
    data_versions
        One mapping for each partition used: ``dataset``, ``month``, ``force``, ``data_version``.
    is_synthetic
        Whether the data only have the shape of these sources. Then the attribution says so first, as naming a
        publisher beside invented figures would mislead, which the licence forbids.

    Returns
    -------
    list of dict
        ``dataset``, ``title``, ``vintage``, ``licence``, ``attribution``, ``home_page``, ``urls``,
        ``data_version`` and ``fetched_at`` of each dataset, in order of slug.

    Raises
    ------
    ReleaseError
        When the provenance of a partition is missing or cannot be read: without it nobody could say whose the
        data are.
    """
    used: dict[str, list[Mapping[str, Any]]] = {}
    for entry in data_versions:
        used.setdefault(str(entry["dataset"]), []).append(entry)
    paths = DataPaths(data_root)
    return [_source(dataset, used[dataset], paths, is_synthetic) for dataset in sorted(used)]


def attributions(sources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Group sources by their words of attribution, for people.

    Parameters
    ----------
    sources
        From `source_entries`.

    Returns
    -------
    list of dict
        ``titles`` and ``attribution``, in order of the first title.
    """
    titles: dict[str, list[str]] = {}
    for source in sources:
        titles.setdefault(source["attribution"], []).append(source["title"])
    groups = [{"titles": sorted(set(held)), "attribution": words} for words, held in titles.items()]
    return sorted(groups, key=lambda group: group["titles"])


def dataset_titles(sources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what each dataset is called, for people.

    Parameters
    ----------
    sources
        From `source_entries`.

    Returns
    -------
    dict
        Slug of the dataset to its title.
    """
    return {str(source["dataset"]): str(source["title"]) for source in sources}


def landed_provenance(entry: Mapping[str, Any], paths: DataPaths) -> Provenance:
    """Return where the bytes of a partition came from.

    Parameters
    ----------
    entry
        ``dataset``, ``month``, ``force`` and ``data_version``.
    paths
        The data folder.

    Returns
    -------
    Provenance
        What was written when it was landed.

    Raises
    ------
    ReleaseError
        When it is missing or cannot be read.
    """
    month, force = entry.get("month"), entry.get("force")
    folder = paths.landing(str(entry["dataset"]), Partition(month, force) if month and force else None)
    remedy = "land the dataset again, so that the release can say whose data it holds"
    try:
        held = read_provenance(folder)
    except SourceError as error:
        raise ReleaseError(str(entry["dataset"]), error.rule, remedy) from error
    if held is None:
        raise ReleaseError(version_line(entry), "has no provenance.json", remedy)
    return held


def publishable_address(url: str, is_synthetic: bool) -> str:
    """Return an address as it may be published: without the page asked for, or folders of this machine.

    Parameters
    ----------
    url
        Address or path that bytes were read from.
    is_synthetic
        Whether it is the sandbox's, which listens on another port every time.

    Returns
    -------
    str
        The address without archive member, fragment and paging; of a path, the file's name alone.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return Path(url).name
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in _PAGING])
    host = _SANDBOX_SCHEME if is_synthetic else f"{parts.scheme}://{parts.hostname or ''}"
    return f"{host}{parts.path.partition('!')[0]}" + (f"?{query}" if query else "")


def _source(
    dataset: str, partitions: list[Mapping[str, Any]], paths: DataPaths, is_synthetic: bool
) -> dict[str, Any]:
    landed = [landed_provenance(entry, paths) for entry in partitions]
    edition = CATALOGUE.get(dataset)
    # The newest landing has the terms as they are today.
    terms = max(landed, key=lambda held: held.fetched_at)
    releases = sorted({held.release for held in landed if held.release})
    return {
        "dataset": dataset,
        "title": terms.title or dataset.replace("_", " ").capitalize(),
        "vintage": edition.vintage if edition else ", ".join(releases),
        "licence": f"{OGL} ({OGL_ADDRESS})" if terms.licence == OGL else terms.licence,
        "attribution": (_SYNTHETIC if is_synthetic else "") + terms.attribution,
        "home_page": terms.home_page,
        "urls": sorted(
            {publishable_address(file.url, is_synthetic) for held in landed for file in held.files}
        ),
        "data_version": _data_version(partitions),
        "fetched_at": terms.fetched_at,
    }


def _data_version(partitions: list[Mapping[str, Any]]) -> str:
    """Return the version of a dataset of one partition, or a digest over those of all its partitions."""
    if len(partitions) == 1:
        return str(partitions[0]["data_version"])
    return hashlib.sha256("\n".join(sorted(map(version_line, partitions))).encode()).hexdigest()
