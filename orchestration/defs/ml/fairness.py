"""Fairness audit tables: who is stopped, and who lives in the hotspots."""

import dagster as dg

from ml.fairness import audit_hotspot_exposure, audit_stops
from ml.hotspots import hotspot_population_exposure
from orchestration.defs.common import GOVERNANCE
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.fairness_queries import HOTSPOTS, LSOAS
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_STOPS = """
    select
        force_slug, ethnicity_basis, ethnic_group, stop_count, stop_count_without_repeats,
        further_action_count, no_further_action_count, resident_count
    from mart_stops_ethnicity
"""


def fairness_assets() -> list[dg.AssetsDefinition]:
    """Return the audit tables of stop and search and of hotspot exposure."""
    return [_stops(), _exposure()]


def _stops() -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="fairness_stops",
        specs=[ml_spec("ml_fairness_stops", ["mart_stops_ethnicity"], GOVERNANCE, {"scipy"})],
        check_specs=[contract_check("ml_fairness_stops")],
        pool=DUCKDB_POOL,
    )
    def fairness_stops(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        with current_warehouse(warehouse, run) as connection:
            audited = audit_stops(connection.execute(_STOPS).df())
            return write_contracted(connection, "ml_fairness_stops", audited)

    return fairness_stops


def _exposure() -> dg.AssetsDefinition:
    table = "ml_fairness_hotspot_exposure"
    upstream = ["ml_hotspots", "dim_lsoa", "fct_crimes", "stg_ons__lsoa_boundaries"]

    @dg.multi_asset(
        name="fairness_exposure",
        specs=[ml_spec(table, upstream, GOVERNANCE, {"shapely"})],
        check_specs=[contract_check(table)],
        pool=DUCKDB_POOL,
    )
    def fairness_exposure(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        with current_warehouse(warehouse, run) as connection:
            exposure = hotspot_population_exposure(
                connection.execute(HOTSPOTS).df(), connection.execute(LSOAS).df()
            )
            return write_contracted(connection, table, audit_hotspot_exposure(exposure))

    return fairness_exposure
