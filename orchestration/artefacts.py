"""Fitted models on disk: the bytes, and beside them what they are and what their digest must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_quality.files import write_bytes_atomically, write_text_atomically
from ml.common.artefact import FORMAT, ArtefactError, Manifest, describe, freeze, thaw
from ml.common.document import DOCUMENT, DOCUMENT_LIBRARIES, read_document, write_document
from orchestration.code_version import code_version
from orchestration.paths import DataPaths


def store_model(
    paths: DataPaths, name: str, model: Any, *, data_version: str, features: tuple[str, ...]
) -> Manifest:
    """Write a model and its manifest, in the place of those of an earlier run.

    Parameters
    ----------
    paths
        The data folder.
    name
        File name without its ending; no part of it may come from upstream.
    model
        As :func:`ml.common.artefact.freeze` takes it.
    data_version
        Digest of the rows that it was fitted with.
    features
        Names of its inputs, in order.

    Returns
    -------
    Manifest
        What was written. The model goes first: if the run ends between the two, the old manifest does not
        match, and the model is refused until it is fitted again.

    Raises
    ------
    ArtefactError
        When the model holds what could not be loaded again.
    """
    content = freeze(model)
    manifest = describe(
        content, name=name, data_version=data_version, code_version=code_version(), features=features
    )
    return _store(paths, content, manifest)


def store_document(
    paths: DataPaths,
    name: str,
    document: Mapping[str, Any],
    *,
    data_version: str,
    features: tuple[str, ...] = (),
) -> Manifest:
    """Write a model of plain numbers and its manifest, as `store_model` does with one of scikit-learn.

    Parameters
    ----------
    paths, name, data_version, features
        As there.
    document
        As :func:`ml.common.document.write_document` takes it.

    Raises
    ------
    ArtefactError
        When it holds what cannot be stored as JSON.
    """
    content = write_document(document)
    manifest = describe(
        content,
        name=name,
        data_version=data_version,
        code_version=code_version(),
        features=features,
        format=DOCUMENT,
        libraries=DOCUMENT_LIBRARIES,
    )
    return _store(paths, content, manifest)


def load_model(paths: DataPaths, name: str) -> Any:
    """Return a model that was stored, when its bytes are those of its manifest and hold only trusted types.

    Parameters
    ----------
    paths
        The data folder.
    name
        As `store_model` was given it.

    Raises
    ------
    ArtefactError
        When they are not, or when a file is missing.
    """
    return thaw(*_held(paths, name, FORMAT))


def load_document(paths: DataPaths, name: str) -> dict[str, Any]:
    """Return what `store_document` wrote, when its bytes are those of its manifest.

    Parameters
    ----------
    paths
        The data folder.
    name
        As `store_document` was given it.

    Raises
    ------
    ArtefactError
        When they are not, or when a file is missing.
    """
    return read_document(*_held(paths, name, DOCUMENT))


def manifest_of(paths: DataPaths, name: str) -> Manifest:
    """Return the manifest of a model or document.

    Raises
    ------
    ArtefactError
        When there is none, or it cannot be read.
    """
    try:
        return Manifest.from_json((paths.models / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _missing(error) from error


def remove_model(paths: DataPaths, name: str) -> None:
    """Remove a model or document of an earlier run that has none in its place now, with its manifest."""
    for ending in ("json", FORMAT, DOCUMENT):
        (paths.models / f"{name}.{ending}").unlink(missing_ok=True)


def _store(paths: DataPaths, content: bytes, manifest: Manifest) -> Manifest:
    write_bytes_atomically(paths.models / f"{manifest.name}.{manifest.format}", content)
    write_text_atomically(paths.models / f"{manifest.name}.json", manifest.as_json())
    return manifest


def _held(paths: DataPaths, name: str, ending: str) -> tuple[bytes, Manifest]:
    manifest = manifest_of(paths, name)
    try:
        return (paths.models / f"{name}.{ending}").read_bytes(), manifest
    except FileNotFoundError as error:
        raise _missing(error) from error


def _missing(error: FileNotFoundError) -> ArtefactError:
    return ArtefactError(f"{error.filename}: it is missing: fit the model again (make run)")
