"""Prepares a checkout: parses the dbt project, works out its lineage and makes Dagster's home."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import click

from orchestration.environment import PROJECT_ROOT, read_settings
from orchestration.lineage.dbt import (
    COMPILE_VARIABLES,
    LINEAGE_FILE,
    model_lineage,
    write_model_lineage,
)
from orchestration.paths import DataPaths
from orchestration.warehouse import DBT_PROJECT, install_spatial


def parse_dbt_project() -> None:
    """Write dbt's manifest, from which the Dagster definitions are loaded.

    Raises
    ------
    click.ClickException
        When the project does not parse.
    """
    from dbt.cli.main import dbtRunner

    install_spatial()
    folder = str(DBT_PROJECT)
    # Parsed whole: after a macro changed, a partial parse forgets which model a singular test belongs to.
    arguments = ["--quiet", "--no-partial-parse", "parse", "--project-dir", folder, "--profiles-dir", folder]
    result = dbtRunner().invoke(arguments)
    if not result.success:
        raise click.ClickException(f"the dbt project in {folder} does not parse: {result.exception}")


def write_lineage() -> None:
    """Work out the lineage of the dbt project's columns and write it beside dbt's manifest.

    Raises
    ------
    click.ClickException
        When the project does not compile.
    orchestration.lineage.model.LineageError
        When the origin of a column cannot be told.
    """
    with tempfile.TemporaryDirectory() as folder:
        manifest = json.loads(compile_dbt_project(Path(folder)).read_text())
    write_model_lineage(model_lineage(manifest, DBT_PROJECT), DBT_PROJECT / "target" / LINEAGE_FILE)


def compile_dbt_project(folder: Path) -> Path:
    """Compile every model in a warehouse without data, and return the manifest that holds the compiled SQL.

    Parameters
    ----------
    folder
        An empty folder for what dbt writes.

    Raises
    ------
    click.ClickException
        When the project does not compile.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    install_spatial()
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    outputs = ["--target-path", str(folder), "--log-path", str(folder)]
    variables = ["--vars", json.dumps(COMPILE_VARIABLES)]
    before = os.environ.get("CRIMEHARM_WAREHOUSE")
    os.environ["CRIMEHARM_WAREHOUSE"] = str(folder / "empty.duckdb")
    try:
        result = dbtRunner().invoke(["--quiet", "compile", *places, *outputs, *variables])
    finally:
        DuckDBConnectionManager.close_all_connections()
        os.environ.pop("CRIMEHARM_WAREHOUSE")
        if before is not None:
            os.environ["CRIMEHARM_WAREHOUSE"] = before
    if not result.success:
        raise click.ClickException(f"the dbt project in {DBT_PROJECT} does not compile: {result.exception}")
    return folder / "manifest.json"


def make_dagster_home(home: Path) -> Path:
    """Make Dagster's storage folder with this project's instance settings, and return it."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_ROOT / "deploy" / "dagster.yaml", home / "dagster.yaml")
    return home


@click.command()
@click.option("--dagster-home", is_flag=True, help="Make Dagster's home instead of parsing the dbt project.")
def main(dagster_home: bool) -> None:
    """Prepare this checkout."""
    if dagster_home:
        make_dagster_home(DataPaths(read_settings().data).dagster_home)
    else:
        parse_dbt_project()
        write_lineage()


if __name__ == "__main__":
    main()
