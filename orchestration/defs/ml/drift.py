"""Drift of inputs, predictions and errors: the check alerts, and a file asks for new training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg

from ml.monitoring.issued import ISSUED
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.area_queries import HELD_FORCES, LAST_YEAR
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.issued import READ_RELEASES, Issued, read_issued
from orchestration.resources import DUCKDB_POOL, Run, Warehouse
from orchestration.retraining import write_request

if TYPE_CHECKING:
    import pandas as pd

COUNTS = """
    select
        force_slug,
        crime_month,
        crime_type,
        count(*) as crime_count,
        coalesce(sum(harm_days::decimal(18, 4)), 0)::double as harm_days,
        coalesce(sum((harm_days * harm_days)::decimal(28, 4)), 0)::double as squared_harm_days
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
        risk.expected_harm_days,
        coalesce(recent.crime_count, 0) / held.month_count as recent_crime_count,
        coalesce(recent.harm_days, 0) / held.month_count as recent_harm_days
    from ml_risk_lsoa as risk
    inner join dim_lsoa on risk.lsoa_code = dim_lsoa.lsoa_code
    inner join held on dim_lsoa.force_slug = held.force_slug
    left join (
        select
            lsoa_code,
            sum(crime_count) as crime_count,
            sum(harm_days::decimal(18, 4))::double as harm_days
        from fct_crime_lsoa_month where {LAST_YEAR} group by lsoa_code
    ) as recent on risk.lsoa_code = recent.lsoa_code
    where risk.crime_group = 'all_crime'
    order by risk.lsoa_code
"""
_ERRORS = """
    select
        backtest.series,
        backtest.level,
        backtest.forecast_month,
        backtest.actual_{measure} as actual,
        backtest.predicted_{measure} as predicted,
        backtest.adjusted_lower_80 as lower_80,
        backtest.adjusted_upper_80 as upper_80,
        backtest.scaling_error,
        'backtest' as source
    from {backtest} as backtest
    inner join {scores} as scores
        on backtest.series = scores.series and backtest.model = scores.model
    where scores.is_champion and backtest.horizon_months = 1
    order by backtest.series, backtest.forecast_month
"""
COUNT_ERRORS = _ERRORS.format(
    measure="crime_count", backtest="ml_forecast_count_backtest", scores="ml_forecast_count_scores"
)
HARM_ERRORS = _ERRORS.format(
    measure="harm_days", backtest="ml_forecast_backtest", scores="ml_forecast_scores"
)
# A month that a force did not send is not one without crime.
RISK_ERRORS = """
    select
        dim_lsoa.force_slug,
        backtest.lsoa_code,
        backtest.forecast_month,
        backtest.expected_crime_count,
        backtest.recorded_crime_count,
        backtest.expected_harm_days,
        backtest.recorded_harm_days,
        'backtest' as source
    from ml_risk_backtest_lsoa as backtest
    inner join dim_lsoa on backtest.lsoa_code = dim_lsoa.lsoa_code
    inner join (select distinct force_slug, crime_month from fct_crimes) as sent
        on dim_lsoa.force_slug = sent.force_slug and backtest.forecast_month = sent.crime_month
    where backtest.crime_group = 'all_crime'
    order by backtest.forecast_month, backtest.lsoa_code
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
#: What the watch takes, by name.
QUERIES = {
    "counts": COUNTS,
    "unlocated": UNLOCATED,
    "predicted": PREDICTED,
    "count_forecasts": COUNT_ERRORS,
    "harm_forecasts": HARM_ERRORS,
    "risk": RISK_ERRORS,
    "calls": CALLS,
    "incidents": INCIDENTS,
}
_UPSTREAM = [
    "fct_crimes",
    "fct_crime_lsoa_month",
    "dim_lsoa",
    "ml_risk_lsoa",
    "ml_risk_backtest_lsoa",
    "ml_forecast_backtest",
    "ml_forecast_scores",
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
            dg.AssetCheckSpec(
                "issued_releases_intact",
                asset="ml_drift",
                description="Every release that forecast a past month is as it was published.",
            ),
        ],
        pool=DUCKDB_POOL,
    )
    def drift(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        from ml.monitoring import monitor
        from ml.monitoring.issued import with_issued

        with current_warehouse(warehouse, run) as connection:
            frames = {name: connection.execute(sql).df() for name, sql in QUERIES.items()}
            issued = _issued(run, frames)
            watch = monitor(**with_issued(frames, issued.frames))
            shown = {
                "is_retrain_requested": watch.request.is_requested,
                "alarms": list(watch.alarms),
                "issued_releases": list(issued.read),
                "releases_passed_over": list(issued.passed_over),
            }
            written = write_contracted(
                connection,
                "ml_drift",
                watch.table,
                configuration={READ_RELEASES: dict(issued.read)},
                metadata=shown,
            )
        write_request(run.paths, watch.request)
        checks = (
            _warning("no_alarm", {"alarms": list(watch.alarms)}),
            _warning("issued_releases_intact", {"refused": list(issued.refused)}),
        )
        return written._replace(check_results=[*(written.check_results or ()), *checks])

    return [drift]


def _issued(run: Run, frames: Mapping[str, pd.DataFrame]) -> Issued:
    """Read what was issued for the months that are judged."""
    months = {f"{month:%Y-%m}" for name in ISSUED for month in frames[name]["forecast_month"].unique()}
    forces = frames["counts"]["force_slug"].unique()
    return read_issued(run.paths, months, run.settings.harm_scheme, forces)


def _warning(name: str, found: Mapping[str, list[str]]) -> dg.AssetCheckResult:
    """Return the check that warns of what was found, and stops nothing."""
    return dg.AssetCheckResult(
        passed=not any(found.values()),
        check_name=name,
        asset_key="ml_drift",
        severity=dg.AssetCheckSeverity.WARN,
        metadata=found,
    )
