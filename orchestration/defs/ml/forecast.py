"""Monthly harm and counts for the next twelve months, with their rolling-origin backtests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from ml.common.threads import one_thread
from ml.forecast import fit_all, hierarchy_series
from orchestration.artefacts import remove_model, store_document
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from ml.forecast.run import Forecasts

HARM_TABLES = ("ml_forecast_harm", "ml_forecast_backtest", "ml_forecast_scores")
COUNT_TABLES = ("ml_forecast_count", "ml_forecast_count_backtest", "ml_forecast_count_scores")
_HORIZONS = "ml_forecast_horizons"
_TABLES = (*HARM_TABLES, *COUNT_TABLES, _HORIZONS)
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
        specs=[ml_spec(table, ["fct_crimes", "dim_lsoa"], ANALYSIS, {"scipy"}) for table in _TABLES],
        check_specs=[contract_check(table) for table in _TABLES],
        pool=DUCKDB_POOL,
    )
    def forecast(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        import pandas as pd

        from ml.forecast.scores import scores_by_horizon

        with current_warehouse(warehouse, run) as connection, one_thread("scipy.linalg"):
            monthly = hierarchy_series(connection.execute(FORECAST_CELLS).df())
            by_horizon = []
            for measure, names in (("harm_days", HARM_TABLES), ("crime_count", COUNT_TABLES)):
                found = fit_all(monthly, harm_scheme=run.settings.harm_scheme, measure=measure)
                horizons = scores_by_horizon(found.backtest, found.scores, measure)
                by_horizon.append(horizons)
                frames = (found.forecast, found.backtest, found.scores)
                for table, frame in zip(names, frames, strict=True):
                    shown = _shown(run, monthly, found, horizons) if table == names[0] else None
                    yield write_contracted(connection, table, frame, metadata=shown)
            yield write_contracted(connection, _HORIZONS, pd.concat(by_horizon, ignore_index=True))

    return [forecast]


def _shown(
    run: Run, monthly: pd.DataFrame, found: Forecasts, horizons: pd.DataFrame
) -> dict[str, dg.MetadataValue]:
    """Store the models, and return their card and the figure."""
    from ml.forecast.figures import forecast_figure

    figure = forecast_figure(monthly, found.forecast, measure=found.models.measure)
    text = "Recorded months, the forecast with its 80% and 95% bands, and declared breaks."
    return {**_card(run, monthly, found, horizons), "figure": figure_metadata(figure, text)}


def _card(
    run: Run, monthly: pd.DataFrame, found: Forecasts, horizons: pd.DataFrame
) -> dict[str, dg.MetadataValue]:
    from ml.forecast.artefact import as_document
    from ml.forecast.card import forecast_card
    from ml.forecast.errors import card_metrics

    measure = found.models.measure
    name = f"forecast_{measure}"
    if found.forecast.empty:
        remove_model(run.paths, name)
        return publish_card(run.paths, name, None)
    data_version = frame_digest(monthly)
    card = forecast_card(
        found.forecast,
        found.scores,
        card_metrics(found.backtest, found.scores, horizons, measure),
        version=f"{code_version()}, data {data_version}",
        measure=measure,
    )
    manifest = store_document(
        run.paths, name, as_document(found.models), data_version=data_version, features=card.features
    )
    return publish_card(run.paths, name, card, manifest)
