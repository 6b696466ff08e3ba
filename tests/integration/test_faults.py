"""Broken files and a killed run: named, withheld, mended by the next run, and nothing lost."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from orchestration.defs.gates.gates import OPTIONAL
from orchestration.environment import PROJECT_ROOT
from orchestration.paths import DataPaths
from tests.integration.command import Finished, command_environment, run_command
from tests.integration.mirror import make_mirror

pytestmark = pytest.mark.slow

WINDOW = {"from": "2024-01", "to": "2024-03"}
FAULTS = {
    ("2024-01", "eastvale"): "file_readable",
    ("2024-02", "eastvale"): "looks_like_html",
    ("2024-02", "westmere"): "header_as_published",
}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Three months of the sandbox as a folder of files, three of them broken and one taken away."""
    archive, reference = make_mirror(tmp_path_factory.mktemp("mirror"), ("2024-01", "2024-02", "2024-03"))
    for path in _broken_files(archive):
        path.rename(path.with_suffix(".good"))
    truncated, html, wrong_header = _broken_files(archive)
    truncated.write_bytes(truncated.with_suffix(".good").read_bytes()[:20_000])
    html.write_bytes(gzip.compress(b"<!DOCTYPE html>\n<html>\n<body>Service unavailable</body>\n</html>\n"))
    text = gzip.decompress(wrong_header.with_suffix(".good").read_bytes())
    wrong_header.write_bytes(gzip.compress(text.replace(b"Crime ID", b"Identifier", 1)))
    (archive / "2024-03" / "2024-03-westmere-street.csv.gz").unlink()
    return archive, reference


def _broken_files(archive: Path) -> list[Path]:
    return [archive / month / f"{month}-{force}-street.csv.gz" for month, force in FAULTS]


def _variables(mirror: tuple[Path, Path]) -> dict[str, str]:
    return {"profile": "mirror", "mirror": str(mirror[0]), "reference": str(mirror[1]), **WINDOW}


@pytest.fixture(scope="module")
def faulty(mirror: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run over the broken files, in a folder where an earlier run was killed while it gated."""
    data = tmp_path_factory.mktemp("faulty")
    _kill_while_gating(data, _variables(mirror))
    return run_command(data, **_variables(mirror))


def _kill_while_gating(data: Path, variables: dict[str, str]) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "orchestration.run"],
        cwd=PROJECT_ROOT,
        env=command_environment(data, **variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 180
    while not list(DataPaths(data).validated_root.glob("police_*/*/*/verdict.json")):
        assert run.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "the run gated nothing"
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not (DataPaths(data).published_root / "latest").exists()


def _coverage(finished: Finished) -> dict[tuple[str, str], tuple[str, str | None]]:
    with duckdb.connect(str(finished.paths.warehouse), read_only=True) as warehouse:
        rows = warehouse.execute(
            "select month, force, status, reason from audit_coverage where dataset = 'police_street'"
        ).fetchall()
    return {(month, force): (status, reason) for month, force, status, reason in rows}


def test_a_broken_file_fails_the_command_and_not_the_others(faulty: Finished) -> None:
    """One force's broken file would keep every other force from being published, or go unnoticed."""
    assert faulty.exit_code == 1, faulty.output
    assert (faulty.paths.published_root / "latest" / "manifest.json").is_file(), faulty.output
    coverage = _coverage(faulty)
    assert coverage["2024-01", "westmere"][0] == "present"
    assert coverage["2024-03", "westmere"][0] == "absent"
    for partition, rule in FAULTS.items():
        status, reason = coverage[partition]
        assert status == "withheld"
        assert reason and f"{partition[0]}-{partition[1]}-street.csv.gz" in reason, reason
        assert rule in reason or rule.replace("_", " ") in reason or "Remedy" in reason, reason
        assert f"{partition[0]} {partition[1]}" in faulty.output


def test_optional_datasets_that_are_not_there_are_named(faulty: Finished) -> None:
    """An optional dataset that is not there would stop the release, or be missing without a word."""
    with duckdb.connect(str(faulty.paths.warehouse), read_only=True) as warehouse:
        staged = warehouse.execute("select count(*) from stg_calls_for_service__incidents").fetchall()
        gaps = dict(
            warehouse.execute(
                "select dataset, status from audit_coverage where month is null and status <> 'present'"
            ).fetchall()
        )
    assert staged == [(0,)]
    assert gaps == dict.fromkeys(OPTIONAL, "absent")


def test_rows_of_broken_files_are_in_quarantine_with_the_rule(faulty: Finished) -> None:
    """Records of a file that cannot be used would vanish without a trace."""
    rows = duckdb.sql(
        f"select month, force, any_value(rule), count(*) from "
        f"read_parquet('{faulty.paths.quarantine_root}/police_street/**/rows.parquet') group by all"
    ).fetchall()
    found = {(month, force): (rule, count) for month, force, rule, count in rows}
    for partition, rule in FAULTS.items():
        assert found[partition][0] == rule
    with duckdb.connect(str(faulty.paths.warehouse), read_only=True) as warehouse:
        unreconciled = warehouse.execute(
            "select * from audit_row_reconciliation where landed_count <> staged_count + quarantined_count"
        ).fetchall()
    assert unreconciled == []


@pytest.fixture(scope="module")
def untouched(faulty: Finished) -> dict[str, int]:
    """When each file was written that has nothing to do with a broken one; the second run comes later."""
    broken = [f"police_street/month={month}/force={force}" for month, force in FAULTS]
    written = _written(faulty.paths)
    return {path: when for path, when in written.items() if not any(place in path for place in broken)}


@pytest.fixture(scope="module")
def mended(faulty: Finished, untouched: dict[str, int], mirror: tuple[Path, Path]) -> Finished:
    """A refresh of the same folder, after upstream has mended its files."""
    for path in _broken_files(mirror[0]):
        path.with_suffix(".good").replace(path)
    return run_command(faulty.paths.root, module="orchestration.refresh", **_variables(mirror))


@pytest.fixture(scope="module")
def whole(mended: Finished, mirror: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run over the mended files in a folder where nothing was ever broken or killed."""
    return run_command(tmp_path_factory.mktemp("whole"), **_variables(mirror))


def test_a_refresh_takes_the_mended_files(mended: Finished) -> None:
    """A partition that was once withheld would stay out for ever."""
    assert mended.exit_code == 0, mended.output
    assert f"{len(FAULTS)} revised" in mended.output
    statuses = {partition: status for partition, (status, _) in _coverage(mended).items()}
    assert statuses.pop(("2024-03", "westmere")) == "absent"
    assert set(statuses.values()) == {"present"}
    assert len(statuses) == 5
    superseded = list(mended.paths.landing("police_street").glob("**/superseded/*/*.csv.gz"))
    assert len(superseded) == len(FAULTS), "the broken bytes are part of the trail and must be kept"


def test_a_folder_without_faults_gives_the_same_bytes(mended: Finished, whole: Finished) -> None:
    """Results that depend on where they were made, or on what went wrong before, cannot be reproduced."""
    assert whole.exit_code == 0, whole.output
    assert _released_tables(mended) == _released_tables(whole)


def test_running_again_touches_only_what_was_broken(untouched: dict[str, int], mended: Finished) -> None:
    """A monthly refresh would fetch and gate everything again, and no time stamp would mean anything."""
    assert mended.exit_code == 0, mended.output
    assert untouched
    written = _written(mended.paths)
    assert {path: written.get(path) for path in untouched} == untouched


def _released_tables(finished: Finished) -> tuple[str, dict[str, str]]:
    manifest = json.loads((finished.paths.published_root / "latest" / "manifest.json").read_text())
    files = manifest["files"].items()
    return manifest["release"], {path: entry["sha256"] for path, entry in files if path.startswith("tables")}


def _written(paths: DataPaths) -> dict[str, int]:
    roots = (paths.landing_root, paths.validated_root)
    files = (path for root in roots for path in root.rglob("[!.]*") if path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in files}
