"""Reads files that a person signed; strictly, since a bad one must never let anything pass."""

from __future__ import annotations

from datetime import date
from typing import Any


class SignedFileError(Exception):
    """A signed file that is not to be followed.

    Parameters
    ----------
    rule
        What it breaks.
    remedy
        The way out; none when the guide to such files is.
    """

    def __init__(self, rule: str, remedy: str | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy


def load_yaml(data: bytes) -> object:
    """Read YAML without tags that build objects, and without a key given twice.

    Raises
    ------
    SignedFileError
        When it is not such YAML.
    """
    import yaml

    try:
        return yaml.load(data.decode("utf-8"), Loader=_strict_loader())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SignedFileError(f"it is not YAML ({' '.join(str(error).split())})") from error


def text_of(content: dict, key: str) -> str:
    """Return a text that must be there."""
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SignedFileError(f"{key} is missing, empty or not a text")
    return value.strip()


def day_of(content: dict, key: str) -> str:
    """Return a day that must be there, as ISO 8601."""
    value = content.get(key)
    # A moment (datetime) is a date to Python, and not to whoever reads the file.
    if type(value) is not date:
        raise SignedFileError(f"{key} is missing or not a day", "write it as YYYY-MM-DD")
    return value.isoformat()


def signature_of(content: dict) -> tuple[str, str]:
    """Return name and role of who signed."""
    signature = content.get("signed_by")
    if not isinstance(signature, dict) or set(signature) != {"name", "role"}:
        raise SignedFileError("nobody signed it", "give name and role below signed_by")
    return text_of(signature, "name"), text_of(signature, "role")


def _strict_loader() -> type:
    """Return a safe YAML loader that refuses a key given twice, of which it would else take the last."""
    import yaml

    class Strict(yaml.SafeLoader):
        """The loader."""

    def mapping(loader: Any, node: Any) -> dict:
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise SignedFileError(f"the key {twice[0]!r} is given twice")
        return dict(loader.construct_pairs(node, deep=True))

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    return Strict
