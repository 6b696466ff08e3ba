"""Fairness tables of a release, as published, with plots of what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.publishing.audit_pack.drawings import LOWER, UPPER, Drawing, drawings_of
from orchestration.publishing.audit_pack.plots import IntervalPlot, Mark, draw_intervals
from orchestration.publishing.formats import MISSING, is_missing, number

SHOWN_ROWS = 200
_PLOTTED_ROWS = 60


@dataclass(frozen=True)
class DrawnMeasure:
    """One measure of a table, drawn.

    Parameters
    ----------
    measure
        Its column.
    reference
        Value of no difference, which a line marks; none for none.
    has_interval
        Whether it is drawn with an interval.
    plots
        One a value of what tells its rows apart; none whose every value is withheld or undefined.
    """

    measure: str
    reference: float | None
    has_interval: bool
    plots: list[IntervalPlot]


@dataclass(frozen=True)
class FairnessTable:
    """One table as the page shows it.

    Parameters
    ----------
    name, file
        The table, and its CSV in the pack.
    columns
        Names of its columns.
    rows
        Its first `SHOWN_ROWS` rows, as text.
    row_count
        All its rows.
    drawn
        What is drawn of it; empty when no column has an interval and none is declared.
    """

    name: str
    file: str
    columns: list[str]
    rows: list[list[str]]
    row_count: int
    drawn: list[DrawnMeasure]


def fairness_tables(release: Path, pack: Path) -> list[FairnessTable]:
    """Copy every fairness table of a release as CSV and prepare it for the page.

    Parameters
    ----------
    release
        The release's folder, with its tables: small counts are withheld there already.
    pack
        The pack's folder; ``fairness/<table>.csv`` goes there.

    Returns
    -------
    list of FairnessTable
        In order of name; empty when no fairness table was published.
    """
    paths = sorted((release / "tables").glob("ml_fairness_*.parquet"))
    return [_table(path, pack / "fairness" / f"{path.stem}.csv") for path in paths]


def _table(path: Path, copy: Path) -> FairnessTable:
    import duckdb

    copy.parent.mkdir(exist_ok=True)
    # One thread, so that the rows keep the order of the file.
    with duckdb.connect(config={"threads": 1}) as connection:
        held = connection.from_parquet(str(path))
        columns, kinds = list(held.columns), [str(kind) for kind in held.types]
        held.write_csv(str(copy), header=True)
        rows = held.fetchall()
    return FairnessTable(
        name=path.stem,
        file=f"fairness/{copy.name}",
        columns=columns,
        rows=[list(map(_shown, row)) for row in rows[:SHOWN_ROWS]],
        row_count=len(rows),
        drawn=[draw_measure(one, columns, rows) for one in drawings_of(path.stem, columns, kinds, rows)],
    )


def draw_measure(drawing: Drawing, columns: list[str], rows: list[tuple[Any, ...]]) -> DrawnMeasure:
    """Draw one measure of a table.

    Parameters
    ----------
    drawing
        What of it.
    columns, rows
        The table.

    Returns
    -------
    DrawnMeasure
        With a plot for each value of what tells its rows apart.
    """
    at = {name: number for number, name in enumerate(columns)}
    ends = [at.get(drawing.measure + suffix) for suffix in ("", LOWER, UPPER)]
    groups: dict[str, list[Mark]] = {}
    for row in rows:
        if any(row[at[name]] not in allowed for name, allowed in drawing.only.items()):
            continue
        title, label = (
            ", ".join(_shown(row[at[name]]) for name in names if row[at[name]] is not None)
            for names in (drawing.split_by, drawing.labels)
        )
        values = (None if end is None else _finite(row[end]) for end in ends)
        groups.setdefault(title, []).append(Mark(label, *values))
    plots = [
        draw_intervals(title, sorted(marks, key=_in_number_order), drawing.reference, _PLOTTED_ROWS)
        for title, marks in groups.items()
        if any(mark.value is not None for mark in marks)
    ]
    return DrawnMeasure(drawing.measure, drawing.reference, ends[1] is not None, plots)


def _in_number_order(mark: Mark) -> tuple[str, int]:
    """Put tenths in the order of their numbers, and leave all else in the table's order."""
    before, _, last = mark.label.rpartition(", ")
    return (before, int(last)) if last.isdigit() else ("", 0)


def _finite(value: Any) -> float | None:
    return None if is_missing(value) or not math.isfinite(value) else float(value)


def _shown(value: Any) -> str:
    if is_missing(value):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
