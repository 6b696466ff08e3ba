"""What the fairness audits and the patrol plan make of the clean world."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_READ = ("ml_hotspots", "ml_risk_lsoa", "ml_risk_grid", "ml_risk_backtest_lsoa")
# The shortest stretch of which features can be made.
_MONTHS = 13


def audit_tables(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, pd.DataFrame], harm_scheme: str
) -> dict[str, pd.DataFrame]:
    """Return the tables of fairness, sensitivity and patrols, from what models made of the same world."""
    from ml.fairness.calibration import calibration_by_group
    from ml.fairness.composition import composition
    from ml.fairness.errors import error_parity
    from ml.fairness.feedback import feedback_on_lsoas
    from ml.fairness.frontier import fairness_frontier
    from ml.fairness.grid_exposure import grid_exposure
    from ml.fairness.long_table import long_table
    from ml.fairness.model_exposure import model_exposure
    from ml.fairness.stop_rates import stop_rates
    from ml.hotspots import hotspot_population_exposure
    from ml.patrol.plan import propose_plan
    from ml.patrol.plan_feedback import simulate_plan
    from orchestration.defs.ml import fairness_queries as ask
    from orchestration.defs.ml.patrol import PLANNED_LSOAS, RISK

    for name in _READ:
        connection.register(name, tables[name])
    past, homes = (connection.execute(sql).df() for sql in (ask.FORECASTS, ask.FORECAST_LSOAS))
    queries = (ask.STOPS, ask.RESIDENTS, ask.LSOAS, ask.RISK, ask.CRIME_LSOAS, RISK, PLANNED_LSOAS)
    stops, residents, lsoas, risk, crimes, groups, planned = (connection.execute(sql).df() for sql in queries)
    cells = connection.execute(ask.RISK_CELLS).df()
    for name in _READ:
        connection.unregister(name)
    covered = hotspot_population_exposure(tables["ml_hotspots"], lsoas)
    grid = grid_exposure(cells, lsoas[lsoas["lsoa_code"].isin(risk["lsoa_code"])])
    audits = {
        "ml_fairness_stop_rates": stop_rates(stops, residents, connection.execute(ask.RESIDENTS_BY_AGE).df()),
        "ml_fairness_models": model_exposure(covered, risk, grid),
        "ml_fairness_errors": error_parity(past, homes),
        "ml_fairness_composition": composition(past, homes),
        "ml_fairness_calibration": calibration_by_group(past, homes),
    }
    return audits | {
        "ml_fairness_groups": long_table(audits),
        "ml_fairness_frontier": fairness_frontier(covered.merge(risk, on="lsoa_code")),
        "ml_fairness_feedback": feedback_on_lsoas(crimes),
        "ml_fairness_sensitivity": _sensitivity(connection).assign(harm_scheme=harm_scheme),
        "ml_patrol_plan": propose_plan(groups),
        "ml_patrol_feedback": simulate_plan(planned),
    }


def _sensitivity(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    from ml.fairness.sensitivity import sensitivity_table
    from ml.risk.study import held_whole
    from orchestration.defs.ml.area_queries import GROUPS
    from orchestration.defs.ml.risk_queries import FORCE_MONTHS, LSOAS, RECORDS

    stretch = held_whole(connection.execute(FORCE_MONTHS).df())
    assert stretch is not None
    months = stretch.months[-_MONTHS:]
    records = connection.execute(RECORDS, [months[0].astype("datetime64[D]").item()]).df()
    lsoas = connection.execute(LSOAS, [list(stretch.forces)]).df()
    groups = connection.execute(GROUPS).df()
    return sensitivity_table(records, lsoas.merge(groups), months)
