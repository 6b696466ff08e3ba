"""Monthly harm and counts for the next twelve months, with their rolling-origin backtests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from ml.forecast import forecast_all, hierarchy_series
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

if TYPE_CHECKING:
    import pandas as pd

HARM_TABLES = ("ml_forecast_harm", "ml_forecast_backtest", "ml_forecast_scores")
COUNT_TABLES = ("ml_forecast_count", "ml_forecast_count_backtest", "ml_forecast_count_scores")
_COVERAGE = "ml_forecast_coverage"
_TABLES = (*HARM_TABLES, *COUNT_TABLES, _COVERAGE)
FORECAST_CELLS = """
    select
        crimes.force_slug,
        case when crimes.is_inside_force_area then areas.lad_code end as district_code,
        crimes.crime_type,
        crimes.crime_month,
        sum(crimes.harm_days::decimal(18, 4))::double as harm_days,
        count(*)::double as crime_count
    from fct_crimes as crimes
    left join dim_lsoa as areas on crimes.lsoa_code = areas.lsoa_code
    group by all
    order by all
"""


def forecast_assets() -> list[dg.AssetsDefinition]:
    """Return the forecasts, their backtests and their scores."""

    @dg.multi_asset(
        name="forecast",
        specs=[ml_spec(table, ["fct_crimes", "dim_lsoa"], ANALYSIS, {"statsmodels"}) for table in _TABLES],
        check_specs=[contract_check(table) for table in _TABLES],
        pool=DUCKDB_POOL,
    )
    def forecast(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        import pandas as pd
        from threadpoolctl import threadpool_limits

        from ml.forecast.coverage import coverage_by_horizon

        # The fits are many and small: more threads only wait for each other.
        with current_warehouse(warehouse, run) as connection, threadpool_limits(limits=1):
            monthly = hierarchy_series(connection.execute(FORECAST_CELLS).df())
            coverage = []
            for measure, names in (("harm_days", HARM_TABLES), ("crime_count", COUNT_TABLES)):
                tables = forecast_all(monthly, harm_scheme=run.settings.harm_scheme, measure=measure)
                coverage.append(coverage_by_horizon(tables[1], tables[2], measure))
                for table, frame in zip(names, tables, strict=True):
                    result = write_contracted(connection, table, frame)
                    if table == names[0]:
                        result = result._replace(
                            metadata={**(result.metadata or {}), **_shown(run, monthly, tables, measure)}
                        )
                    yield result
            yield write_contracted(connection, _COVERAGE, pd.concat(coverage, ignore_index=True))

    return [forecast]


def _shown(
    run: Run, monthly: pd.DataFrame, tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], measure: str
) -> dict[str, dg.MetadataValue]:
    """Return the model card and the figure."""
    from ml.forecast.card import forecast_card
    from ml.forecast.figures import forecast_figure

    forecast, _, scores = tables
    figure = forecast_figure(monthly, forecast, measure=measure)
    version = f"{code_version()}, data {frame_digest(monthly)}"
    card = forecast_card(forecast, scores, version=version, measure=measure) if len(forecast) else None
    text = "Recorded months, the forecast with its 80% and 95% bands, and declared breaks."
    return {
        **publish_card(run.paths, f"forecast_{measure}", card),
        "figure": figure_metadata(figure, text),
    }
