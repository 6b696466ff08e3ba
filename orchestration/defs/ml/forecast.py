"""Monthly harm for the next twelve months, with its rolling-origin backtest."""

from collections.abc import Iterator

import dagster as dg

from ml.forecast import forecast_all, monthly_series
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_TABLES = ("ml_forecast_harm", "ml_forecast_backtest", "ml_forecast_scores")
_FORCE_MONTHS = "select force_slug, crime_month, harm_days from mart_harm_force_month"


def forecast_assets() -> list[dg.AssetsDefinition]:
    """Return the forecast, its backtest and its scores."""

    @dg.multi_asset(
        name="forecast",
        specs=[ml_spec(table, ["mart_harm_force_month"], ANALYSIS, {"statsmodels"}) for table in _TABLES],
        check_specs=[contract_check(table) for table in _TABLES],
        pool=DUCKDB_POOL,
    )
    def forecast(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        from threadpoolctl import threadpool_limits

        # The fits are many and small: more threads only wait for each other.
        with current_warehouse(warehouse, run) as connection, threadpool_limits(limits=1):
            monthly = monthly_series(connection.execute(_FORCE_MONTHS).df())
            tables = forecast_all(monthly, harm_scheme=run.settings.harm_scheme)
            for table, frame in zip(_TABLES, tables, strict=True):
                yield write_contracted(connection, table, frame)

    return [forecast]
