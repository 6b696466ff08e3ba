"""Drift of inputs, predictions and errors: the check alerts, and a file asks for new training."""

import json

import dagster as dg

from data_quality.files import write_text_atomically
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.area_queries import HELD_FORCES, LAST_YEAR
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

COUNTS = """
    select force_slug, crime_month, crime_type, count(*) as crime_count
    from fct_crimes group by all order by all
"""
UNLOCATED = """
    select
        force_slug,
        crime_month,
        count(*) as crime_count,
        count(*) filter (where lsoa_code is null) as unlocated_count
    from fct_crimes group by all order by all
"""
PREDICTED = f"""
    with held as ({HELD_FORCES})
    select
        risk.forecast_month,
        risk.lsoa_code,
        risk.expected_crime_count,
        coalesce(recent.crime_count, 0) / held.month_count as recent_crime_count
    from ml_risk_lsoa as risk
    inner join dim_lsoa on risk.lsoa_code = dim_lsoa.lsoa_code
    inner join held on dim_lsoa.force_slug = held.force_slug
    left join (
        select lsoa_code, sum(crime_count) as crime_count
        from fct_crime_lsoa_month where {LAST_YEAR} group by lsoa_code
    ) as recent on risk.lsoa_code = recent.lsoa_code
    where risk.crime_group = 'all_crime'
    order by risk.lsoa_code
"""
ERRORS = """
    select
        backtest.series,
        backtest.forecast_month,
        backtest.actual_crime_count as actual,
        backtest.predicted_crime_count as predicted,
        backtest.lower_80,
        backtest.upper_80
    from ml_forecast_count_backtest as backtest
    inner join ml_forecast_count_scores as scores
        on backtest.series = scores.series and backtest.model = scores.model
    where scores.is_champion and backtest.horizon_months = 1
    order by backtest.series, backtest.forecast_month
"""
CALLS = """
    select agency, month, call_count, roc_auc, expected_calibration_error, calibration_floor_upper
    from ml_call_priority_months
    where is_chosen and has_call_type and has_officer_calls
    order by agency, month
"""
INCIDENTS = """
    select agency, called_at_local, priority, call_type, street, cross_street, longitude, latitude
    from stg_calls_for_service__incidents
    where is_latest_record and priority is not null
    order by called_at, incident_id
"""
QUERIES = (COUNTS, UNLOCATED, PREDICTED, ERRORS, CALLS, INCIDENTS)
_UPSTREAM = [
    "fct_crimes",
    "fct_crime_lsoa_month",
    "dim_lsoa",
    "ml_risk_lsoa",
    "ml_forecast_count_backtest",
    "ml_forecast_count_scores",
    "ml_call_priority_months",
    "stg_calls_for_service__incidents",
]


def drift_assets() -> list[dg.AssetsDefinition]:
    """Return the table of drift, with a check that alerts."""

    @dg.multi_asset(
        name="drift",
        specs=[ml_spec("ml_drift", _UPSTREAM, ANALYSIS, {"pandas"})],
        check_specs=[
            contract_check("ml_drift"),
            dg.AssetCheckSpec(
                "no_alarm",
                asset="ml_drift",
                description="Nothing of the newest month drifted past its alarm limit.",
            ),
        ],
        pool=DUCKDB_POOL,
    )
    def drift(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        from ml.monitoring import monitor

        with current_warehouse(warehouse, run) as connection:
            found = monitor(*(connection.execute(sql).df() for sql in QUERIES))
            written = write_contracted(connection, "ml_drift", found)
        newest = found[found["month"] == found.groupby(["measure", "subject"])["month"].transform("max")]
        alarms = newest[newest["status"] == "alarm"]
        words = [
            f"{row.measure} of {row.subject}, {row.month:%Y-%m}: {row.value:.3g} (limit {row.alarm_limit:g})"
            for row in alarms.itertuples()
        ]
        requested = bool(newest["is_retrain_requested"].any())
        request = {"is_retrain_requested": requested, "alarms": words}
        write_text_atomically(run.paths.retrain_request, json.dumps(request, indent=2) + "\n")
        return dg.MaterializeResult(
            asset_key=written.asset_key,
            metadata={**(written.metadata or {}), "is_retrain_requested": requested, "alarms": words},
            check_results=[
                *(written.check_results or ()),
                dg.AssetCheckResult(
                    passed=not words,
                    check_name="no_alarm",
                    asset_key="ml_drift",
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"alarms": words},
                ),
            ],
        )

    return [drift]
