"""Fitted models on disk: the bytes, and beside them what they are and what their digest must be."""

from __future__ import annotations

from typing import Any

from data_quality.files import write_bytes_atomically, write_text_atomically
from ml.common.artefact import ArtefactError, Manifest, describe, freeze, thaw
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
    write_bytes_atomically(paths.models / f"{name}.skops", content)
    write_text_atomically(paths.models / f"{name}.json", manifest.as_json())
    return manifest


def load_model(paths: DataPaths, name: str) -> Any:
    """Return a model that was stored, when its bytes are those of its manifest and hold only trusted types.

    Raises
    ------
    ArtefactError
        When they are not, or when a file is missing.
    """
    try:
        text = (paths.models / f"{name}.json").read_text(encoding="utf-8")
        content = (paths.models / f"{name}.skops").read_bytes()
    except FileNotFoundError as error:
        raise ArtefactError(f"{error.filename}: it is missing: fit the model again (make run)") from error
    return thaw(content, Manifest.from_json(text))
