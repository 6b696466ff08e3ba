"""The publication policy as an asset: a blocking check a measure, before anything is published."""

from pathlib import Path

import dagster as dg

from data_quality.files import write_text_atomically
from data_quality.policy import Judgement, read_policy
from orchestration.defs.common import GOVERNANCE
from orchestration.patrol_plan import plan_record
from orchestration.publication_policy import describe, judge_publication
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

# What the measures are taken from.
_MEASURED = [
    "ml_hotspots",
    "ml_fairness_hotspot_exposure",
    "ml_fairness_models",
    "ml_fairness_errors",
    "ml_risk_backtest",
    "ml_forecast_scores",
    "ml_fairness_stops",
    "ml_risk_lsoa",
    "dim_lsoa",
    "ml_patrol_plan",
    "ml_patrol_feedback",
]


def policy_assets(policy_file: Path) -> list[dg.AssetsDefinition]:
    """Return the record of what the policy of a run said."""

    @dg.asset(
        name="publication_policy",
        deps=_MEASURED,
        group_name="publish",
        kinds={"json"},
        owners=[GOVERNANCE],
        description="What the publication policy says about the newest tables, and who decided otherwise.",
        check_specs=[
            dg.AssetCheckSpec(
                measure.name,
                asset="publication_policy",
                blocking=True,
                description=f"{measure.product}: {measure.what.strip()}.",
            )
            for measure in read_policy(policy_file).measures
        ],
        pool=DUCKDB_POOL,
    )
    def publication_policy(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        with warehouse.get_connection() as connection:
            record = judge_publication(connection, run.paths, policy_file=policy_file)
        write_text_atomically(run.paths.policy_record, record.as_json())
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(record.judgements),
                "record": dg.MetadataValue.path(str(run.paths.policy_record)),
                "decisions_not_followed": list(record.problems),
                "patrol_plan": plan_record(record.plan) if record.plan else "none",
            },
            check_results=[_result(one) for one in record.judgements],
        )

    return [publication_policy]


def _result(one: Judgement) -> dg.AssetCheckResult:
    """Return a judgement as a check's result; one that a person lifted, or that withholds, warns."""
    return dg.AssetCheckResult(
        check_name=one.measure.name,
        asset_key="publication_policy",
        passed=one.status in ("kept", "not_measured") and not (one.is_refused or one.is_withheld),
        severity=dg.AssetCheckSeverity.ERROR if one.is_refused else dg.AssetCheckSeverity.WARN,
        metadata={
            "judgement": describe(one),
            "rationale": one.decision.rationale if one.decision else "",
        },
    )
