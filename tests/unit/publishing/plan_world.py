"""Worlds whose warehouse holds a patrol plan, and the files that people sign about it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import yaml

from data_quality.policy import POLICY_FILE, read_policy
from ml.patrol import propose_plan, simulate_plan
from orchestration.paths import DataPaths
from orchestration.patrol_plan import PUBLISHED_AS, plan_document
from orchestration.publication_policy import judge_publication
from orchestration.publishing.audit_pack.governance import read_governance
from orchestration.publishing.audit_pack.pack import FOLDER, PackInputs, write_audit_pack
from orchestration.publishing.manifest import describe_files, read_manifest, write_manifest
from tests.unit.ml.patrol_frames import AREAS, lsoa_frame, risk_frame
from tests.unit.publishing.conftest import World, write_world
from tests.unit.publishing.lineage_frames import LINEAGE

MEASURE = "patrol_error_amplification"
BECAUSE = "The areas are Welsh and have no decile of the English index."


def plan_tables() -> dict[str, pd.DataFrame]:
    """Return the tables that a plan is published from."""
    feedback = simulate_plan(lsoa_frame())
    # So few and so alike areas change places at any error: the policy would withhold each of their plans.
    kept = feedback["error_amplification"].clip(upper=1.2)
    return {
        "ml_risk_lsoa": risk_frame(),
        "ml_patrol_plan": propose_plan(risk_frame()).sort_values("patrol_rank", ignore_index=True),
        # Two of them reach the bound of 1.5, from below as from 1.75.
        "ml_patrol_feedback": feedback.assign(
            error_amplification=kept, error_amplification_standard_error=0.2
        ),
    }


def write_planned_world(root: Path, tables: dict[str, pd.DataFrame]) -> World:
    """Write a world with those tables and without a backtest, whose areas have residents of each group."""
    world = write_world(root, area_count=AREAS, crime_count=200, month_count=13)
    groups = {"asian": 100, "black": 50, "mixed": 20, "white": 900, "other": 3}
    with duckdb.connect(str(world.warehouse)) as connection:
        connection.execute("drop table ml_risk_backtest")
        for group, count in groups.items():
            connection.execute(f"update dim_lsoa set {group}_count = {count}")
        for name, frame in tables.items():
            connection.register("held", frame)
            connection.execute(f"create or replace table {name} as select * from held")
            connection.unregister("held")
    return world


def pack_again(world: World, release: Path, target: Path) -> Path:
    """Return a copy of a release with the plan and the pack as the warehouse and signed files are now.

    A release of its own would draw every map of the overview again.
    """
    shutil.copytree(release, target, ignore=shutil.ignore_patterns(FOLDER))
    paths = DataPaths(world.data_root)
    with duckdb.connect(str(world.warehouse), read_only=True) as connection:
        record = judge_publication(connection, paths)
        assert record.plan is not None
        (target / PUBLISHED_AS).write_text(plan_document(connection, record.plan))
        feedback = target / "tables" / "ml_patrol_feedback.parquet"
        connection.execute(f"copy ml_patrol_feedback to '{feedback}' (format parquet)")
    manifest = {**read_manifest(target), "policy": record.as_mapping()}
    (target / "manifest.json").unlink()
    governance = read_governance(paths.governance)
    write_audit_pack(
        target,
        PackInputs(manifest, paths, LINEAGE, world.lock, governance, True, policy_file=POLICY_FILE),
    )
    write_manifest(target, {**manifest, "files": describe_files(target)})
    return target


def approve(root: Path, digest: str, rationale: str | None = None) -> None:
    """Sign the plan of a digest."""
    said = rationale or "Read area by area with the neighbourhood teams, who know of each of them."
    _sign(DataPaths(root).plan_approvals, {"plan": digest, "rationale": said})


def decide(root: Path, **about: object) -> None:
    """Sign that the measure about plans may be as ``about`` says."""
    content = {
        "policy": read_policy().sha256,
        "measure": MEASURE,
        "rationale": "The plan is small and the teams' own logs are read beside it every week.",
    }
    _sign(DataPaths(root).policy_decisions, content | about)


def _sign(folder: Path, content: dict[str, object]) -> None:
    today = datetime.now(UTC).date()
    signed = {
        "signed_by": {"name": "A. Inspector", "role": read_policy().may_sign[0]},
        "signed_on": today,
        "valid_until": today + timedelta(days=30),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "one.yml").write_text(yaml.safe_dump(content | signed))
