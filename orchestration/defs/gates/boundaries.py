"""What judges the warehouse's tables and the ml tables: one step each, with a blocking check a table.

The checks are on the verdicts and not on the tables, since dbt builds all of its tables in one step: a
blocking check on one of them would have to run within it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from data_quality.suites.boundaries import Boundary, table_suites
from data_quality.verdicts import RuleResult, Verdict
from orchestration.boundaries.judging import judge_boundary
from orchestration.defs.common import GOVERNANCE
from orchestration.defs.report_links import report_links
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

JUDGED: dict[Boundary, str] = {"warehouse": "judged_warehouse", "ml": "judged_ml"}


def judged_assets() -> list[dg.AssetsDefinition]:
    """Return the verdicts on the warehouse's tables and on the ml tables."""
    return [_judged(boundary, asset) for boundary, asset in JUDGED.items()]


def _judged(boundary: Boundary, asset: str) -> dg.AssetsDefinition:
    suites = table_suites(boundary)

    @dg.asset(
        name=asset,
        deps=list(suites),
        group_name="gates",
        kinds={"greatexpectations", "json"},
        owners=[GOVERNANCE],
        description=f"One verdict a table of the {boundary} boundary, bound to its content and its rules.",
        check_specs=[
            dg.AssetCheckSpec(
                table,
                asset=asset,
                blocking=True,
                description=f"{len(suite.rules)} rules about {table}; {suite.owner} answers for them.",
            )
            for table, suite in suites.items()
        ],
        pool=DUCKDB_POOL,
    )
    def judged(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        with warehouse.get_connection() as connection:
            verdicts = judge_boundary(connection, boundary, run.paths)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(verdicts),
                "rules_judged": sum(len(verdict.rules) for verdict in verdicts),
            },
            check_results=[
                suite_result(
                    verdict,
                    verdict.dataset,
                    asset,
                    report_links(run.paths.validation_report, verdict.dataset, boundary=boundary),
                )
                for verdict in verdicts
            ],
        )

    return judged


def suite_result(verdict: Verdict, check: str, asset: str, links: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Return a verdict as a check's result: what is critical is an error, a warning warns, an info passes."""
    broken = [rule for rule in verdict.rules if not rule.success]
    is_refused = verdict.status != "passed"
    return dg.AssetCheckResult(
        check_name=check,
        asset_key=asset,
        passed=not is_refused and all(rule.severity == "info" for rule in broken),
        severity=dg.AssetCheckSeverity.ERROR if is_refused else dg.AssetCheckSeverity.WARN,
        metadata={"verdict": verdict.reason or verdict.status}
        | {severity: _in_words(broken, severity) for severity in ("critical", "warning", "info")}
        | dict(links),
    )


def _in_words(broken: Sequence[RuleResult], severity: str) -> list[str]:
    return [f"{rule.rule} ({rule.owner}): {rule.observed}" for rule in broken if rule.severity == severity]
