"""Errors and calibration of the risk map by group of residents, and who lives where it points."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from ml.common.threads import one_thread
from orchestration.code_version import code_version
from orchestration.defs.common import GOVERNANCE
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.fairness_queries import FORECAST_LSOAS, FORECASTS
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_ERRORS, _COMPOSITION = "ml_fairness_errors", "ml_fairness_composition"
_CALIBRATION = "ml_fairness_calibration"
_TABLES = (_ERRORS, _COMPOSITION, _CALIBRATION)
CARD_NAME = "errors_by_group"
_HOLLOW = "hollow points have no interval, as too few areas or months have their figure"
_UPSTREAM = ["ml_risk_backtest_lsoa", "dim_lsoa"]


def fairness_error_assets() -> list[dg.AssetsDefinition]:
    """Return errors, calibration and make-up by group; empty with too few months for a backtest."""

    @dg.multi_asset(
        name="fairness_errors",
        specs=[ml_spec(table, _UPSTREAM, GOVERNANCE, {"numpy"}) for table in _TABLES],
        check_specs=[contract_check(table) for table in _TABLES],
        pool=DUCKDB_POOL,
    )
    def fairness_errors(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        from ml.fairness.calibration import calibration_by_group
        from ml.fairness.calibration_figure import calibration_plot
        from ml.fairness.card import error_card
        from ml.fairness.composition import composition
        from ml.fairness.error_figures import composition_plot, error_plot
        from ml.fairness.errors import error_parity

        with current_warehouse(warehouse, run) as connection, one_thread():
            forecasts = connection.execute(FORECASTS).df()
            lsoas = connection.execute(FORECAST_LSOAS).df()
            errors = error_parity(forecasts, lsoas)
            calibration = calibration_by_group(forecasts, lsoas)
            card = error_card(errors, calibration, version=f"{code_version()}, data {frame_digest(errors)}")
            cards = {_ERRORS: publish_card(run.paths, CARD_NAME, card)}
            for table, frame, draw, words in (
                (
                    _ERRORS,
                    errors,
                    error_plot,
                    "False alarms, misses and expected over recorded crime by group, in past months; "
                    f"{_HOLLOW}",
                ),
                (
                    _COMPOSITION,
                    composition(forecasts, lsoas),
                    composition_plot,
                    "Who lives where most, middling and least crime was predicted, over all areas",
                ),
                (
                    _CALIBRATION,
                    calibration,
                    calibration_plot,
                    "Recorded against expected crime by group and fifth of the forecast (above), and the "
                    f"share of records within their intervals by group (below); {_HOLLOW}",
                ),
            ):
                shown = {"picture": figure_metadata(draw(frame), words)} | cards.get(table, {})
                yield write_contracted(connection, table, frame, metadata=shown)

    return [fairness_errors]
