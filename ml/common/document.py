"""Fitted models of plain numbers as JSON: bytes that hold values and never code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ml.common.artefact import ArtefactError, Manifest, check_digest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: Ending of the file, since the manifest beside it is JSON as well.
DOCUMENT = "model.json"
DOCUMENT_LIBRARIES = ("numpy", "pandas", "scipy")
T = TypeVar("T", bound="DataclassInstance")


def write_document(document: Mapping[str, Any]) -> bytes:
    """Return a document as bytes; the same document always gives the same.

    Parameters
    ----------
    document : mapping
        Of plain values, lists and mappings; numbers are written so that they come back to the last bit.

    Raises
    ------
    ArtefactError
        When it holds anything else, or a number that is not finite.
    """
    try:
        text = json.dumps(document, allow_nan=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ArtefactError(f"the model cannot be stored as JSON: {error}") from error
    return text.encode() + b"\n"


def read_document(content: bytes, manifest: Manifest) -> dict[str, Any]:
    """Return a document, when its bytes are those of the manifest.

    Parameters
    ----------
    content : bytes
        As `write_document` gave them.
    manifest : Manifest
        Of the format ``DOCUMENT``.

    Raises
    ------
    ArtefactError
        When they are not, or are no document, or the manifest is of another format.
    """
    check_digest(content, manifest)
    if manifest.format != DOCUMENT:
        raise ArtefactError(f"{manifest.name}: {manifest.format!r} is not read here, only {DOCUMENT} is")
    try:
        held = json.loads(content, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ArtefactError(f"{manifest.name}: this is no JSON ({error}): fit the model again") from error
    if not isinstance(held, dict):
        raise ArtefactError(f"{manifest.name}: it holds no model: fit it again")
    return held


def as_fields(value: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a dataclass of plain values and arrays, arrays as lists."""
    held = {field.name: getattr(value, field.name) for field in fields(value)}
    return {name: one.tolist() if isinstance(one, np.ndarray) else one for name, one in held.items()}


def from_fields(kind: type[T], held: Mapping[str, Any]) -> T:
    """Return the dataclass that `as_fields` took apart.

    Parameters
    ----------
    kind : type
        A dataclass whose fields are of the types float, int, bool, str and ``Floats``, by these names.
    held : mapping
        Value of every field; those of ``Floats`` as lists.

    Raises
    ------
    ArtefactError
        When fields are missing or too many, or a value has another type than its field.
    """
    wanted = {field.name: str(field.type) for field in fields(kind)}
    if set(wanted) != set(held):
        raise ArtefactError(f"{kind.__name__}: the stored fields are {sorted(held)}, not {sorted(wanted)}")
    return kind(**{name: _as_type(f"{kind.__name__}.{name}", held[name], wanted[name]) for name in wanted})


def _as_type(name: str, value: Any, wanted: str) -> Any:
    if wanted == "Floats" and isinstance(value, list):
        try:
            return np.array(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ArtefactError(f"{name}: the stored numbers are none ({error})") from error
    plain = {"float": (float, int), "int": (int,), "bool": (bool,), "str": (str,)}.get(wanted, ())
    if not isinstance(value, plain) or (isinstance(value, bool) and wanted != "bool"):
        raise ArtefactError(f"{name}: {wanted} was to be stored, not {type(value).__name__}")
    return value


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")
