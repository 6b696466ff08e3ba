"""Kinds of areas by how much is recorded there and of what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from ml.common.threads import one_thread
from orchestration.artefacts import remove_model, store_model
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.area_queries import AREAS, COUNTS, GROUPS, WINDOW, months_of
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from ml.common.model_card import Metric
    from ml.profiles.clusters import Clustering
    from ml.profiles.tables import Profiled

_PROFILES, _CLUSTERS = "ml_area_profiles", "ml_area_profile_clusters"
CARD_NAME, _ARTEFACT = "area_profiles", "area_profiles_kmeans"


def profile_assets() -> list[dg.AssetsDefinition]:
    """Return the areas with their cluster, and the clusters."""
    upstream = ["fct_crime_lsoa_month", "dim_lsoa", "fct_crimes"]

    @dg.multi_asset(
        name="area_profiles",
        specs=[ml_spec(table, upstream, ANALYSIS, {"scikitlearn"}) for table in (_PROFILES, _CLUSTERS)],
        check_specs=[contract_check(table) for table in (_PROFILES, _CLUSTERS)],
        pool=DUCKDB_POOL,
    )
    def area_profiles(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        from ml.profiles.figures import profile_map
        from ml.profiles.residents import residents_by_kind
        from ml.profiles.tables import profile_areas

        with current_warehouse(warehouse, run) as connection, one_thread("sklearn.cluster"):
            areas, counts, window = (connection.execute(sql).df() for sql in (AREAS, COUNTS, WINDOW))
            found = profile_areas(areas, counts)
            picture = figure_metadata(
                profile_map(found.areas, found.clusters, areas), "Kinds of areas and what sets them apart."
            )
            residents = residents_by_kind(found.areas, connection.execute(GROUPS).df())
            card = _card(run, found, window, frame_digest(areas, counts), residents)
            shown = {_PROFILES: {"map": picture, **card}, _CLUSTERS: _support(found.clustering)}
            for table, frame in ((_PROFILES, found.areas), (_CLUSTERS, found.clusters)):
                labelled = frame.assign(**window.iloc[0])
                yield write_contracted(connection, table, labelled, metadata=shown[table])

    return [area_profiles]


def _card(
    run: Run, found: Profiled, window: pd.DataFrame, data_version: str, residents: list[Metric]
) -> dict[str, dg.MetadataValue]:
    """Store the clusters, and write the model card; neither with too few areas."""
    from ml.profiles.card import profile_card

    version = f"{code_version()}, data {data_version}"
    card = profile_card(found, version=version, months=months_of(window), residents=residents)
    if card is None or found.clustering is None:
        remove_model(run.paths, _ARTEFACT)
        return publish_card(run.paths, CARD_NAME, None)
    manifest = store_model(
        run.paths, _ARTEFACT, found.clustering.estimator, data_version=data_version, features=card.features
    )
    return publish_card(run.paths, CARD_NAME, card, manifest)


def _support(found: Clustering | None) -> dict[str, dg.MetadataValue]:
    """Return what the number of clusters rests on."""
    if found is None:
        return {"clusters": dg.MetadataValue.text("none: too few areas have enough records")}
    rows = [f"| {k} | {mean:.3f} | {error:.3f} |" for k, (mean, error) in found.silhouette.items()]
    head = "| clusters | silhouette | standard error |\n|---|---|---|\n"
    return {
        "silhouettes": dg.MetadataValue.md(head + "\n".join(rows)),
        "adjusted_rand": dg.MetadataValue.float(found.adjusted_rand),
        "p_value": dg.MetadataValue.float(found.p_value),
    }
