"""police.uk archive members, one asset a kind, partitioned by month and force."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg

from orchestration.defs.common import DATA_ENGINEERING, table_schema
from orchestration.defs.report_links import report_links
from orchestration.landing import POLICE_KINDS, Landing, land_police
from orchestration.partitions import asked_for
from orchestration.resources import Run
from orchestration.sources.police_uk.headers import HEADERS

_DESCRIPTIONS = {
    "police_street": "Street-level crime as police.uk publishes it: one CSV per month and force.",
    "police_outcomes": "Outcomes recorded in a month, as police.uk publishes them: one CSV per force.",
    "police_stop_and_search": "Stops and searches as police.uk publishes them: one CSV per month and force.",
}


def raw_police_assets(partitions: dg.MultiPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the raw asset of each kind of police.uk file."""
    return [_raw_asset(dataset, partitions) for dataset in POLICE_KINDS]


def _raw_asset(dataset: str, partitions: dg.MultiPartitionsDefinition) -> dg.AssetsDefinition:
    name = f"raw_{dataset}"

    @dg.asset(
        name=name,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="raw",
        kinds={"http", "csv"},
        owners=[DATA_ENGINEERING],
        description=_DESCRIPTIONS[dataset],
        metadata=table_schema((c, "string", "") for c in HEADERS[POLICE_KINDS[dataset]]),
        check_specs=[
            dg.AssetCheckSpec(
                "fetched", asset=name, blocking=True, description="Every partition could be fetched."
            )
        ],
    )
    def raw(context: dg.AssetExecutionContext, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        wanted = asked_for(context.partition_keys)
        landings = land_police(dataset, wanted, run.upstream.archive(), run.paths)
        for key, landing in zip(sorted(context.partition_keys, key=_month_first), landings, strict=True):
            context.add_asset_metadata(_partition_metadata(landing), partition_key=key)
        yield _summarise(dataset, landings, run.paths.validation_report)

    return raw


def _month_first(key: str) -> tuple[str, str]:
    (partition,) = asked_for([key])
    return partition.month, partition.force


def _partition_metadata(landing: Landing) -> dict[str, object]:
    if landing.provenance is None:
        assert landing.absence is not None
        return {"status": landing.absence.status, "reason": landing.absence.reason}
    held = landing.provenance
    return {
        "dagster/partition_row_count": held.record_count or 0,
        "data_version": held.data_version,
        "release": held.release or "",
        "url": held.files[0].url,
    }


def _summarise(dataset: str, landings: Sequence[Landing], report: Path) -> dg.MaterializeResult:
    held = [landing.provenance for landing in landings if landing.provenance]
    failed = [x for x in landings if x.absence and x.absence.status == "fetch_failed"]
    nothing_had = bool(failed) and not held
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(provenance.record_count or 0 for provenance in held),
            "partitions_held": len(held),
            "partitions_absent": sum(1 for x in landings if x.absence and x.absence.status == "absent"),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="fetched",
                passed=not failed,
                # A failing partition is withheld and named; it does not stop the others.
                severity=dg.AssetCheckSeverity.ERROR if nothing_had else dg.AssetCheckSeverity.WARN,
                metadata={
                    "failed": [f"{x.partition}: {x.absence.reason}" for x in failed if x.absence],
                    **report_links(
                        report,
                        dataset,
                        [(x.partition.month, x.partition.force) for x in failed if x.partition],
                    ),
                },
            )
        ],
    )
