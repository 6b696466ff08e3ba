"""What the indices of deprivation say of crime and harm rates, judged on regions not seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from data_quality.files import write_text_atomically
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.area_queries import AREAS, DOMAINS, WINDOW
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from ml.deprivation.study import Found

_SCORES, _IMPORTANCE = "ml_deprivation_scores", "ml_deprivation_importance"
CARD_NAME = "deprivation.md"


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
        from threadpoolctl import threadpool_limits

        from ml.deprivation.study import assess_deprivation

        # The fits are many and small: more threads only wait for each other.
        with current_warehouse(warehouse, run) as connection, threadpool_limits(limits=1):
            areas, domains, window = (connection.execute(sql).df() for sql in (AREAS, DOMAINS, WINDOW))
            found = assess_deprivation(areas, domains)
            labels = {"harm_scheme": run.settings.harm_scheme, **window.iloc[0]}
            card = _card(found, window, f"{code_version()}, data {frame_digest(areas, domains)}")
            shown = _shown(found, card) if card else {}
            for table, frame in ((_SCORES, found.scores), (_IMPORTANCE, found.importance)):
                written = write_contracted(connection, table, frame.assign(**labels))
                yield written._replace(metadata={**(written.metadata or {}), **shown.get(table, {})})
        if card:
            write_text_atomically(run.paths.model_cards / CARD_NAME, card)

    return [deprivation]


def _card(found: Found, window: pd.DataFrame, version: str) -> str | None:
    """Return the model card; None with too few areas to judge by."""
    from ml.common.model_card import card_as_markdown
    from ml.deprivation.card import deprivation_card

    if found.scores.empty:
        return None
    first, last = (f"{month:%Y-%m}" for month in window.iloc[0])
    return card_as_markdown(deprivation_card(found.scores, version=version, months=(first, last)))


def _shown(found: Found, card: str) -> dict[str, dict[str, dg.MetadataValue]]:
    from ml.deprivation.figures import importance_figure, scores_figure

    return {
        _SCORES: {
            "model_card": dg.MetadataValue.md(card),
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
