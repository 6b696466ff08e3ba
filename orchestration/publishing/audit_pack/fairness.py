"""Fairness tables of a release, as published, with a plot of each that has intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.publishing.audit_pack.plots import IntervalPlot, Mark, draw_intervals
from orchestration.publishing.formats import MISSING, is_missing, number

SHOWN_ROWS = 200
_PLOTTED_ROWS = 60
_LOWER, _UPPER = "_lower", "_upper"
# The measures that say most, where a table has several with intervals.
_FIRST = ("rate_ratio", "disparity_ratio", "exposed_share")
_SPLIT_BY = ("metric", "attribute", "ethnicity_basis")
_NO_LABELS = frozenset({"note", "reference_group"})


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
    measure
        The column that is plotted; none when no column has an interval.
    plots
        One a metric, attribute or basis.
    """

    name: str
    file: str
    columns: list[str]
    rows: list[list[str]]
    row_count: int
    measure: str | None
    plots: list[IntervalPlot]


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
    measure = _measure(columns)
    return FairnessTable(
        name=path.stem,
        file=f"fairness/{copy.name}",
        columns=columns,
        rows=[list(map(_shown, row)) for row in rows[:SHOWN_ROWS]],
        row_count=len(rows),
        measure=measure,
        plots=_plots(columns, kinds, rows, measure) if measure else [],
    )


def _measure(columns: Sequence[str]) -> str | None:
    held = set(columns)
    with_interval = [name for name in columns if {name + _LOWER, name + _UPPER} <= held]
    preferred = [name for name in _FIRST if name in with_interval]
    return next(iter([*preferred, *with_interval]), None)


def _plots(
    columns: list[str], kinds: list[str], rows: list[tuple[Any, ...]], measure: str
) -> list[IntervalPlot]:
    """Return a plot for each value of the first column that tells measures apart, as one axis serves one."""
    texts = [at for at, kind in enumerate(kinds) if kind == "VARCHAR" and len({row[at] for row in rows}) > 1]
    split = next((at for name in _SPLIT_BY for at in texts if columns[at] == name), None)
    labels = [at for at in texts if at != split and columns[at] not in _NO_LABELS]
    ends = [columns.index(measure + suffix) for suffix in ("", _LOWER, _UPPER)]
    groups: dict[str, list[Mark]] = {}
    for row in rows:
        title = "" if split is None else str(row[split])
        label = ", ".join(str(row[at]) for at in labels if row[at] is not None)
        groups.setdefault(title, []).append(Mark(label, *(_finite(row[at]) for at in ends)))
    reference = 1.0 if measure.endswith("ratio") else None
    return [draw_intervals(title, marks, reference, _PLOTTED_ROWS) for title, marks in groups.items()]


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
