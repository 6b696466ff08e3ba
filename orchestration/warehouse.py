"""Opens the DuckDB warehouse and writes contracted tables to it; knows nothing of dagster."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ml.common.contracts import TableContract, conform
from orchestration.environment import PROJECT_ROOT
from orchestration.paths import DataPaths

if TYPE_CHECKING:
    import pandas as pd

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
# The dbt of this very environment, whatever else is on the PATH.
DBT_EXECUTABLE = Path(sys.executable).with_name("dbt")
# Unit tests say whether the SQL is right, not whether the data are: they belong to the test suite.
DBT_BUILD = ("build", "--exclude-resource-type", "unit_test")
MEMORY_LIMIT = "2GB"


def install_spatial() -> None:
    """Install DuckDB's spatial extension from its wheel, so that loading it needs no network."""
    import duckdb_extensions

    duckdb_extensions.import_extension("spatial")


@contextmanager
def open_warehouse(database: str | Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse with its spatial extension and memory limit, and close it afterwards.

    Parameters
    ----------
    database
        The DuckDB file; its folder is made when it is missing.
    read_only
        Whether to open it for reading alone.

    Yields
    ------
    duckdb.DuckDBPyConnection
        The connection.
    """
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        str(database),
        read_only=read_only,
        config={"memory_limit": MEMORY_LIMIT, "threads": os.cpu_count() or 1},
    )
    try:
        install_spatial()
        connection.load_extension("spatial")
        yield connection
    finally:
        connection.close()


def dbt_environment(paths: DataPaths) -> dict[str, str]:
    """Return the variables that tell dbt where to read and write."""
    return {
        "CRIMEHARM_WAREHOUSE": str(paths.warehouse),
        "CRIMEHARM_DATA_ROOT": str(paths.root),
        # dbt runs in a process of its own here: an open handle locks nobody out, and is three times as fast.
        "CRIMEHARM_KEEP_OPEN": "true",
        # Said anew by each build that is told which months have changed.
        "CRIMEHARM_REBUILD_FROM": "",
        # Said by a caller that builds a part, once it has built the gate's own models.
        "CRIMEHARM_GATE_JUDGED": "",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # Its debug log costs a tenth of a build; the SQL that ran lies beside it anyway.
        "DBT_LOG_LEVEL_FILE": "info",
    }


def write_table(
    connection: duckdb.DuckDBPyConnection,
    contract: TableContract,
    frame: pd.DataFrame,
    also: Callable[[], None] | None = None,
) -> int:
    """Replace a table by a frame that keeps its contract, in one transaction.

    Parameters
    ----------
    connection
        An open read-write connection.
    contract
        The table's declared columns, keys and rules.
    frame
        The rows; columns in any order.
    also
        What else is written in the same transaction.

    Returns
    -------
    int
        Number of rows written.

    Raises
    ------
    ml.common.contracts.ContractError
        When the frame breaks the contract; the table is then left as it was.
    """
    rows = conform(frame, contract)
    columns = ", ".join(
        f"{_quoted(column.name)} {column.type}{'' if column.nullable else ' not null'}"
        for column in contract.columns
    )
    names = ", ".join(_quoted(column.name) for column in contract.columns)
    table = _quoted(contract.name)
    connection.register("incoming_rows", rows)
    connection.begin()
    try:
        connection.execute(f"create or replace table {table} ({columns})")
        connection.execute(f"insert into {table} by name select {names} from incoming_rows")
        connection.execute(f"comment on table {table} is {_literal(contract.grain)}")
        for column in contract.columns:
            target = f"{table}.{_quoted(column.name)}"
            connection.execute(f"comment on column {target} is {_literal(column.description)}")
        if also is not None:
            also()
        connection.commit()
    except Exception:
        connection.rollback()
        raise
    finally:
        connection.unregister("incoming_rows")
    return len(rows)


def count_rows(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> dict[str, int]:
    """Return the number of rows of each named table or view that the warehouse holds."""
    held = {
        name for (name,) in connection.execute("select table_name from information_schema.tables").fetchall()
    }
    counts = {}
    for table in tables:
        if table in held:
            row = connection.execute(f"select count(*) from {_quoted(table)}").fetchone()
            counts[table] = row[0] if row else 0
    return counts


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
