"""How every ml asset writes: through its contract, as a blocking check, in one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
import duckdb
import pandas as pd

from ml.common.contracts import CONTRACTS, ContractError
from orchestration.defs.common import table_schema
from orchestration.defs.lineage import column_lineage
from orchestration.resources import Run, Warehouse
from orchestration.run_configuration import keep_configuration
from orchestration.warehouse import write_table
from orchestration.warehouse_build import check_warehouse


def ml_spec(table: str, deps: list[str], owner: str, kinds: set[str]) -> dg.AssetSpec:
    """Return the spec of an ml table, described by its contract."""
    contract = CONTRACTS[table]
    return dg.AssetSpec(
        table,
        deps=deps,
        group_name="ml",
        kinds=kinds | {"duckdb"},
        owners=[owner],
        description=contract.grain,
        metadata=table_schema((c.name, c.type, c.description) for c in contract.columns),
    )


@contextmanager
def current_warehouse(warehouse: Warehouse, run: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse, unless it was not built from what is validated now: an ml asset may run alone."""
    check_warehouse(run.paths, run.settings.harm_scheme)
    with warehouse.get_connection() as connection:
        yield connection


def contract_check(table: str) -> dg.AssetCheckSpec:
    """Return the spec of the blocking check that the table kept its contract."""
    return dg.AssetCheckSpec(
        "contract",
        asset=table,
        blocking=True,
        description="Columns, types, keys, nulls and bounds are as declared.",
    )


def write_contracted(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    frame: pd.DataFrame,
    configuration: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> dg.MaterializeResult:
    """Write the frame to its table, and keep what it was configured with beside it.

    A broken contract leaves both as they were and fails the check.

    Parameters
    ----------
    connection
        An open read-write connection to the warehouse.
    table
        A table with a contract.
    frame
        Its rows.
    configuration
        What it was made with; none when nothing can be configured.
    metadata
        What Dagster is to show beside rows, preview and lineage.
    """
    shown = dict(metadata or {})

    def keep() -> None:
        if configuration is not None:
            keep_configuration(connection, table, configuration)

    try:
        count = write_table(connection, CONTRACTS[table], frame, also=keep)
    except ContractError as error:
        return dg.MaterializeResult(
            asset_key=table,
            metadata=shown,
            check_results=[
                dg.AssetCheckResult(
                    passed=False, check_name="contract", asset_key=table, metadata={"error": str(error)}
                )
            ],
        )
    return dg.MaterializeResult(
        asset_key=table,
        metadata={
            "dagster/row_count": count,
            "preview": dg.MetadataValue.md(_preview(frame)),
            **column_lineage(table),
            **shown,
        },
        check_results=[dg.AssetCheckResult(passed=True, check_name="contract", asset_key=table)],
    )


def _preview(frame: pd.DataFrame) -> str:
    """Return the first rows and narrow columns as a Markdown table."""
    shown = frame.iloc[:5, :8]
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + " --- |" * len(shown.columns)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in shown.itertuples(index=False)]
    return "\n".join(lines)
