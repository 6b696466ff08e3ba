"""Measures what Dagster adds to ``dbt build``: the same build, bare and as the step of a run, both warm."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from orchestration.environment import Settings, export_settings, read_settings
from orchestration.measuring import measure
from orchestration.paths import DataPaths
from orchestration.resources import build_resources, dbt_variables
from orchestration.warehouse import DBT_BUILD, DBT_EXECUTABLE, DBT_PROJECT


@dataclass(frozen=True)
class BuildCost:
    """What a build cost.

    Parameters
    ----------
    seconds
        Wall time of the whole process.
    build_seconds
        Wall time of dbt's own work, from its first to its last node, by dbt's own account.
    peak_mib
        Peak resident memory of the largest process, in MiB.
    """

    seconds: float
    build_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Overhead:
    """The same build twice: bare, and as a Dagster step."""

    bare: BuildCost
    step: BuildCost

    @property
    def ratio_beyond_start_up(self) -> float:
        """How many times as long dbt's own work takes when Dagster reads along."""
        return self.step.build_seconds / self.bare.build_seconds

    def in_words(self) -> str:
        """Return the sentence that the benchmarks print."""
        return (
            f"Bare `dbt build`: {self.bare.seconds:.1f} s, of which nodes {self.bare.build_seconds:.1f} s, "
            f"peak {self.bare.peak_mib:,.0f} MiB. As a Dagster step: {self.step.seconds:.1f} s, "
            f"of which nodes {self.step.build_seconds:.1f} s, peak {self.step.peak_mib:,.0f} MiB. "
            f"Beyond start-up {self.ratio_beyond_start_up:.2f} x; start-up "
            f"{self.bare.seconds - self.bare.build_seconds:.1f} s bare and "
            f"{self.step.seconds - self.step.build_seconds:.1f} s with Dagster."
        )


def measure_overhead(settings: Settings) -> Overhead:
    """Build what a data folder has validated from nothing, bare and as a step; its warehouse is replaced.

    Each build is made twice and the second counts, so that neither parses the project anew.

    Parameters
    ----------
    settings
        Settings of the folder.

    Returns
    -------
    Overhead
        What both cost.
    """
    paths = DataPaths(settings.data)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warehouse = folder / paths.warehouse.name
        environ = os.environ | dbt_variables(settings) | {"CRIMEHARM_WAREHOUSE": str(warehouse)}
        bare = _second(_bare_command(folder), environ, folder, warehouse)
    step = _second(
        [sys.executable, "-m", "orchestration.bench_overhead"],
        os.environ | export_settings(settings),
        paths.dbt_build_target,
        paths.warehouse,
    )
    return Overhead(bare, step)


def _bare_command(target: Path) -> list[str]:
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    artefacts = ["--target-path", str(target), "--log-path", str(target)]
    return [str(DBT_EXECUTABLE), *DBT_BUILD, *project, *artefacts]


def _second(command: list[str], environ: dict[str, str], target: Path, warehouse: Path) -> BuildCost:
    for _ in range(2):
        warehouse.unlink(missing_ok=True)
        measured = measure(command, environ)
    results = json.loads((target / "run_results.json").read_text())
    return BuildCost(measured.seconds, results["elapsed_time"], measured.peak_mib)


@click.command()
def main() -> None:
    """Build the warehouse of the data folder as the step of a run would, and nothing else."""
    import dagster as dg

    from orchestration.defs.warehouse.dbt import warehouse_assets

    settings = read_settings()
    with tempfile.TemporaryDirectory() as home, dg.DagsterInstance.local_temp(home) as instance:
        dg.materialize([warehouse_assets()], resources=build_resources(settings), instance=instance)
    shutil.rmtree(DataPaths(settings.data).warehouse.parent / "next", ignore_errors=True)


if __name__ == "__main__":
    main()
