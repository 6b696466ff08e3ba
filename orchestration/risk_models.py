"""The stored risk models: a document for each kind of area, and a file for each group that has learners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.common.artefact import ArtefactError, Manifest
from ml.common.crime_groups import GROUP_NAMES
from orchestration.artefacts import (
    load_document,
    load_model,
    manifest_of,
    remove_model,
    store_document,
    store_model,
)
from orchestration.paths import DataPaths

if TYPE_CHECKING:
    from ml.risk.artefact import Learners
    from ml.risk.published import Published

AREA_KINDS = ("lsoa", "grid")
_DIGESTS = "learners_sha256"


def store_risk(
    paths: DataPaths, published: Published | None, *, data_version: str, harm_scheme: str
) -> list[Manifest]:
    """Store the champions of every crime group, in the place of those of an earlier run.

    Parameters
    ----------
    paths
        The data folder.
    published
        What is published; None when there was too little, and what an earlier run stored then goes.
    data_version
        Digest of the records.
    harm_scheme
        Scheme of the harm days.

    Returns
    -------
    list of Manifest
        The documents, and the learners where there are any; each document names the digests of its learners.
    """
    from ml.risk.artefact import as_document
    from ml.risk.features import column_names

    manifests: list[Manifest] = []
    for kind in AREA_KINDS:
        if published is None:
            _keep_only(paths, kind, set())
            remove_model(paths, f"risk_{kind}")
            continue
        study = published.studies[kind]
        document, learners = as_document(study, published.judged[kind], harm_scheme)
        features = tuple(column_names(study.cells))
        stored = {
            group: store_model(paths, _name(kind, group), held, data_version=data_version, features=features)
            for group, held in learners.items()
        }
        _keep_only(paths, kind, set(stored))
        document[_DIGESTS] = {group: manifest.sha256 for group, manifest in stored.items()}
        written = store_document(
            paths, f"risk_{kind}", document, data_version=data_version, features=features
        )
        manifests += [written, *stored.values()]
    return manifests


def load_risk(paths: DataPaths, kind: str) -> tuple[dict[str, Any], dict[str, Learners]]:
    """Return the document of a kind of area and its learners, for :func:`ml.risk.artefact.forecast_from`.

    Parameters
    ----------
    paths
        The data folder.
    kind
        One of ``AREA_KINDS``.

    Raises
    ------
    ArtefactError
        When a file is missing, is not that of its manifest, or not the one that the document names.
    """
    document = load_document(paths, f"risk_{kind}")
    learners = {}
    for group, digest in document[_DIGESTS].items():
        name = _name(kind, group)
        if manifest_of(paths, name).sha256 != digest:
            raise ArtefactError(f"{name}: risk_{kind} names other learners: fit them again (make run)")
        learners[group] = load_model(paths, name)
    return document, learners


def _name(kind: str, group: str) -> str:
    if kind not in AREA_KINDS or group not in GROUP_NAMES:
        raise ArtefactError(f"{kind}, {group}: there are no risk models of such a name")
    return f"risk_{kind}_{group}"


def _keep_only(paths: DataPaths, kind: str, groups: set[str]) -> None:
    """Remove learners of an earlier run that have none in their place."""
    for group in GROUP_NAMES:
        if group not in groups:
            remove_model(paths, _name(kind, group))
