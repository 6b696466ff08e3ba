"""The long table: every figure by group of the fairness tables in one shape."""

from __future__ import annotations

import dagster as dg

from ml.common.fairness_sources import SOURCE_TABLES
from orchestration.defs.common import GOVERNANCE
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_GROUPS = "ml_fairness_groups"


def fairness_group_assets() -> list[dg.AssetsDefinition]:
    """Return the long table, made anew whenever one of its sources is."""

    @dg.multi_asset(
        name="fairness_groups",
        specs=[ml_spec(_GROUPS, list(SOURCE_TABLES), GOVERNANCE, {"pandas"})],
        check_specs=[contract_check(_GROUPS)],
        pool=DUCKDB_POOL,
    )
    def fairness_groups(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        from ml.fairness.long_figure import ratio_map
        from ml.fairness.long_table import long_table

        with current_warehouse(warehouse, run) as connection:
            table = long_table({name: connection.table(name).df() for name in SOURCE_TABLES})
            words = "Ratios of every model's figures to the reference group, by ethnic group and deprivation"
            shown = {"picture": figure_metadata(ratio_map(table), words)}
            return write_contracted(connection, _GROUPS, table, metadata=shown)

    return [fairness_groups]
