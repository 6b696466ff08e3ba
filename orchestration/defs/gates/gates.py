"""One validated asset a dataset; its blocking check ``gate`` carries the verdicts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg

from data_quality.schemas import VALIDATED_SCHEMAS
from data_quality.verdicts import Verdict
from orchestration.defs.common import GOVERNANCE, MONTHLY, table_schema
from orchestration.defs.lineage import column_lineage
from orchestration.defs.report_links import report_links
from orchestration.gating import decisions_of, gate_police, gate_reference
from orchestration.landing import CALLS, POLICE_KINDS
from orchestration.partitions import asked_for
from orchestration.resources import Run
from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.police_uk.live_street import LIVE_STREET

# What is withheld of these is missing, and named, but a release is whole without them.
OPTIONAL = {CALLS, LIVE_STREET, *(dataset for dataset, source in CATALOGUE.items() if source.is_optional)}

Gate = Callable[[dg.AssetExecutionContext, Run], Sequence[Verdict]]


def validated_assets(partitions: dg.MultiPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the validated asset of every police and reference dataset, of the live feed and of calls."""
    police = [_validated_asset(dataset, _police_gate(dataset), partitions) for dataset in POLICE_KINDS]
    whole = [
        _validated_asset(dataset, _whole_gate(dataset), None) for dataset in (*CATALOGUE, LIVE_STREET, CALLS)
    ]
    return police + whole


def _police_gate(dataset: str) -> Gate:
    return lambda context, run: gate_police(dataset, asked_for(context.partition_keys), run.paths)


def _whole_gate(dataset: str) -> Gate:
    return lambda _, run: [gate_reference(dataset, run.paths)]


def _validated_asset(
    dataset: str, gate: Gate, partitions: dg.MultiPartitionsDefinition | None
) -> dg.AssetsDefinition:
    name = f"validated_{dataset}"

    @dg.asset(
        name=name,
        deps=[f"raw_{dataset}"],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        group_name="gates",
        kinds={"greatexpectations", "parquet"},
        owners=[GOVERNANCE],
        description=f"Records of {dataset} that passed their gate, with a verdict bound to their bytes.",
        metadata=table_schema(_columns(dataset)),
        freshness_policy=MONTHLY if partitions else None,
        check_specs=[
            dg.AssetCheckSpec(
                "gate",
                asset=name,
                blocking=True,
                description=f"The suite {dataset} holds on every partition.",
            )
        ],
    )
    def validated(context: dg.AssetExecutionContext, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        verdicts = gate(context, run)
        refused = [(verdict.month, verdict.force) for verdict in _refused(verdicts)]
        links = report_links(run.paths.validation_report, dataset, refused)
        found = decisions_of(run.paths).problems
        problems = [problem.text for problem in found if problem.dataset in (None, dataset)]
        return _summarise(name, verdicts, is_optional=dataset in OPTIONAL, links=links, problems=problems)

    return validated


def _columns(dataset: str) -> list[tuple[str, str, str]]:
    """Return name and type of each validated column, with the meaning that the catalogue declares."""
    source = CATALOGUE.get(dataset)
    meanings = {column.name: column.description for column in source.columns} if source else {}
    return [
        (field.name, str(field.type), meanings.get(field.name, "")) for field in VALIDATED_SCHEMAS[dataset]
    ]


def _refused(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.status in ("failed", "crashed")]


def _summarise(
    asset: str,
    verdicts: Sequence[Verdict],
    is_optional: bool,
    links: Mapping[str, Any],
    problems: Sequence[str] = (),
) -> dg.MaterializeResult:
    refused = _refused(verdicts)
    passed = [verdict for verdict in verdicts if verdict.status == "passed"]
    # One bad partition is withheld and named, and the others go on; when none passed, nothing can go on, but
    # for an optional dataset, which a run does without.
    blocks = bool(refused) and not passed and not is_optional
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(verdict.record_count_validated for verdict in passed),
            "partitions_passed": len(passed),
            "partitions_absent": sum(1 for verdict in verdicts if verdict.status == "absent"),
            "partitions_waived": sum(1 for verdict in passed if verdict.waivers),
            "values_corrected": sum(applied.count for verdict in passed for applied in verdict.corrections),
            "records_quarantined": sum(verdict.record_count_quarantined for verdict in verdicts),
            **column_lineage(asset),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="gate",
                passed=not refused,
                severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
                metadata={
                    "withheld": [
                        f"{_name(verdict)} ({verdict.status}): {verdict.reason}" for verdict in refused
                    ],
                    "waived": [
                        f"{_name(verdict)}: {waiver.statement}"
                        for verdict in verdicts
                        for waiver in verdict.waivers
                    ],
                    "corrected": [
                        f"{_name(verdict)}: {applied.count} by {applied.file} ({applied.corrected_by})"
                        for verdict in verdicts
                        for applied in verdict.corrections
                    ],
                    "waivers_and_corrections_refused": list(problems),
                    **links,
                },
            )
        ],
    )


def _name(verdict: Verdict) -> str:
    return f"{verdict.month} {verdict.force}" if verdict.month else verdict.dataset
