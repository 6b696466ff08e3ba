"""Prepares a checkout: parses the dbt project and makes Dagster's home."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from orchestration.environment import PROJECT_ROOT, read_settings
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


if __name__ == "__main__":
    main()
