"""What the indices of deprivation say of crime and harm rates, judged on regions not seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from ml.common.threads import one_thread
from orchestration.artefacts import remove_model, store_model
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.area_queries import AREAS, DOMAINS, WINDOW, months_of
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from ml.deprivation.study import Found

_SCORES, _IMPORTANCE = "ml_deprivation_scores", "ml_deprivation_importance"
CARD_NAME, _ARTEFACT = "deprivation", "deprivation_forest"


def deprivation_assets() -> list[dg.AssetsDefinition]:
    """Return the scores and the importance; empty tables with too few areas."""
    upstream = ["fct_crime_lsoa_month", "dim_lsoa", "fct_crimes", "mart_deprivation_domains"]

    @dg.multi_asset(
        name="deprivation",
        specs=[ml_spec(table, upstream, ANALYSIS, {"scikitlearn"}) for table in (_SCORES, _IMPORTANCE)],
        check_specs=[contract_check(table) for table in (_SCORES, _IMPORTANCE)],
        pool=DUCKDB_POOL,
    )
    def deprivation(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        from ml.deprivation.study import assess_deprivation

        with current_warehouse(warehouse, run) as connection, one_thread("sklearn.ensemble"):
            areas, domains, window = (connection.execute(sql).df() for sql in (AREAS, DOMAINS, WINDOW))
            found = assess_deprivation(areas, domains)
            labels = {"harm_scheme": run.settings.harm_scheme, **window.iloc[0]}
            shown = _shown(found, _card(run, found, window, frame_digest(areas, domains)))
            for table, frame in ((_SCORES, found.scores), (_IMPORTANCE, found.importance)):
                labelled = frame.assign(**labels)
                yield write_contracted(connection, table, labelled, metadata=shown.get(table))

    return [deprivation]


def _card(run: Run, found: Found, window: pd.DataFrame, data_version: str) -> dict[str, dg.MetadataValue]:
    """Store the forests, and write the model card; with too few areas to judge by there is neither."""
    from ml.deprivation.card import deprivation_card
    from ml.deprivation.sample import DOMAINS as FEATURES

    if found.scores.empty:
        remove_model(run.paths, _ARTEFACT)
        return publish_card(run.paths, CARD_NAME, None)
    version = f"{code_version()}, data {data_version}"
    manifest = store_model(run.paths, _ARTEFACT, found.forests, data_version=data_version, features=FEATURES)
    card = deprivation_card(found.scores, found.errors, version=version, months=months_of(window))
    return publish_card(run.paths, CARD_NAME, card, manifest)


def _shown(found: Found, card: dict[str, dg.MetadataValue]) -> dict[str, dict[str, dg.MetadataValue]]:
    from ml.deprivation.figures import importance_figure, scores_figure

    if not card:
        return {}
    return {
        _SCORES: {
            **card,
            "scores": figure_metadata(
                scores_figure(found.scores), "Deviance explained by model, on regions and on random folds."
            ),
        },
        _IMPORTANCE: {
            "importance": figure_metadata(
                importance_figure(found.importance, found.partial),
                "What the forest loses without each domain, and how its rate moves with the score.",
            )
        },
    }
