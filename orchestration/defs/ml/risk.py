"""Next month's expected crime and harm by neighbourhood and 250 m cell, with the backtest that chose them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from ml.common.contracts import CONTRACTS, empty_frame
from ml.common.threads import one_thread
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.defs.ml.risk_queries import FORCE_MONTHS, LSOAS, RECORDS
from orchestration.resources import DUCKDB_POOL, Run, Warehouse
from orchestration.risk_models import store_risk

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from ml.risk.published import Published

_LSOA, _GRID, _BACKTEST = "ml_risk_lsoa", "ml_risk_grid", "ml_risk_backtest"
_KEPT = "ml_risk_backtest_lsoa"
_UPSTREAM = ["fct_crimes", "dim_lsoa", "mart_deprivation_domains"]
_BOUNDARIES = "stg_ons__lsoa_boundaries"
CARD_NAME = "risk"


def risk_assets() -> list[dg.AssetsDefinition]:
    """Return the risk tables of both kinds of area and their backtest."""
    on_grid = [*_UPSTREAM, _BOUNDARIES]
    upstream = {_LSOA: _UPSTREAM, _GRID: on_grid, _BACKTEST: on_grid, _KEPT: _UPSTREAM}

    @dg.multi_asset(
        name="risk",
        specs=[ml_spec(table, deps, ANALYSIS, {"scipy"}) for table, deps in upstream.items()],
        check_specs=[contract_check(table) for table in upstream],
        pool=DUCKDB_POOL,
    )
    def risk(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        learning = ("sklearn.ensemble",) if run.settings.risk_models == "full" else ()
        with current_warehouse(warehouse, run) as connection, one_thread("scipy.linalg", *learning):
            published, lsoas, data_version = _publish(connection, run)
            manifests = store_risk(
                run.paths, published, data_version=data_version, harm_scheme=run.settings.harm_scheme
            )
            card = publish_card(run.paths, CARD_NAME, published.card if published else None, *manifests)
            for table in upstream:
                frame = published.tables[table] if published else empty_frame(CONTRACTS[table])
                shown = card | (_metadata(table, published, lsoas) if published else {})
                yield write_contracted(
                    connection, table, frame, {"risk_models": run.settings.risk_models}, shown
                )

    return [risk]


def _publish(connection: duckdb.DuckDBPyConnection, run: Run) -> tuple[Published | None, pd.DataFrame, str]:
    """Return what is published, None without any record, its neighbourhoods, and a digest of the records."""
    from ml.risk.published import publish_risk
    from ml.risk.study import held_whole

    stretch = held_whole(connection.execute(FORCE_MONTHS).df())
    if stretch is None:
        return None, connection.execute(LSOAS, [[]]).df(), ""
    lsoas = connection.execute(LSOAS, [list(stretch.forces)]).df()
    records = connection.execute(RECORDS, [stretch.months[0].astype("datetime64[D]").item()]).df()
    data_version = frame_digest(records)
    published = publish_risk(
        records,
        lsoas,
        stretch,
        models=run.settings.risk_models,
        version=f"{code_version()}, data {data_version}",
        harm_scheme=run.settings.harm_scheme,
    )
    return published, lsoas, data_version


def _metadata(table: str, published: Published, lsoas: pd.DataFrame) -> dict[str, dg.MetadataValue]:
    """Return figures of one of the tables, and what was left out of it."""
    from ml.risk.figures import calibration_plot, capture_curves, grid_map, lsoa_map

    frame = published.tables[table]
    shown: dict[str, dg.MetadataValue] = {}
    if table == _BACKTEST:
        if len(frame):
            text = "What each share of the area caught of later crime and harm, and if it kept catching it."
            shown["capture_curve"] = figure_metadata(capture_curves(frame), text)
            text = "Recorded against expected records, by tenths of the areas; the line is a right forecast."
            shown["calibration"] = figure_metadata(calibration_plot(published.judged), text)
        return shown
    if table == _KEPT:
        return {"months_forecast": dg.MetadataValue.int(frame["forecast_month"].nunique())}
    kind = table.removeprefix("ml_risk_")
    study = published.studies[kind]
    shown["records_in_no_area"] = dg.MetadataValue.int(study.left_out_count)
    if table == _LSOA:
        figure = lsoa_map(frame, lsoas)
    else:
        figure = grid_map(frame)
        cells, share = published.left_out_cells
        shown["cells_left_out"] = dg.MetadataValue.int(cells)
        shown["expected_share_of_cells_left_out"] = dg.MetadataValue.float(share)
    shown["map"] = figure_metadata(figure, "Expected records and harm days of all crime in the next month.")
    return shown
