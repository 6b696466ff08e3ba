"""Measures the main job on the sandbox: seconds, rows a second, peak memory, and how they grow.

Every window runs in a process and a data folder of its own, so that nothing is warm or held from before.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import click

from orchestration.bench_overhead import measure_overhead
from orchestration.environment import Settings, export_settings, read_settings, shift_month
from orchestration.measuring import Measured, measure
from orchestration.paths import DataPaths

WINDOWS_MONTHS = (6, 12, 36)
_ML_STEPS = {"hotspots", "forecast", "fairness_stops", "fairness_exposure"}


def stage_seconds(settings: Settings) -> dict[str, float]:
    """Return the seconds that each step of the newest run in a data folder took."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(DataPaths(settings.data).dagster_home)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(limit=1)
        steps = instance.get_run_step_stats(run.run_id)
    return {
        step.step_key: step.end_time - step.start_time for step in steps if step.start_time and step.end_time
    }


def rows_landed(settings: Settings) -> int:
    """Return the number of records that a data folder has landed."""
    files = DataPaths(settings.data).landing_root.glob("**/force=*/provenance.json")
    return sum(json.loads(path.read_text())["record_count"] for path in files)


@click.command()
def main() -> None:
    """Print a Markdown table for each window, and what orchestration costs over bare dbt."""
    click.echo(
        "| months | rows | seconds | rows a second | peak MiB "
        "| fetch s | gates s | dbt s | ml s | publish s | gates share |"
    )
    click.echo("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for months in WINDOWS_MONTHS:
            settings = _window(Path(folder) / str(months), months)
            environ = os.environ | export_settings(settings)
            measured = measure([sys.executable, "-m", "orchestration.run"], environ)
            click.echo(_row(settings, months, measured))
        overhead = measure_overhead(settings)
    click.echo(f"\nOn the same {months} months. {overhead.in_words()}")


def _window(data: Path, months: int) -> Settings:
    last = read_settings({}).last_month
    first = shift_month(last, 1 - months)
    return read_settings({"CRIMEHARM_DATA": str(data), "CRIMEHARM_FROM": first, "CRIMEHARM_TO": last})


def _row(settings: Settings, months: int, measured: Measured) -> str:
    rows = rows_landed(settings)
    stages = dict.fromkeys(("fetch", "gates", "dbt", "ml", "publish"), 0.0)
    for step, seconds in stage_seconds(settings).items():
        stages[_stage_of(step)] += seconds
    cells = [
        f"{months}",
        f"{rows:,}",
        f"{measured.seconds:.0f}",
        f"{rows / measured.seconds:,.0f}",
        f"{measured.peak_mib:,.0f}",
        *(f"{seconds:.1f}" for seconds in stages.values()),
        f"{stages['gates'] / measured.seconds:.0%}",
    ]
    return "| " + " | ".join(cells) + " |"


def _stage_of(step: str) -> str:
    if step.startswith("raw_"):
        return "fetch"
    if step.startswith("validated_"):
        return "gates"
    if step == "warehouse":
        return "dbt"
    return "ml" if step in _ML_STEPS else "publish"


if __name__ == "__main__":
    main()
