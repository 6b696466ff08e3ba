"""What a column's origin is, and the walk from a column back to where its values begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

RAW = "raw_"
#: The asset whose columns are those of a release, named ``table.column``.
RELEASE = "published_release"


class LineageError(ValueError):
    """The origin of a column cannot be told; the message names the table, the column and the remedy."""


@dataclass(frozen=True, order=True)
class ColumnRef:
    """A column of an asset."""

    asset: str
    column: str

    def __str__(self) -> str:
        return f"{self.asset}.{self.column}"

    @classmethod
    def parse(cls, text: str) -> ColumnRef:
        """Read ``asset.column``."""
        asset, _, column = text.partition(".")
        return cls(asset, column)


@dataclass(frozen=True)
class Origin:
    """What the values of a column are made of.

    Parameters
    ----------
    inputs
        Columns that its expression reads, in order of name.
    note
        Where a value comes from when it is from no column, or from more than columns.
    """

    inputs: tuple[ColumnRef, ...] = ()
    note: str = ""


#: Origin of each column of each asset.
Lineage = Mapping[str, Mapping[str, Origin]]


def beginnings(lineage: Lineage, start: ColumnRef) -> tuple[set[ColumnRef], set[str]]:
    """Walk back from a column to where its values begin.

    Parameters
    ----------
    lineage
        The whole lineage.
    start
        The column to begin with.

    Returns
    -------
    tuple
        The raw columns reached, and the notes of the columns on the way, each led by its column.

    Raises
    ------
    LineageError
        When a column on the way is not declared, or begins nowhere and says nothing about it.
    """
    raw, notes = set(), set()
    for reference, origin in walk_back(lineage, start):
        if reference.asset.startswith(RAW):
            raw.add(reference)
        elif origin.note:
            notes.add(f"{reference}: {origin.note}")
    return raw, notes


def walk_back(lineage: Lineage, start: ColumnRef) -> Iterator[tuple[ColumnRef, Origin]]:
    """Give each column that a column's values pass through, itself first, with its origin.

    Parameters
    ----------
    lineage
        The whole lineage.
    start
        The column to begin with.

    Yields
    ------
    tuple of ColumnRef and Origin
        Each column once, those fewest steps away first.

    Raises
    ------
    LineageError
        When a column is not declared, or one that is not raw begins nowhere and says nothing about it.
    """
    waiting, seen = [start], {start}
    while waiting:
        reference = waiting.pop(0)
        origin = lineage.get(reference.asset, {}).get(reference.column)
        if origin is None:
            raise LineageError(f"{reference} is read by {start} or on the way to it, and no lineage names it")
        if not origin.inputs and not origin.note and not reference.asset.startswith(RAW):
            raise LineageError(f"{reference} has no input and no note of where its values come from")
        yield reference, origin
        waiting += [found for found in origin.inputs if found not in seen]
        seen |= set(origin.inputs)
