"""Lineage of what a release really holds: a picture of the assets, and each column with its raw columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.lineage.model import RAW, RELEASE, ColumnRef, Lineage, walk_back
from orchestration.publishing.asset_drawing import draw_stages

COLUMNS = ("table", "column", "raw_dataset", "raw_column", "note")
NOT_KNOWN = "not known"
_LED_BY = ": "
_STAGES = ("raw", "validated", "staging", "facts, marts, audits", "models", "release")
_STAGE_OF = {
    "raw": 0,
    "validated": 1,
    "dim": 3,
    "fct": 3,
    "mart": 3,
    "audit": 3,
    "ml": 4,
    "published": 5,
}


@dataclass(frozen=True)
class PublishedColumn:
    """Where the values of one published column begin.

    Parameters
    ----------
    table, column
        The column.
    begins
        Dataset, raw column and the publisher's name for it, where that is another.
    notes
        Where values come from that are from no raw column, each led by the column on the way that says so.
    """

    table: str
    column: str
    begins: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The notes for people: what several columns on the way say alike is said once."""
        return sorted({note.partition(_LED_BY)[2] or note for note in self.notes})

    def as_rows(self) -> list[tuple[str, ...]]:
        """Return the rows of the CSV: one a raw column, and one a note."""
        values = [*self.begins, *(("", "", note) for note in self.notes)]
        return [(self.table, self.column, *value) for value in values]


def published_columns(lineage: Lineage, folder: Path) -> list[PublishedColumn]:
    """Follow every column of every table of a release to the raw files.

    Parameters
    ----------
    lineage
        The whole lineage.
    folder
        The release's folder, with its tables.

    Returns
    -------
    list of PublishedColumn
        In order of table, columns in the order of the file. A column that the lineage does not name says so.
    """
    import pyarrow.parquet as pq

    published = lineage.get(RELEASE, {})
    found = []
    for path in sorted((folder / "tables").glob("*.parquet")):
        for column in pq.read_schema(path).names:
            known = f"{path.stem}.{column}" in published
            found.append(
                _followed(lineage, path.stem, column)
                if known
                else PublishedColumn(path.stem, column, (), (NOT_KNOWN,))
            )
    return found


def by_table(published: Sequence[PublishedColumn]) -> dict[str, list[PublishedColumn]]:
    """Return the columns of each table: findings first, then the audits of how they came about."""
    tables: dict[str, list[PublishedColumn]] = {}
    for one in sorted(published, key=lambda one: (one.table.startswith("audit_"), one.table)):
        tables.setdefault(one.table, []).append(one)
    return tables


def draw_layers(lineage: Lineage) -> dict[str, Any]:
    """Return places and lines of the picture of the assets, from raw files to the release.

    Parameters
    ----------
    lineage
        The whole lineage.

    Returns
    -------
    dict
        As `draw_stages`.
    """
    stages: dict[str, list[str]] = {name: [] for name in _STAGES}
    for asset in sorted(lineage):
        stages[_STAGES[_stage(asset)]].append(asset)
    links = {
        (reference.asset, asset)
        for asset, columns in lineage.items()
        for origin in columns.values()
        for reference in origin.inputs
    }
    return draw_stages(stages, links)


def _followed(lineage: Lineage, table: str, column: str) -> PublishedColumn:
    begins, notes = set(), set()
    for reference, origin in walk_back(lineage, ColumnRef(RELEASE, f"{table}.{column}")):
        if reference.asset.startswith(RAW):
            begins.add((reference.asset.removeprefix(RAW), reference.column, origin.note))
        elif origin.note:
            notes.add(f"{reference}{_LED_BY}{origin.note}")
    return PublishedColumn(table, column, tuple(sorted(begins)), tuple(sorted(notes)))


def _stage(asset: str) -> int:
    # Seeds have no prefix of their own; they are read where staging is.
    return _STAGE_OF.get(asset.split("_")[0], 2)
