"""The patrol plan as it is published: held to the policy, and approved by nobody but a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from data_quality.plan_approvals import PlanJudgement, judge_plan, read_approvals
from data_quality.policy import Judgement
from orchestration.paths import DataPaths

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

PLAN = "ml_patrol_plan"
# The table is a proposal and stays one: what is published of it is a document of its own.
PUBLISHED_AS = "patrol_plan.json"


def judged_plan(
    connection: duckdb.DuckDBPyConnection,
    judgements: Sequence[Judgement],
    may_sign: Sequence[str],
    paths: DataPaths,
    today: date,
) -> tuple[PlanJudgement | None, list[str]]:
    """Say what becomes of the plan in the warehouse.

    Parameters
    ----------
    connection
        The open warehouse.
    judgements
        What the policy said of every measure.
    may_sign
        Roles that may approve.
    paths
        Where approvals are.
    today
        The day on which they are to hold.

    Returns
    -------
    tuple of PlanJudgement or None, and list of str
        None without a plan; and what is wrong with files that approve nothing.
    """
    from ml.patrol.plan import plan_digest

    plan = _rows(connection)
    if plan is None or plan.empty:
        return None, []
    digest = plan_digest(plan)
    approvals, problems = read_approvals(paths.plan_approvals, digest, may_sign, today)
    # The rows are what is published: a digest beside them is only what they are said to be.
    altered = [] if set(plan["plan_sha256"]) == {digest} else ["the rows are not those of plan_sha256"]
    return judge_plan(digest, judgements, approvals, altered), problems


def plan_document(connection: duckdb.DuckDBPyConnection, judged: PlanJudgement) -> str:
    """Return the plan as it is published, as JSON; of a withheld plan the reasons and no area.

    Parameters
    ----------
    connection
        The open warehouse.
    judged
        What became of it.
    """
    plan = _rows(connection)
    areas: list[Mapping[str, Any]] = []
    if plan is not None and judged.status != "withheld":
        rows = plan.drop(columns=["plan_sha256", "status"])
        rows["forecast_month"] = rows["forecast_month"].dt.strftime("%Y-%m")
        areas = json.loads(rows.to_json(orient="records", double_precision=6))
    document = {**plan_record(judged), "areas": areas}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def plan_record(judged: PlanJudgement) -> dict[str, Any]:
    """Return what became of the plan, without its areas."""
    return asdict(judged) | {"reasons": list(judged.reasons)}


def plan_version(judged: PlanJudgement) -> str:
    """Return a digest of the plan with what became of it: another one, another release."""
    return hashlib.sha256(json.dumps(plan_record(judged), sort_keys=True).encode()).hexdigest()


def _rows(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame | None:
    import duckdb

    try:
        return connection.execute(f"select * from {PLAN} order by patrol_rank").df()
    except duckdb.CatalogException:
        return None
