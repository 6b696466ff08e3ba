"""How well the priority of calls for service can be told when they are answered."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from ml.priority import Assessment, assess_agency
from ml.priority.card import priority_card
from ml.priority.choose import champion
from orchestration.artefacts import remove_model, store_model
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

if TYPE_CHECKING:
    import pandas as pd

CARD_NAME, _ARTEFACT = "call_priority", "call_priority_champion"
_TABLES = (
    "ml_call_priority_scores",
    "ml_call_priority_calibration",
    "ml_call_priority_confusion",
    "ml_call_priority_months",
)
# A sample of the newest two years, so that a city takes no hour and still spans months; where there are few
# calls, older ones too.
_MOST_CALLS, _FEWEST_CALLS, _YEARS = 20_000, 5_000, 2
_CALLS = f"""
    select
        agency, called_at_local, priority, call_type, block_low, street, cross_street, city, longitude,
        latitude, data_version
    from (
        select *
        from stg_calls_for_service__incidents
        where is_latest_record and priority is not null
        qualify
            called_at > max(called_at) over () - interval {_YEARS} year
            or row_number() over (order by called_at desc, incident_id desc) <= {_FEWEST_CALLS}
        order by md5(agency || ' ' || incident_id), incident_id
        limit {_MOST_CALLS}
    )
    order by called_at, incident_id
"""


def priority_assets() -> list[dg.AssetsDefinition]:
    """Return scores, calibration, confusion and months of call priority; empty tables without calls."""
    upstream = ["stg_calls_for_service__incidents"]

    @dg.multi_asset(
        name="call_priority",
        specs=[ml_spec(table, upstream, ANALYSIS, {"scikitlearn"}) for table in _TABLES],
        check_specs=[contract_check(table) for table in _TABLES],
        pool=DUCKDB_POOL,
    )
    def call_priority(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        with current_warehouse(warehouse, run) as connection:
            calls = connection.execute(_CALLS).df()
            found = assess_agency(calls)
            shown = _shown(found, _card(run, calls, found))
            frames = (found.scores, found.calibration, found.confusion, found.months)
            for table, frame in zip(_TABLES, frames, strict=True):
                yield write_contracted(connection, table, frame, metadata=shown.get(table))

    return [call_priority]


def _card(run: Run, calls: "pd.DataFrame", found: Assessment) -> dict[str, dg.MetadataValue]:
    """Store the published model of dangerous calls, and write its card; neither with too few calls."""
    from ml.priority.artefact import as_parts
    from ml.priority.features import KNOWN_AT_CALL
    from ml.priority.groups import errors_by_group
    from ml.priority.models import QUICK
    from ml.priority.refit import newest_fit

    if not found.main:
        remove_model(run.paths, _ARTEFACT)
        return publish_card(run.paths, CARD_NAME, None)
    model = champion(found.scores)
    published = found.main["dangerous"][model]
    data_version = frame_digest(calls)
    parts = as_parts(*newest_fit(calls, model, published, QUICK))
    manifest = store_model(run.paths, _ARTEFACT, parts, data_version=data_version, features=KNOWN_AT_CALL)
    months = calls["called_at_local"].dt.strftime("%Y-%m")
    version = f"{code_version()}, data {data_version}"
    card = priority_card(
        found.scores,
        version=version,
        months=(months.min(), months.max()),
        searches=found.searches,
        errors=errors_by_group(calls, found.main["dangerous"], model),
    )
    return publish_card(run.paths, CARD_NAME, card, manifest)


def _shown(found: Assessment, card: dict[str, dg.MetadataValue]) -> dict[str, dict[str, dg.MetadataValue]]:
    """Return the card and the figures by table; nothing when the main scenario has too few calls."""
    from ml.priority.figures import confusion_figure, reliability_figure, roc_figure

    if not found.main:
        return {}
    scores = {
        **card,
        "roc_curves": figure_metadata(
            roc_figure(found.main["dangerous"]), "Dangerous calls caught over false alarms, by model"
        ),
    }
    reliability = reliability_figure(_main_rows(found.calibration))
    matrices = _main_rows(found.confusion)
    return {
        _TABLES[0]: scores,
        _TABLES[1]: {
            "reliability": figure_metadata(reliability, "Share dangerous over predicted chance, by model")
        },
        _TABLES[2]: {
            str(decision): figure_metadata(
                confusion_figure(rows), f"True and given level, {decision}, by model"
            )
            for decision, rows in matrices.groupby("decision")
        },
    }


def _main_rows(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the rows of the first scenario."""
    scenario = list(table.columns[:5])
    return table[(table[scenario] == table[scenario].iloc[0]).all(axis=1)]
