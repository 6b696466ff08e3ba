"""Fitted models as bytes: the same fit gives the same bytes, and nothing is ever unpickled to read them.

A model is written by skops, whose format holds names of types, plain values and arrays, never code. Its
files bear addresses in memory and the time of day, which are taken out here, so that a digest of the bytes
is a digest of the model.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np

FORMAT = "skops"
_SCHEMA = "schema.json"
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "skops")
_YEAR_OF_ZIP = (1980, 1, 1, 0, 0, 0)
#: What the models of this project hold beyond the estimators and arrays that skops itself takes for safe:
#: classes of scikit-learn that keep numbers and run nothing when they are read, and the type of an array.
TRUSTED = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
)


class ArtefactError(ValueError):
    """The bytes are not a model that may be loaded."""


@dataclass(frozen=True)
class Manifest:
    """What an artefact is, so that it can be checked before it is read.

    Parameters
    ----------
    name
        The model.
    data_version, code_version
        Digests of what it was fitted with and by.
    features
        Names of its inputs, in order.
    libraries
        Versions of the libraries that wrote it, by name.
    sha256
        Digest of its bytes.
    format
        How the bytes are to be read.
    """

    name: str
    data_version: str
    code_version: str
    features: tuple[str, ...]
    libraries: dict[str, str]
    sha256: str
    format: str = FORMAT

    def as_json(self) -> str:
        """Return it as text; the same manifest gives the same text."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read it.

        Raises
        ------
        ArtefactError
            When the text is no manifest.
        """
        try:
            held = json.loads(text)
            return cls(**{**held, "features": tuple(held["features"])})
        except (ValueError, TypeError, KeyError) as error:
            raise ArtefactError(f"the manifest cannot be read ({error}): fit the model again") from error


def freeze(model: Any) -> bytes:
    """Return a model as bytes.

    Parameters
    ----------
    model : estimator, or dict of estimators, arrays and plain values
        Of scikit-learn's and numpy's types, and what ``TRUSTED`` names.

    Returns
    -------
    bytes
        Of the same model, always the same.

    Raises
    ------
    ArtefactError
        When it holds anything that could not be loaded again.
    """
    import skops.io
    from skops.io.exceptions import UnsupportedTypeException

    try:
        written = skops.io.dumps(model)
    except (UnsupportedTypeException, TypeError) as error:
        raise ArtefactError(f"{type(model).__name__} cannot be stored: {error}") from error
    _check_types(written)
    with ZipFile(io.BytesIO(written)) as held:
        schema = json.loads(held.read(_SCHEMA))
        files = _renamed(schema)
        buffer = io.BytesIO()
        with ZipFile(buffer, "w") as plain:
            for old, new in files.items():
                plain.writestr(ZipInfo(new, _YEAR_OF_ZIP), _plain_array(held.read(old)))
            plain.writestr(ZipInfo(_SCHEMA, _YEAR_OF_ZIP), json.dumps(schema))
    return buffer.getvalue()


def describe(
    content: bytes,
    *,
    name: str,
    data_version: str,
    code_version: str,
    features: tuple[str, ...],
    format: str = FORMAT,
    libraries: tuple[str, ...] = _LIBRARIES,
) -> Manifest:
    """Return the manifest of a model's bytes, with the versions of the libraries that run now.

    Parameters
    ----------
    content : bytes
        The model, as `freeze` or `ml.common.document.write_document` gave it.
    name, data_version, code_version, features, format
        As in `Manifest`.
    libraries : tuple of str
        Distributions whose versions are noted; all must be installed.
    """
    versions = {library: version(library) for library in libraries}
    digest = hashlib.sha256(content).hexdigest()
    return Manifest(name, data_version, code_version, features, versions, digest, format)


def check_digest(content: bytes, manifest: Manifest) -> None:
    """Refuse bytes that are not those of the manifest.

    Raises
    ------
    ArtefactError
        When their SHA-256 is another.
    """
    if hashlib.sha256(content).hexdigest() != manifest.sha256:
        raise ArtefactError(f"{manifest.name}: its bytes are not those of its manifest: fit it again")


def thaw(content: bytes, manifest: Manifest) -> Any:
    """Return the model, when its bytes are those of the manifest and hold only what is trusted.

    Digest and types are both asked for: who could change a manifest with its bytes still gets no code run.

    Parameters
    ----------
    content : bytes
        As `freeze` gave them.
    manifest : Manifest
        Of the format ``FORMAT``.

    Raises
    ------
    ArtefactError
        Otherwise; nothing of the bytes was then brought to life.
    """
    import skops.io

    check_digest(content, manifest)
    if manifest.format != FORMAT:
        raise ArtefactError(f"{manifest.name}: {manifest.format!r} is not loaded, only {FORMAT} is")
    _check_types(content)
    return skops.io.loads(content, trusted=list(TRUSTED))


def _check_types(content: bytes) -> None:
    """Refuse bytes that are no skops file, a pickle among them, or that name a type not trusted."""
    import skops.io

    try:
        unknown = set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED)
    except (BadZipFile, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ArtefactError(f"this is no {FORMAT} file ({error}): fit the model again") from error
    if unknown:
        raise ArtefactError(f"it holds types that are not trusted: {', '.join(sorted(unknown))}")


def _renamed(schema: dict[str, Any]) -> dict[str, str]:
    """Number objects and files by their order instead of by their addresses; return old and new names.

    Two places with one number are one object, which matters for all but plain values: whether Python keeps
    two equal numbers as one differs from run to run.
    """
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    count = 0
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += reversed(node)
        if not isinstance(node, dict):
            continue
        if "__loader__" in node and "__id__" in node:
            count += 1
            is_plain = node["__loader__"] == "JsonNode"
            node["__id__"] = count if is_plain else numbers.setdefault(node["__id__"], count)
        if node.get("type") == "numpy" and isinstance(node.get("file"), str):
            node["file"] = files.setdefault(node["file"], f"array_{len(files)}.npy")
        waiting += reversed(list(node.values()))
    return files


def _plain_array(content: bytes) -> bytes:
    """Clear the gaps between the fields of a tree's records, which hold whatever lay in memory."""
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if not array.dtype.fields or not array.size:
        return content
    is_gap = np.ones(array.dtype.itemsize, dtype=bool)
    for part, start, *_ in array.dtype.fields.values():
        is_gap[start : start + part.itemsize] = False
    # On the bytes themselves: copies of records leave out what no field owns.
    head, records = content[: -array.nbytes], content[-array.nbytes :]
    plain = np.frombuffer(records, np.uint8).reshape(array.size, -1).copy()
    plain[:, is_gap] = 0
    return head + plain.tobytes()
