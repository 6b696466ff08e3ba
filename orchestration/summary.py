"""The short summary that a run ends with, read from the release that it published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import duckdb

from orchestration.environment import Settings
from orchestration.paths import DataPaths
from orchestration.publishing.verify import sha256_of


def print_summary(settings: Settings, seconds: float) -> None:
    """Print what came in, what was rejected, what was found and where to look.

    Parameters
    ----------
    settings
        The run's settings.
    seconds
        How long the run took.
    """
    paths = DataPaths(settings.data)
    latest = paths.published_root / "latest"
    if not (latest / "manifest.json").is_file():
        click.secho("No release was published.", fg="red", err=True)
        return
    for line in _lines(paths, latest):
        click.echo(line)
    click.echo(f"\nTook {seconds:.0f} s.")


def _lines(paths: DataPaths, latest: Path) -> Iterator[str]:
    manifest = json.loads((latest / "manifest.json").read_text())
    with duckdb.connect() as tables:
        for name in _published(latest):
            tables.execute(
                f"create view {name} as from read_parquet('{_escaped(latest / 'tables' / name)}.parquet')"
            )
        yield f"\nRelease {manifest['release']} ({len(manifest['files'])} files)"
        yield from _rows_in(tables)
        yield from _gates(tables)
        yield from _harm(tables)
        yield from _hotspots(tables)
        yield from _forecast(tables)
    yield from _plan(manifest["policy"])
    yield "\nWhere to look"
    yield f"  overview            {latest / 'overview.html'}"
    yield f"  audit pack          {latest / 'audit' / 'index.html'}"
    yield f"  validation report   {paths.validation_report}"
    yield f"  data docs           {paths.data_docs / 'index.html'}"
    yield f"  dbt docs            {latest / 'dbt_docs' / 'index.html'}"
    yield f"  manifest            {latest / 'manifest.json'}"
    yield f"  warehouse           {paths.warehouse}"
    yield "\nTo notice later whether anything in the release was altered, note elsewhere"
    yield f"  manifest sha256     {sha256_of(latest / 'manifest.json')}"


def _published(latest: Path) -> list[str]:
    return sorted(path.stem for path in (latest / "tables").glob("*.parquet"))


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def _rows_in(tables: duckdb.DuckDBPyConnection) -> Iterator[str]:
    yield "\nRows                          landed     staged  quarantined"
    query = """
        select dataset, sum(landed_count), sum(staged_count), sum(quarantined_count)
        from audit_row_reconciliation group by dataset order by dataset
    """
    for dataset, landed, staged, quarantined in tables.execute(query).fetchall():
        yield f"  {dataset:<24}{landed:>10,}{staged:>11,}{quarantined:>13,}"


def _gates(tables: duckdb.DuckDBPyConnection) -> Iterator[str]:
    query = "select status, count(*) from audit_coverage group by status order by status"
    counts = ", ".join(f"{count:,} {status}" for status, count in tables.execute(query).fetchall())
    yield f"\nPartitions and reference data: {counts}"
    query = """
        select dataset, month, force, reason
        from audit_coverage where status = 'withheld' order by all limit 10
    """
    for dataset, month, force, reason in tables.execute(query).fetchall():
        yield f"  withheld: {dataset} {month or ''} {force or ''} {reason}"


def _harm(tables: duckdb.DuckDBPyConnection) -> Iterator[str]:
    import pandas as pd

    from orchestration.publishing.page_harm import months_missing

    query = """
        select harm_rank, lsoa_name, lad_name, harm_days, harm_share, window_start_month, window_end_month
        from mart_harm_ranking where is_active_scheme order by harm_rank, lsoa_code limit 5
    """
    rows = tables.execute(query).fetchall()
    window = f", {rows[0][5]:%Y-%m} to {rows[0][6]:%Y-%m}" if rows else ": none"
    yield f"\nTop harm areas{window}" + (" (harm days, share of all)" if rows else "")
    for rank, lsoa, district, days, share, *_ in rows:
        yield f"  {rank:>2}. {lsoa} ({district})  {days:,.0f}  {share:.1%}"
    if not rows:
        return
    held = tables.execute("from mart_harm_force_month").df()
    for force, sent, asked in months_missing(held, *map(pd.Timestamp, rows[0][5:])):
        yield f"  months missing: {force} has {sent} of {asked}, so that its areas stand too low"


def _hotspots(tables: duckdb.DuckDBPyConnection) -> Iterator[str]:
    query = "select count(*), coalesce(sum(record_count), 0), coalesce(sum(harm_days), 0) from ml_hotspots"
    count, records, days = tables.execute(query).fetchall()[0]
    yield f"\nHotspots: {count:,} with {records:,} ultra-high-harm records, {days:,.0f} harm days"


def _forecast(tables: duckdb.DuckDBPyConnection) -> Iterator[str]:
    from orchestration.publishing.page_forecast import charted_forces

    query = """
        select forecast_month, model, harm_days, harm_days_lower_80, harm_days_upper_80
        from ml_forecast_harm where series = 'total' and harm_days is not null order by forecast_month limit 3
    """
    rows = tables.execute(query).fetchall()
    if not rows:
        yield "\nForecast of total harm: none, the series is too short"
        return
    held = tables.execute("from mart_harm_force_month").df()
    parts = charted_forces(held, tables.execute("from ml_forecast_harm").df())
    # A force that has just come, or is gone, is no part of the total: its harm would be missed in silence.
    is_whole = not parts or len(parts) >= held["force_slug"].nunique()
    yield "\nForecast of total harm" + ("" if is_whole else f", of {', '.join(parts)} alone")
    for month, model, days, lower, upper in rows:
        yield f"  {month:%Y-%m}  {days:,.0f} days, 80% interval {lower:,.0f} to {upper:,.0f}  ({model})"


def _plan(policy: Mapping[str, Any]) -> Iterator[str]:
    """Say what became of the patrol plan: it is never approved here, and what withholds it is no failure."""
    plan = policy["patrol_plan"]
    if plan is None:
        return
    measures = {one["name"]: one for one in policy["measures"]}
    yield f"\nPatrol plan: {plan['status']}" + (
        ", until a person signs its digest" if plan["status"] == "proposed" else ""
    )
    for reason in plan["reasons"]:
        measure = measures.get(reason)
        yield f"  {_bounded(measure)}" if measure else f"  {reason}"
    if plan["status"] != "approved":
        yield "  docs/runbook.md says how a person decides on it"


def _bounded(measure: Mapping[str, Any]) -> str:
    """A measure that withholds something, beside its bound."""
    value = "not measured" if measure["value"] is None else f"{measure['value']:.4g}"
    bound = (
        f"at most {measure['highest']:g}"
        if measure["highest"] is not None
        else f"at least {measure['lowest']:g}"
    )
    near = ", which lies within the error of the simulation" if measure["is_within_error"] else ""
    return f"{measure['name']} is {value}, and {bound} is allowed{near}"
