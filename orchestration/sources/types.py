"""What every source client shares: a partition, a fetched file and the error that an operator reads."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTH = re.compile(r"^20\d{2}-(0[1-9]|1[0-2])$")
_SLUG = re.compile(r"^[a-z][a-z0-9-]{1,40}$")


class SourceError(Exception):
    """Something upstream, or on disk, is not what it should be.

    Parameters
    ----------
    where
        The file, member or address concerned.
    rule
        The rule that it broke, in plain words.
    remedy
        What the operator can do about it.
    """

    def __init__(self, where: str, rule: str, remedy: str) -> None:
        super().__init__(f"{where}: {rule}. Remedy: {remedy}.")
        self.where = where
        self.rule = rule
        self.remedy = remedy


@dataclass(frozen=True, order=True)
class Partition:
    """One month of one police force.

    Parameters
    ----------
    month
        ``YYYY-MM``.
    force
        The force's id in the upstream archive, such as ``bedfordshire``.

    Raises
    ------
    ValueError
        When either part could not be a month or a force id: both become folder names.
    """

    month: str
    force: str

    def __post_init__(self) -> None:
        if not _MONTH.match(self.month):
            raise ValueError(f"{self.month!r} is not a month; write it as YYYY-MM, such as 2024-06")
        if not _SLUG.match(self.force):
            raise ValueError(
                f"{self.force!r} is not a force id; write it as in the archive, such as bedfordshire"
            )


@dataclass(frozen=True)
class Fetched:
    """The original bytes of one upstream file and where they came from.

    Parameters
    ----------
    name
        File name to land the bytes under (no folders).
    content
        The bytes, untouched.
    url
        Address (or path) that they were read from.
    crc32
        Checksum in the upstream's own directory, eight hex digits, where it has one.
    release
        The upstream release (archive month, edition) that the bytes belong to, where known.
    """

    name: str
    content: bytes
    url: str
    crc32: str | None = None
    release: str | None = None


@dataclass(frozen=True)
class Description:
    """What a dataset is and on what terms it may be used.

    Parameters
    ----------
    dataset
        Slug of the dataset.
    title
        What it is, for people.
    licence, attribution
        Terms of use and the wording that must be shown.
    home_page
        The publisher's page about it.
    columns
        Name, type, unit and meaning of each column as it is read, where declared.
    """

    dataset: str
    title: str
    licence: str
    attribution: str
    home_page: str | None = None
    columns: tuple[dict[str, str], ...] = ()
