"""Reads files that a person signed; strictly, since a bad one must never let anything pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

Signed = TypeVar("Signed")

MAXIMUM_DAYS = 366
MINIMUM_RATIONALE_CHARACTERS = 40


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


@dataclass(frozen=True)
class Statement:
    """Who says so, why, and until when; days are ISO 8601, and ``valid_until`` is the last one."""

    signed_by: str
    role: str
    signed_on: str
    rationale: str
    valid_until: str


def read_signed_files(
    folder: Path, read: Callable[[bytes, str], Signed], *, kind: str, guide: str
) -> tuple[list[Signed], list[str]]:
    """Read every signed file of a folder.

    Parameters
    ----------
    folder
        Folder of ``<name>.yml``; it need not exist.
    read
        Takes a file's bytes and its name; raises :class:`SignedFileError` when it is not to be followed.
    kind
        What the files are, for the words about one that is refused.
    guide
        The way out where the error names none.

    Returns
    -------
    tuple of list and list of str
        Those that hold, in order of file name, and what is wrong with each other file.
    """
    held: list[Signed] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.y*ml")):
        try:
            held.append(read(path.read_bytes(), path.name))
        except SignedFileError as error:
            problems.append(f"{kind} {path.name}: {error.rule}. Remedy: {error.remedy or guide}.")
        except OSError as error:
            problems.append(f"{kind} {path.name}: it cannot be read ({error}). Remedy: mend its permissions.")
    return held, problems


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
    # A day that does not exist, a key that is a list and endless nesting are no errors of YAML to its reader.
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise SignedFileError(f"it is not YAML ({' '.join(str(error).split())})") from error


def text_of(content: dict, key: str) -> str:
    """Return a text that must be there, without outer blanks.

    Raises
    ------
    SignedFileError
        When it is missing, empty or not a text.
    """
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SignedFileError(f"{key} is missing, empty or not a text")
    return value.strip()


def day_of(content: dict, key: str) -> str:
    """Return a day that must be there, as ISO 8601 (YAML reads an unquoted YYYY-MM-DD as a day).

    Raises
    ------
    SignedFileError
        When it is missing or not a day.
    """
    value = content.get(key)
    # A moment (datetime) is a date to Python, and not to whoever reads the file.
    if type(value) is not date:
        raise SignedFileError(f"{key} is missing or not a day", "write it as YYYY-MM-DD")
    return value.isoformat()


def signature_of(content: dict) -> tuple[str, str]:
    """Return name and role of who signed, from ``signed_by``.

    Raises
    ------
    SignedFileError
        When it does not hold both, and nothing else.
    """
    signature = content.get("signed_by")
    if not isinstance(signature, dict) or set(signature) != {"name", "role"}:
        raise SignedFileError("nobody signed it", "give name and role below signed_by")
    return text_of(signature, "name"), text_of(signature, "role")


def statement_of(content: dict, may_sign: Sequence[str], today: date) -> Statement:
    """Return what every signed decision has: signature, rationale and days, if they hold today.

    Parameters
    ----------
    content
        The file's content: ``signed_by``, ``signed_on``, ``rationale``, ``valid_until``.
    may_sign
        Roles that may sign.
    today
        The day on which it is to hold.

    Raises
    ------
    SignedFileError
        When it does not hold.
    """
    name, role = signature_of(content)
    if role not in may_sign:
        raise SignedFileError(
            f"the role {role!r} may not sign", f"have it signed by one of: {', '.join(may_sign)}"
        )
    rationale = text_of(content, "rationale")
    if len(rationale) < MINIMUM_RATIONALE_CHARACTERS:
        raise SignedFileError(
            "the rationale is too short to be one", "say why it may be published all the same"
        )
    signed, last = day_of(content, "signed_on"), day_of(content, "valid_until")
    _check_days(date.fromisoformat(signed), date.fromisoformat(last), today)
    return Statement(name, role, signed, rationale, last)


def _check_days(signed: date, last: date, today: date) -> None:
    if signed > today:
        raise SignedFileError(f"it is signed on {signed}, a day to come", "sign it with the day of signing")
    if last < signed or last - signed > timedelta(days=MAXIMUM_DAYS):
        raise SignedFileError(
            f"it would hold from {signed} to {last}",
            f"let it end at most {MAXIMUM_DAYS} days after it is signed",
        )
    if last < today:
        raise SignedFileError(
            f"it expired on {last}", "decide anew if the reasons still hold, else remove it"
        )


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
