"""Sensitivity of rankings to what is not reported, and of risk maps to each feature."""

import dagster as dg

from orchestration.defs.common import GOVERNANCE
from orchestration.defs.ml.area_queries import GROUPS
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.figures import figure_metadata
from orchestration.defs.ml.risk_queries import FORCE_MONTHS, LSOAS, RECORDS
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_TABLE = "ml_fairness_sensitivity"
_UPSTREAM = ["fct_crimes", "dim_lsoa", "mart_deprivation_domains"]


def sensitivity_assets() -> list[dg.AssetsDefinition]:
    """Return the sensitivity table; empty without any record."""

    @dg.multi_asset(
        name="fairness_sensitivity",
        specs=[ml_spec(_TABLE, _UPSTREAM, GOVERNANCE, {"scikitlearn"})],
        check_specs=[contract_check(_TABLE)],
        pool=DUCKDB_POOL,
    )
    def fairness_sensitivity(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        from ml.common.contracts import CONTRACTS, empty_frame
        from ml.fairness.sensitivity import sensitivity_figure, sensitivity_table
        from ml.risk.study import held_whole

        with current_warehouse(warehouse, run) as connection:
            stretch = held_whole(connection.execute(FORCE_MONTHS).df())
            if stretch is None:
                return write_contracted(connection, _TABLE, empty_frame(CONTRACTS[_TABLE]))
            table = sensitivity_table(
                connection.execute(RECORDS, [stretch.months[0].astype("datetime64[D]").item()]).df(),
                connection.execute(LSOAS, [list(stretch.forces)]).df().merge(connection.execute(GROUPS).df()),
                stretch.months,
            ).assign(harm_scheme=run.settings.harm_scheme)
            words = "Change of the top twentieth by scenario, and what captures lose without a feature."
            shown = {"picture": figure_metadata(sensitivity_figure(table), words)}
            return write_contracted(connection, _TABLE, table, metadata=shown)

    return [fairness_sensitivity]
