"""dbt models as assets, built in one step by the only writer of the warehouse."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DbtCliInvocation,
    DbtCliResource,
    dbt_assets,
)

from data_quality.promotion import ensure_schema_files
from orchestration.defs.lineage import column_lineage
from orchestration.resources import DUCKDB_POOL, Run, Warehouse, dbt_variables
from orchestration.warehouse import DBT_BUILD, DBT_PROJECT, count_rows, install_spatial
from orchestration.warehouse_build import next_warehouse

BUILD_GATE = ("run", "--select", "+int_gate_accepted_files")
MANIFEST = DBT_PROJECT / "target" / "manifest.json"


def warehouse_assets() -> dg.AssetsDefinition:
    """Return every dbt model, seed and test as one Dagster step.

    Raises
    ------
    FileNotFoundError
        When the project has not been parsed yet.
    """
    if not MANIFEST.is_file():
        raise FileNotFoundError(f"{MANIFEST} is missing: run `make setup`, which parses the dbt project")

    @dbt_assets(
        manifest=MANIFEST,
        name="warehouse",
        pool=DUCKDB_POOL,
    )
    def warehouse_build(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        warehouse: Warehouse,
        run: dg.ResourceParam[Run],
    ) -> Iterator[Any]:
        install_spatial()
        # Globs over the validated files must match even when a dataset has no partition.
        ensure_schema_files(run.paths.validated_root, run.paths.quarantine_root)
        is_whole = not context.is_subset
        events: list[Any] = []
        try:
            with next_warehouse(run.paths, run.settings.harm_scheme, is_whole=is_whole) as variables:
                target = run.paths.dbt_build_target
                if not is_whole:
                    # A part alone would trust the files that an earlier build accepted.
                    call_dbt(dbt, BUILD_GATE, run, target, variables=variables).wait()
                    variables = variables | {"CRIMEHARM_GATE_JUDGED": "true"}
                events.extend(call_dbt(dbt, DBT_BUILD, run, target, context, variables).stream())
        except Exception:
            # The warehouse is still the last good one: its tables were not made, yet the checks tell why.
            yield from (event for event in events if isinstance(event, dg.AssetCheckResult))
            raise
        with warehouse.get_connection() as connection:
            outputs = [event.output_name for event in events if isinstance(event, dg.Output)]
            counts = count_rows(connection, outputs)
        yield from (_described(event, counts) for event in events)

    return warehouse_build


def call_dbt(
    dbt: DbtCliResource,
    arguments: Sequence[str],
    run: Run,
    target: Path,
    context: dg.AssetExecutionContext | None = None,
    variables: Mapping[str, str] | None = None,
) -> DbtCliInvocation:
    """Start dbt on the run's data folder, with its artefacts in a folder of their own there.

    Calls that see another warehouse need another folder: dbt parses the whole project anew when the profile
    is not that of the last call.
    """
    # dbt and its adapter read where to find data and warehouse from the environment of the process.
    os.environ.update(dbt_variables(run.settings) | dict(variables or {}))
    return dbt.cli(arguments, context=context, target_path=target)


def published_models() -> list[dg.AssetKey]:
    """Return the marts, on which what is published depends."""
    nodes = json.loads(MANIFEST.read_text())["nodes"].values()
    marts = (node["name"] for node in nodes if node["resource_type"] == "model" and node["fqn"][1] == "marts")
    return [dg.AssetKey(name) for name in sorted(marts)]


def _described(event: Any, counts: Mapping[str, int]) -> Any:
    """Return the event with the table's rows and the origin of its columns, when it is about a table."""
    if isinstance(event, dg.Output) and event.output_name in counts:
        rows = {"dagster/row_count": counts[event.output_name]}
        return event.with_metadata({**event.metadata, **rows, **column_lineage(event.output_name)})
    return event
