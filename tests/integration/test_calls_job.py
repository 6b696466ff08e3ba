"""The main job on a short window, with calls for service and without them."""

import json
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing.manifest import verify_release
from orchestration.sandbox.calls import CALLS_A_YEAR, CHANGED_RECORDS, SECOND_CALLS
from tests.integration.command import Finished, run_command

pytestmark = pytest.mark.slow

WINDOW = {"from": "2025-10", "to": "2025-12"}


def released_datasets(finished: Finished) -> set[str]:
    """Return the datasets that the published release is made of, after checking that it verifies."""
    assert finished.exit_code == 0, finished.output
    latest = finished.paths.published_root / "latest"
    assert verify_release(latest) == []
    versions = json.loads((latest / "manifest.json").read_text())["data_versions"]
    return {version["dataset"] for version in versions}


def test_calls_are_staged_and_the_release_is_published(tmp_path: Path) -> None:
    """The calls would be fetched and gated, and never reach the warehouse; or reach the counts of crime."""
    finished = run_command(tmp_path, **WINDOW)
    assert "calls_for_service" in released_datasets(finished)
    with duckdb.connect(str(finished.paths.warehouse), read_only=True) as warehouse:
        staged = warehouse.execute(
            "select count(*), count(*) filter (is_latest_record) from stg_calls_for_service__incidents"
        ).fetchall()
        landed = warehouse.execute(
            "select landed_count, status from audit_coverage where dataset = 'calls_for_service'"
        ).fetchall()
        (crimes, streets) = warehouse.execute(
            "select (select count(*) from fct_crimes), (select count(*) from stg_police_uk__street)"
        ).fetchall()[0]
    records = CALLS_A_YEAR + CHANGED_RECORDS + SECOND_CALLS
    assert staged == [(records, CALLS_A_YEAR)]
    assert landed == [(records, "present")]
    assert crimes == streets


def test_without_calls_the_release_is_published_all_the_same(tmp_path: Path) -> None:
    """An optional dataset that is not there would stop the release, or be missing without a word."""
    finished = run_command(tmp_path, calls_agency="seattle", **WINDOW)
    assert "calls_for_service" not in released_datasets(finished)
    with duckdb.connect(str(finished.paths.warehouse), read_only=True) as warehouse:
        staged = warehouse.execute("select count(*) from stg_calls_for_service__incidents").fetchall()
        status, reason = warehouse.execute(
            "select status, reason from audit_coverage where dataset = 'calls_for_service'"
        ).fetchall()[0]
    assert staged == [(0,)]
    assert status == "absent" and "Seattle" in reason
