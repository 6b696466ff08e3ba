"""What assets are handed at run time: the settings, the paths, the upstream and the warehouse."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb
from dagster_dbt import DbtCliResource
from dagster_duckdb import DuckDBResource

from orchestration.environment import Settings, export_settings
from orchestration.event_files import event_files_held_open
from orchestration.paths import DataPaths
from orchestration.upstream import Upstream, open_upstream
from orchestration.warehouse import DBT_EXECUTABLE, DBT_PROJECT, dbt_environment, open_warehouse

DUCKDB_POOL = "duckdb"


class Run:
    """The run that an asset is part of.

    Parameters
    ----------
    settings
        The checked settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.paths = DataPaths(settings.data)

    @functools.cached_property
    def upstream(self) -> Upstream:
        """Where the run's files come from; opened when first needed, and the same for the whole run."""
        return self.open_upstream()

    def open_upstream(self) -> Upstream:
        """Look at upstream anew, as a sensor must in a process that lives for months."""
        return open_upstream(self.settings)


class Warehouse(DuckDBResource):
    """The DuckDB warehouse, with the spatial extension loaded and within the memory that a run may take."""

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a read-write connection; the pool ``duckdb`` keeps it the only one."""
        with open_warehouse(self.database) as connection:
            yield connection


def build_resources(settings: Settings) -> dict[str, object]:
    """Return the resources of a run by the names under which assets ask for them."""
    paths = DataPaths(settings.data)
    return {
        "run": dg.ResourceDefinition(lambda context: _open_run(context, settings)),
        "warehouse": Warehouse(database=str(paths.warehouse)),
        "dbt": DbtCliResource(
            project_dir=str(DBT_PROJECT),
            profiles_dir=str(DBT_PROJECT),
            dbt_executable=str(DBT_EXECUTABLE),
            global_config_flags=["--no-use-colors"],
        ),
    }


def _open_run(context: dg.InitResourceContext, settings: Settings) -> Iterator[Run]:
    """Yield what assets are handed; a run marks its data folder, which a sensor that only looks does not."""
    run = Run(settings)
    if context.run is None:
        yield run
        return
    run.paths.claim(settings)
    # A run that was started in Dagster's interface writes its events here as well.
    with event_files_held_open():
        yield run


def dbt_variables(settings: Settings) -> dict[str, str]:
    """Return the variables that a dbt process of this run is started with."""
    return export_settings(settings) | dbt_environment(DataPaths(settings.data))
