"""Runs dbt in this process over a data root and answers questions about what it built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

FAILED = ("fail", "error", "runtime error")
PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


@dataclass(frozen=True)
class Build:
    """What one dbt invocation left behind."""

    root: Path
    warehouse: Path
    statuses: dict[str, str]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the rows of every table, in stored order."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            names = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
            return {name: connection.execute(f'select * from "{name}"').fetchall() for (name,) in names}

    def failures(self) -> set[str]:
        """Return the names of the nodes that failed, without those skipped because of them."""
        return {name for name, status in self.statuses.items() if status in FAILED}


def run_dbt(root: Path, *arguments: str, environment: dict[str, str] | None = None) -> Build:
    """Run dbt over a data root, in a target folder beside it."""
    import duckdb_extensions
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    duckdb_extensions.import_extension("spatial")
    warehouse = root.parent / f"{root.name}.duckdb"
    target = root.parent / f"{root.name}_target"
    variables = {
        "CRIMEHARM_DATA_ROOT": str(root),
        "CRIMEHARM_WAREHOUSE": str(warehouse),
        "CRIMEHARM_KEEP_OPEN": "true",
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        **(environment or {}),
    }
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            answer = dbtRunner().invoke([*arguments, *places])
        finally:
            DuckDBConnectionManager.close_all_connections()
    if answer.exception is not None:
        raise answer.exception
    results = getattr(answer.result, "results", [])
    return Build(root, warehouse, {result.node.name: str(result.status) for result in results})
