"""Fairness of searches, of maps and of patrols that follow them: rates, exposure, frontier, feedback."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from orchestration.code_version import code_version
from orchestration.defs.common import GOVERNANCE
from orchestration.defs.ml.area_queries import WINDOW, months_of
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.fairness_queries import (
    CRIME_LSOAS,
    HOTSPOTS,
    LSOAS,
    RESIDENTS,
    RESIDENTS_BY_AGE,
    RISK,
    STOPS,
)
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_RATES, _MODELS, _FRONTIER = "ml_fairness_stop_rates", "ml_fairness_models", "ml_fairness_frontier"
CARD_NAME = "fairness_of_maps"
_FEEDBACK = "ml_fairness_feedback"
_AREAS = ["dim_lsoa", "fct_crimes"]


def fairness_audit_assets() -> list[dg.AssetsDefinition]:
    """Return the audits of searches, of maps and of feedback."""
    return [_stop_rates(), _maps(), _feedback()]


def _stop_rates() -> dg.AssetsDefinition:
    upstream = ["fct_stops", "mart_stops_ethnicity", "dim_lsoa", "dim_district_residents"]

    @dg.multi_asset(
        name="fairness_stop_rates",
        specs=[ml_spec(_RATES, upstream, GOVERNANCE, {"scipy"})],
        check_specs=[contract_check(_RATES)],
        pool=DUCKDB_POOL,
    )
    def fairness_stop_rates(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        from ml.fairness.figures import stop_ratio_plot
        from ml.fairness.stop_rates import stop_rates

        with current_warehouse(warehouse, run) as connection:
            read = (connection.execute(sql).df() for sql in (STOPS, RESIDENTS, RESIDENTS_BY_AGE))
            rates = stop_rates(*read)
            words = "Rate ratios of searches with intervals, and bounds by those not stated"
            shown = {"picture": figure_metadata(stop_ratio_plot(rates), words)}
            return write_contracted(connection, _RATES, rates, metadata=shown)

    return fairness_stop_rates


def _maps() -> dg.AssetsDefinition:
    upstream = {
        _MODELS: ["ml_hotspots", "ml_risk_lsoa", "stg_ons__lsoa_boundaries", *_AREAS],
        _FRONTIER: ["ml_risk_lsoa", *_AREAS],
    }

    @dg.multi_asset(
        name="fairness_maps",
        specs=[ml_spec(table, deps, GOVERNANCE, {"shapely"}) for table, deps in upstream.items()],
        check_specs=[contract_check(table) for table in upstream],
        pool=DUCKDB_POOL,
    )
    def fairness_maps(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        from ml.fairness.card import map_fairness_card
        from ml.fairness.figures import frontier_plot, model_ratio_plot
        from ml.fairness.frontier import fairness_frontier
        from ml.fairness.model_exposure import model_exposure
        from ml.hotspots import hotspot_population_exposure

        with current_warehouse(warehouse, run) as connection:
            lsoas, risk = connection.execute(LSOAS).df(), connection.execute(RISK).df()
            covered = hotspot_population_exposure(connection.execute(HOTSPOTS).df(), lsoas)
            words = "Share of each group's residents whom maps flag, over that of everyone"
            exposure = model_exposure(covered, risk)
            period = months_of(connection.execute(WINDOW).df())
            version = f"{code_version()}, data {frame_digest(exposure)}"
            card = map_fairness_card(exposure, version=version, period=period)
            shown = publish_card(run.paths, CARD_NAME, card)
            shown["picture"] = figure_metadata(model_ratio_plot(exposure), words)
            yield write_contracted(connection, _MODELS, exposure, metadata=shown)
            frontier = fairness_frontier(covered.merge(risk, on="lsoa_code"))
            words = "Forecast captured against disparity, as the cap on the most deprived fifth tightens"
            shown = {"picture": figure_metadata(frontier_plot(frontier), words)}
            yield write_contracted(connection, _FRONTIER, frontier, metadata=shown)

    return fairness_maps


def _feedback() -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="fairness_feedback",
        specs=[ml_spec(_FEEDBACK, ["fct_crime_lsoa_month", *_AREAS], GOVERNANCE, {"numpy"})],
        check_specs=[contract_check(_FEEDBACK)],
        pool=DUCKDB_POOL,
    )
    def fairness_feedback(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        from ml.fairness.feedback import feedback_on_lsoas
        from ml.fairness.figures import feedback_plot

        with current_warehouse(warehouse, run) as connection:
            feedback = feedback_on_lsoas(connection.execute(CRIME_LSOAS).df())
            words = "What patrol policies make of an assumed error of the record, simulated on these LSOAs"
            shown = {"picture": figure_metadata(feedback_plot(feedback), words)}
            return write_contracted(connection, _FEEDBACK, feedback, metadata=shown)

    return fairness_feedback
