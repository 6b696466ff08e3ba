"""A build of what has changed must leave what a whole build leaves; one that is killed, nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from dbt_run import FAILED, Build, run_dbt
from synthetic_world import point, write_partition, write_references

from orchestration.defs.ml.fairness import fairness_assets
from orchestration.defs.ml.forecast import forecast_assets
from orchestration.defs.ml.hotspots import hotspot_assets
from orchestration.defs.ml.priority import priority_assets
from orchestration.environment import read_settings
from orchestration.paths import DataPaths
from orchestration.resources import build_resources
from orchestration.warehouse import DBT_EXECUTABLE, DBT_PROJECT
from orchestration.warehouse_build import REBUILD_FROM, StaleWarehouse, check_warehouse, next_warehouse

SCHEME = "seed_article"
MONTHS = ("2024-08", "2024-09", "2024-10", "2024-11")
BUILD = ("build", "--exclude-resource-type", "unit_test")
Tables = dict[str, list[tuple[Any, ...]]]


def _crimes(month: str, count: int = 3, kilometre: float = 0.5) -> list[dict[str, Any]]:
    crime = {"month": month, "lsoa_code": "E01000001", "crime_type": "Burglary"}
    named = [
        crime | point(kilometre + place / 100) | {"crime_id": f"{month}{place}"} for place in range(count)
    ]
    # One crime that every file names: no month of it stands alone.
    return [*named, crime | point(0.5) | {"crime_id": "everywhere"}]


def _outcomes(month: str, *crime_ids: str) -> list[dict[str, Any]]:
    outcome = {"month": month, "lsoa_code": "E01000001", "outcome_type": "Local resolution"}
    return [outcome | point(0.5) | {"crime_id": crime_id} for crime_id in crime_ids]


def _build(root: Path) -> tuple[str, Tables]:
    """Build the warehouse as a run does; return from which month on, and every table in its stored order."""
    paths = DataPaths(root)
    with next_warehouse(paths, SCHEME) as variables:
        built = run_dbt(root, *BUILD, environment=dict(variables))
        assert not set(built.statuses.values()) & set(FAILED)
    tables = Build(root, paths.warehouse, {}).tables()
    # Of sixteen million crimes the model promises no order; what is released is sorted.
    tables["mart_crime_outcomes"].sort(key=str)
    return variables[REBUILD_FROM], tables


@pytest.fixture(scope="module")
def first_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data root with four months of two forces, built whole."""
    root = tmp_path_factory.mktemp("by_month") / "data"
    write_references(root)
    for month in MONTHS:
        for force in ("kent", "essex"):
            write_partition(root, "police_street", month, force, _crimes(month))
        # Of a crime of an earlier month, and of one that no other record names.
        write_partition(
            root, "police_outcomes", month, "kent", _outcomes(month, "2024-080", "everywhere", f"{month}x")
        )
    assert _build(root)[0] == ""
    return root


def _replace(root: Path) -> None:
    crimes = _crimes("2024-10", count=2, kilometre=4.5)
    write_partition(root, "police_street", "2024-10", "kent", crimes)
    write_partition(root, "police_outcomes", "2024-10", "kent", _outcomes("2024-10", "2024-081"))


def _remove(root: Path) -> None:
    for layer in ("landing", "validated"):
        shutil.rmtree(root / layer / "police_street" / "month=2024-11" / "force=essex")


def _add(root: Path) -> None:
    write_partition(root, "police_street", "2024-12", "kent", _crimes("2024-12", kilometre=1.5))


def test_what_is_built_by_month_equals_a_whole_build(first_root: Path, tmp_path: Path) -> None:
    """A trace of a month that was replaced, or rows in another order, would differ from run to run."""
    root = Path(shutil.copytree(first_root, tmp_path / "data"))
    # The digests of what lies there do not depend on where the data folder is.
    unchanged_from, unchanged = _build(root)
    assert unchanged_from == "9999-12"
    # Each begins later than the one before, so that no later build hides what an earlier one did.
    for change, rebuilt_from in ((_replace, "2024-10"), (_remove, "2024-11"), (_add, "2024-12")):
        change(root)
        started_from, by_month = _build(root)
        assert started_from == rebuilt_from
        assert by_month != unchanged
    DataPaths(root).warehouse.unlink()
    started_from, whole = _build(root)
    assert started_from == ""
    assert by_month == whole


def test_other_reference_data_builds_everything_again(first_root: Path, tmp_path: Path) -> None:
    """Months kept from before other areas or weights came would be measured by another rule than the rest."""
    root = Path(shutil.copytree(first_root, tmp_path / "data"))
    with next_warehouse(DataPaths(root), "cchi_2026") as variables:
        assert variables[REBUILD_FROM] == ""


def test_a_build_by_hand_leaves_no_claim_about_its_input(first_root: Path, tmp_path: Path) -> None:
    """A build by month on top of one that nobody recorded could keep months that are no longer true."""
    root = Path(shutil.copytree(first_root, tmp_path / "data"))
    by_hand = {"CRIMEHARM_WAREHOUSE": str(DataPaths(root).warehouse)}
    run_dbt(root, "run", "--select", "+fct_crimes", environment=by_hand)
    with pytest.raises(StaleWarehouse, match="nothing says what it was made from"):
        check_warehouse(DataPaths(root), SCHEME)
    with next_warehouse(DataPaths(root), SCHEME) as variables:
        assert variables[REBUILD_FROM] == ""


def _replace_outcomes(root: Path) -> None:
    write_partition(root, "police_outcomes", "2024-10", "kent", [])


def _waive(root: Path) -> None:
    (root / "waivers").mkdir()
    today = datetime.now(UTC).date()
    (root / "waivers" / "one.yml").write_text(
        f"dataset: police_outcomes\nmonth: 2024-10\nforce: kent\nrules: [share_quarantined]\n"
        f"data_version: {'ab' * 32}\nsigned_by: {{name: A. Auditor, role: head of data}}\n"
        f"signed_on: {today}\nreason: confirmed by letter\nvalid_until: {today}\n"
    )


@pytest.mark.parametrize("change", [_replace, _remove, _add, _replace_outcomes, _waive])
def test_nothing_is_made_from_a_warehouse_of_other_data(
    first_root: Path, tmp_path: Path, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model or a release that is asked for alone would be made from what no verdict vouches for now."""
    root = Path(shutil.copytree(first_root, tmp_path / "data"))
    paths = DataPaths(root)
    check_warehouse(paths, SCHEME)
    with pytest.raises(StaleWarehouse, match="Remedy: build the warehouse again"):
        check_warehouse(paths, "cchi_2026")
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.warehouse_build.suite_version", lambda dataset: "0")
        with pytest.raises(StaleWarehouse, match="not built from what is validated now"):
            check_warehouse(paths, SCHEME)
    change(root)
    with pytest.raises(StaleWarehouse, match="not built from what is validated now"):
        check_warehouse(paths, SCHEME)
    # A part built alone does not make the rest of it current.
    with next_warehouse(paths, SCHEME, is_whole=False):
        pass
    with pytest.raises(StaleWarehouse, match="not built from what is validated now"):
        check_warehouse(paths, SCHEME)


def test_an_ml_asset_alone_refuses_the_warehouse(first_root: Path, tmp_path: Path) -> None:
    """The check is worth nothing if an asset opens the warehouse past it."""
    root = Path(shutil.copytree(first_root, tmp_path / "data"))
    _add(root)
    settings = read_settings({"CRIMEHARM_PROFILE": "sandbox", "CRIMEHARM_DATA": str(root)})
    for definition in (*hotspot_assets(), *forecast_assets(), *fairness_assets(), *priority_assets()):
        with pytest.raises(StaleWarehouse):
            dg.materialize([definition], resources=build_resources(settings))


def test_a_killed_build_leaves_the_last_good_warehouse(first_root: Path, tmp_path: Path) -> None:
    """Readers would find half of a build, or no warehouse, after a power cut."""
    root = Path(shutil.copytree(first_root, tmp_path / "data"))
    paths = DataPaths(root)
    _replace(root)
    before = paths.warehouse.read_bytes()
    with pytest.raises(ProcessLookupError), next_warehouse(paths, SCHEME) as variables:
        _kill_dbt_once_it_has_written(Path(variables["CRIMEHARM_WAREHOUSE"]), tmp_path, dict(variables))
    assert paths.warehouse.read_bytes() == before
    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from fct_crimes").fetchall() == [(32,)]
    started_from, tables = _build(root)
    assert started_from == "2024-10"
    assert len(tables["fct_crimes"]) == 31


def _kill_dbt_once_it_has_written(copy: Path, folder: Path, variables: dict[str, str]) -> None:
    held = copy.stat().st_mtime_ns
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    places = ["--target-path", str(folder / "target"), "--log-path", str(folder / "target")]
    with subprocess.Popen(
        [str(DBT_EXECUTABLE), *BUILD, *project, *places],
        env=os.environ | variables,
        stdout=subprocess.DEVNULL,
    ) as process:
        log = copy.with_name(f"{copy.name}.wal")
        deadline = time.monotonic() + 120
        while copy.stat().st_mtime_ns == held and not log.is_file():
            assert process.poll() is None, "dbt ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    raise ProcessLookupError(process.pid)
