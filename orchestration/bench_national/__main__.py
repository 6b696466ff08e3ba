"""Prints what a full build and one new month cost, beside two baselines; see docs/benchmarks.md."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from orchestration.bench_national.records import ROWS_A_MONTH
from orchestration.bench_national.stages import MEMORY_LIMIT, csv_folder
from orchestration.measuring import measure

STAGES = ("land", "gate", "warehouse")


@dataclass(frozen=True)
class Cost:
    """What a stage cost: wall time, processor time of its processes, peak of the largest of them."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


def run_stage(stage: str, root: Path, data: Path, months: int) -> Cost:
    """Run a stage in a process of its own and measure it, its children included."""
    before = _cpu_of_children()
    command = [sys.executable, "-m", "orchestration.bench_national.stages", stage, str(root), str(data)]
    measured = measure([*command, str(months)], dict(os.environ))
    return Cost(measured.seconds, _cpu_of_children() - before, measured.peak_mib)


@click.command()
@click.option("--months", default="1,6,12,36", help="Windows to build whole, the largest last.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work; some 12 GB.")
def main(months: str, folder: Path | None) -> None:
    """Measure and print Markdown tables; everything written is deleted."""
    windows = [int(window) for window in months.split(",")]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = Path(name)
        started = time.monotonic()
        run_stage("generate", root, root / "reference", windows[-1])
        seconds = time.monotonic() - started
        click.echo(f"Generated in {seconds:.0f} s; DuckDB may use {MEMORY_LIMIT}.\n")
        click.echo(
            "| build | rows | wall s | CPU s | rows a second | land s | gates s | dbt s | peak MiB |\n"
            "|---|---|---|---|---|---|---|---|---|"
        )
        for window in windows:
            data = root / "data"
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(root / "reference", data)
            if window == windows[-1] and window > 1:
                # All but the newest month first, which then comes as a new one.
                _leave_out_newest(root)
                _report(f"{window - 1} months", root, data, window, window - 1)
                _bring_back_newest(root)
                # As a refresh does, which asks for nothing but what the archive's directory shows to be new.
                _report("1 new month", root, data, 1, 1)
                shutil.rmtree(data)
                shutil.copytree(root / "reference", data)
            _report(f"{window} months", root, data, window, window)
        for stage, rows in (("duckdb_scan", windows[-1] * ROWS_A_MONTH), ("geopandas_slice", ROWS_A_MONTH)):
            cost = run_stage(stage, root, root / "data", windows[-1])
            click.echo(
                f"\n{stage}: {rows:,} rows in {cost.seconds:.1f} s, {rows / cost.seconds:,.0f} a second, "
                f"{cost.cpu_seconds:.1f} CPU s, peak {cost.peak_mib:,.0f} MiB"
            )


def _report(name: str, root: Path, data: Path, months: int, new_months: int) -> None:
    costs = [run_stage(stage, root, data, months) for stage in STAGES]
    rows, wall = new_months * ROWS_A_MONTH, sum(cost.seconds for cost in costs)
    cells = [
        name,
        f"{rows:,}",
        f"{wall:.0f}",
        f"{sum(cost.cpu_seconds for cost in costs):.0f}",
        f"{rows / wall:,.0f}",
        *(f"{cost.seconds:.0f}" for cost in costs),
        f"{max(cost.peak_mib for cost in costs):,.0f}",
    ]
    click.echo("| " + " | ".join(cells) + " |")


def _leave_out_newest(root: Path) -> None:
    newest = max(csv_folder(root).glob("20*"))
    newest.rename(root / newest.name)


def _bring_back_newest(root: Path) -> None:
    (aside,) = root.glob("20*")
    aside.rename(csv_folder(root) / aside.name)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
