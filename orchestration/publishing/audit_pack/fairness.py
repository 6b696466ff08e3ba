"""Fairness tables of a release, as published, with plots of what they say."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from ml.common.intervals import Z_95
from orchestration.publishing.audit_pack.drawings import ERROR, LOWER, UPPER, Drawing, drawings_of
from orchestration.publishing.audit_pack.fairness_words import (
    Axis,
    TableWords,
    axis_words,
    table_words,
    value_words,
)
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
    words
        What it measures.
    reference
        Value of no difference, which a line marks; none for none.
    has_interval
        Whether it is drawn with an interval.
    plots
        One a value of what tells its rows apart; none whose every value is withheld or undefined.
    """

    measure: str
    words: str
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
    words
        Its title, and how to read it.
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
    words: TableWords
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
        rows = sorted(held.fetchall(), key=_number_order)
    return FairnessTable(
        name=path.stem,
        words=table_words(path.stem),
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
    held = [dict(zip(columns, row, strict=True)) for row in rows]
    drawn = [row for row in held if all(row[name] in allowed for name, allowed in drawing.only.items())]
    withheld = {_compared(drawing, row) for row in drawn if _is_reference(row) and _is_withheld(drawing, row)}
    groups: dict[str, list[Mark]] = {}
    axes: dict[str, Axis] = {}
    for row in drawn:
        title, label = _words(drawing.split_by, row), _words(drawing.labels, row)
        value, lower, upper = _with_interval(drawing.measure, row)
        note = _note(drawing, row, value, withheld)
        groups.setdefault(title, []).append(Mark(label, value, lower, upper, note))
        axes[title] = _axis(drawing, row)
    plots = [
        draw_intervals(_capitalised(title), marks, drawing.reference, _PLOTTED_ROWS, axes[title])
        for title, marks in groups.items()
        if any(mark.value is not None for mark in marks)
    ]
    has_interval = any(mark.lower is not None for marks in groups.values() for mark in marks)
    measured = {axis.words for axis in axes.values()}
    words = measured.pop() if len(measured) == 1 else axis_words(drawing.together or drawing.measure).words
    return DrawnMeasure(drawing.measure, words, drawing.reference, has_interval, plots)


def _with_interval(measure: str, row: Mapping[str, Any]) -> tuple[float | None, ...]:
    """Return a value and its bounds; of one with a standard error in their place, the normal 95% interval."""
    value, lower, upper, error = (_finite(row.get(measure + suffix)) for suffix in ("", LOWER, UPPER, ERROR))
    if value is None or error is None:
        return value, lower, upper
    return value, value - Z_95 * error, value + Z_95 * error


def _words(names: tuple[str, ...], row: Mapping[str, Any]) -> str:
    return ", ".join(value_words(name, row[name]) for name in names if not is_missing(row[name]))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _axis(drawing: Drawing, row: Mapping[str, Any]) -> Axis:
    """Return what a row measures: a metric is named by a value, any other measure by its column."""
    if drawing.axis:
        return axis_words(drawing.axis)
    metric = next((row[name] for name in ("metric", "measure") if name in drawing.split_by), None)
    if drawing.measure in {"metric_value", "scenario_value"}:
        return axis_words(str(metric))
    return (
        axis_words(str(metric)).of_change if drawing.measure == "difference" else axis_words(drawing.measure)
    )


def _note(drawing: Drawing, row: Mapping[str, Any], value: float | None, withheld: set[Any]) -> str:
    """Say which row is the reference, and why another has no value."""
    if drawing.is_to_reference_group and _is_reference(row) and not _is_withheld(drawing, row):
        return "(reference)"
    if value is not None:
        return ""
    if _is_withheld(drawing, row):
        return "(withheld: small numbers)"
    if drawing.is_to_reference_group and _compared(drawing, row) in withheld:
        return "(reference withheld)"
    if drawing.measure.startswith("rate_") and is_missing(row.get("resident_count")):
        return "(residents not known)"
    return "(undefined: 0/0)"


def _is_reference(row: Mapping[str, Any]) -> bool:
    return "reference_group" in row and row.get("group_name") == row["reference_group"]


def _is_withheld(drawing: Drawing, row: Mapping[str, Any]) -> bool:
    rate = drawing.measure.removesuffix("_difference")
    return bool(row.get(f"is_{rate}_suppressed", row.get("is_suppressed", False)))


def _compared(drawing: Drawing, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a row has in common with the one that it is compared with."""
    names = (*drawing.split_by, *drawing.labels, *drawing.only)
    return tuple(row[name] for name in names if name != "group_name")


def _number_order(row: tuple[Any, ...]) -> tuple[tuple[str | float, ...], ...]:
    """Order rows by their leading names, and numbers in them by size: 10 comes after 9."""
    texts = takewhile(lambda value: isinstance(value, str), row)
    parts = (re.split(r"(\d+)", text) for text in texts)
    # Of each split every second part is a number, so that like is compared with like.
    return tuple(tuple(int(one) if at % 2 else one for at, one in enumerate(split)) for split in parts)


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
