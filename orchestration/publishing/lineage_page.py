"""The page that leads from each published column back to the raw file; it opens offline."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestration.lineage.model import RAW, RELEASE, ColumnRef, Lineage, walk_back
from orchestration.publishing.asset_drawing import draw_stages
from orchestration.publishing.embedding import page_asset, script_hash

_STAGES = ("source files", "staging", "seeds and reconciled", "facts and marts", "models", "audits")


@dataclass(frozen=True)
class ColumnChain:
    """What the page says of one published column.

    Parameters
    ----------
    column
        Its name.
    made_of
        Columns that it is made of directly.
    begins
        Raw columns that its values begin with, by dataset, each with the publisher's name where it differs.
    notes
        Where values come from that are from no raw column.
    steps
        Every column on the way, with what it is made of or its note.
    """

    column: str
    made_of: list[str]
    begins: dict[str, list[str]]
    notes: list[str]
    steps: list[tuple[str, str]]


def write_lineage_page(lineage: Lineage, path: Path, *, is_synthetic: bool) -> None:
    """Write the page.

    Parameters
    ----------
    lineage
        The whole lineage.
    path
        The HTML file; its folder is made when missing.
    is_synthetic
        Whether the release is made of the sandbox's invented data.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_lineage(lineage, is_synthetic=is_synthetic), encoding="utf-8", newline="\n")


def render_lineage(lineage: Lineage, *, is_synthetic: bool) -> str:
    """Return the page's HTML; equal lineages give equal bytes."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    script = page_asset("lineage.js")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tables = published_chains(lineage)
    return environment.get_template("lineage.html.j2").render(
        tables=tables,
        column_count=sum(map(len, tables.values())),
        drawing=draw_assets(lineage),
        is_synthetic=is_synthetic,
        style=page_asset("overview.css"),
        script=script,
        script_hash=script_hash(script),
    )


def published_chains(lineage: Lineage) -> dict[str, list[ColumnChain]]:
    """Return the chain of every column of a release, by table from left to right."""
    tables: dict[str, list[ColumnChain]] = {}
    for name, origin in lineage[RELEASE].items():
        start = ColumnRef.parse(name)
        # What publishing adds to a table is in no table of the warehouse.
        is_added = origin.inputs != (start,)
        chain = column_chain(lineage, ColumnRef(RELEASE, name) if is_added else start)
        tables.setdefault(start.asset, []).append(replace(chain, column=start.column))
    return {table: tables[table] for table in sorted(tables, key=lambda name: (_stage(name) or 0, name))}


def column_chain(lineage: Lineage, start: ColumnRef) -> ColumnChain:
    """Return the chain of one column."""
    begins: dict[str, list[str]] = defaultdict(list)
    notes, steps = [], []
    for reference, origin in walk_back(lineage, start):
        if reference.asset.startswith(RAW):
            shown = f"{reference.column} ({origin.note})" if origin.note else reference.column
            begins[reference.asset.removeprefix(RAW)].append(shown)
            continue
        if origin.note:
            notes.append(f"{reference}: {origin.note}")
        made_of = [str(found) for found in origin.inputs] + ([origin.note] if origin.note else [])
        steps.append((str(reference), ", ".join(made_of)))
    direct = [str(reference) for reference in lineage[start.asset][start.column].inputs]
    return ColumnChain(
        start.column, direct, {d: sorted(c) for d, c in sorted(begins.items())}, sorted(notes), steps
    )


def draw_assets(lineage: Lineage) -> dict[str, Any]:
    """Return places and lines of a picture of the tables, stage by stage from left to right.

    A table stands for its raw and validated forms; each line leads from a table to one that is made of it.
    """
    links = {
        (_table(reference.asset), _table(asset))
        for asset, columns in lineage.items()
        if _stage(asset) is not None
        for origin in columns.values()
        for reference in origin.inputs
        if _stage(reference.asset) is not None
    }
    stages: list[list[str]] = [[] for _ in _STAGES]
    for asset in sorted(lineage):
        stage = _stage(asset)
        if stage is not None and _table(asset) not in stages[stage]:
            stages[stage].append(_table(asset))
    return draw_stages(dict(zip(_STAGES, stages, strict=True)), links)


def _table(asset: str) -> str:
    return asset.removeprefix(RAW).removeprefix("validated_")


def _stage(asset: str) -> int | None:
    """Return the place of an asset from left to right; none for the release, which holds every table."""
    prefix = asset.split("_")[0]
    if asset.startswith("published_"):
        return None
    return {
        "raw": 0,
        "validated": 0,
        "stg": 1,
        "dim": 3,
        "fct": 3,
        "mart": 3,
        "ml": 4,
        "audit": 5,
    }.get(prefix, 2)
