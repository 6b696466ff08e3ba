"""The patrol plan of the next month, which only a person can approve, and what it makes of an error."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from ml.patrol.plan import Capacity
from orchestration.defs.common import GOVERNANCE
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_PLAN, _FEEDBACK = "ml_patrol_plan", "ml_patrol_feedback"
_UPSTREAM = {_PLAN: ["ml_risk_lsoa"], _FEEDBACK: ["ml_risk_lsoa", "dim_lsoa"]}
RISK = "select * from ml_risk_lsoa order by lsoa_code, crime_group"
PLANNED_LSOAS = """
    select
        risk.lsoa_code,
        dim_lsoa.imd_2025_decile,
        risk.expected_crime_count,
        st_aswkb(boundaries.boundary) as geometry_wkb
    from ml_risk_lsoa as risk
    inner join dim_lsoa on risk.lsoa_code = dim_lsoa.lsoa_code
    left join stg_ons__lsoa_boundaries as boundaries on risk.lsoa_code = boundaries.lsoa_code
    where risk.crime_group = 'all_crime'
    order by risk.lsoa_code
"""


class PatrolConfig(dg.Config):
    """What there is to send; see `ml.patrol.plan.Capacity`."""

    team_count: int = Capacity.team_count
    areas_per_team: int = Capacity.areas_per_team
    random_share: float = Capacity.random_share


def patrol_assets() -> list[dg.AssetsDefinition]:
    """Return the proposed plan and its feedback simulation."""

    @dg.multi_asset(
        name="patrol",
        specs=[ml_spec(table, deps, GOVERNANCE, {"numpy"}) for table, deps in _UPSTREAM.items()],
        check_specs=[contract_check(table) for table in _UPSTREAM],
        pool=DUCKDB_POOL,
    )
    def patrol(
        config: PatrolConfig, warehouse: Warehouse, run: dg.ResourceParam[Run]
    ) -> Iterator[dg.MaterializeResult]:
        from ml.patrol.figures import plan_map
        from ml.patrol.plan import propose_plan
        from ml.patrol.plan_feedback import simulate_plan

        capacity = Capacity(config.team_count, config.areas_per_team, config.random_share)
        with current_warehouse(warehouse, run) as connection:
            lsoas = connection.execute(PLANNED_LSOAS).df()
            plan = propose_plan(connection.execute(RISK).df(), capacity)
            shown = {}
            if len(plan):
                shown = {
                    "plan_sha256": dg.MetadataValue.text(plan["plan_sha256"].iloc[0]),
                    "map": figure_metadata(plan_map(plan, lsoas), "The areas that the plan proposes."),
                }
            yield write_contracted(connection, _PLAN, plan, asdict(capacity), shown)
            yield write_contracted(connection, _FEEDBACK, simulate_plan(lsoas, capacity), asdict(capacity))

    return [patrol]
