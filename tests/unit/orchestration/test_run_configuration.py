"""What a release was made with is recorded in it, and wins over what the environment happens to say."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest
from click.testing import CliRunner

from data_quality.policy import POLICY_FILE, read_policy
from ml.common.contracts import CONTRACTS
from ml.hotspots import HotspotSettings
from ml.patrol import propose_plan
from orchestration import reproduce as command
from orchestration.code_version import code_version, runtime
from orchestration.environment import Settings, SettingsError, read_ops, read_settings
from orchestration.publishing.identity import configuration_version
from orchestration.publishing.manifest import describe_files, sha256_of, write_manifest
from orchestration.reproduction import NotReproducible, window_of
from orchestration.run_configuration import (
    RECORDED_POLICY,
    covered_window,
    keep_configuration,
    kept_configuration,
    recorded_run,
    settings_record,
)
from orchestration.warehouse import write_table
from tests.unit.ml.patrol_frames import risk_frame

WINDOW = {"forces": ["eastvale", "westmere"], "first_month": "2025-11", "last_month": "2025-12"}
PATROL = {"team_count": 8, "areas_per_team": 3, "random_share": 0.25}
HOTSPOTS = asdict(HotspotSettings(is_harm_weighted=True, hull="concave"))


def _settings(tmp_path: Path, **variables: str) -> Settings:
    named = {f"CRIMEHARM_{name.upper()}": value for name, value in variables.items()}
    return read_settings({"CRIMEHARM_DATA": str(tmp_path / "data"), **named})


@pytest.fixture(name="manifest")
def manifest_of_a_release(tmp_path: Path) -> dict[str, Any]:
    """Return the manifest of a release made with other than the default teams, models and window."""
    told = _settings(tmp_path, harm_scheme="cchi_2026")
    return {
        "release": "2025-12-0123456789",
        "judged_on": "2026-02-03",
        "data_versions": [],
        "code_version": "c",
        "dependency_lock_sha256": "l",
        "policy": {"policy_sha256": sha256_of(POLICY_FILE), "measures": []},
        "configuration": {
            "settings": {**settings_record(told), **WINDOW},
            "tables": {
                "ml_hotspots": HOTSPOTS,
                "ml_patrol_plan": PATROL,
                "ml_risk_lsoa": {"risk_models": "full"},
            },
        },
    }


def test_what_tables_were_made_with_stays_beside_them() -> None:
    """A later run with other teams, or none at all, would be recorded in place of the one that made them."""
    connection = duckdb.connect()
    assert kept_configuration(connection) == {}
    keep_configuration(connection, "ml_risk_lsoa", {"risk_models": "full"})
    keep_configuration(connection, "ml_patrol_plan", {"team_count": 5})
    keep_configuration(connection, "ml_patrol_plan", PATROL)
    kept = kept_configuration(connection)
    assert kept == {"ml_patrol_plan": PATROL, "ml_risk_lsoa": {"risk_models": "full"}}
    assert configuration_version(kept) != configuration_version({**kept, "ml_patrol_plan": {}})
    assert configuration_version({}) is None


def test_a_table_and_its_configuration_are_written_together_or_not_at_all() -> None:
    """A table cut short between the two would be recorded as made with what made another."""
    connection, contract = duckdb.connect(), CONTRACTS["ml_patrol_plan"]
    plan = propose_plan(risk_frame())

    def keep(configuration: dict[str, Any]) -> None:
        keep_configuration(connection, contract.name, configuration)

    write_table(connection, contract, plan, also=lambda: keep({"team_count": 5}))
    write_table(connection, contract, plan, also=lambda: keep(PATROL))

    def break_off() -> None:
        keep({"team_count": 1})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_table(connection, contract, plan.iloc[:0], also=break_off)
    assert connection.table(contract.name).count("*").fetchall() == [(len(plan),)]
    assert kept_configuration(connection) == {contract.name: PATROL}


def test_the_window_is_that_of_the_tables_with_what_is_absent() -> None:
    """A refresh of one month publishes all that are held: its own window would rebuild the one month."""
    connection = duckdb.connect()
    connection.execute("""
        create table audit_coverage as
        select * from (values
            ('police_street', '2025-12', 'westmere', 'present'),
            ('police_outcomes', '2025-10', 'eastvale', 'absent'),
            ('iod_2025', null, null, 'present')
        ) as held (dataset, month, force, status)
    """)
    window = covered_window(connection, '"audit_coverage"')
    assert window == {**WINDOW, "first_month": "2025-10"}
    assert window_of({"configuration": {"settings": window}}) == (
        ("eastvale", "westmere"),
        "2025-10",
        "2025-12",
    )


def test_the_recorded_configuration_wins_and_each_difference_is_said(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    """With the teams or models of the environment every rebuilt plan and forecast would differ."""
    run = recorded_run(tmp_path, manifest, _settings(tmp_path, forces="eastvale", risk_models="light"))
    held = run.settings
    assert (held.first_month, held.last_month, held.harm_scheme) == ("2025-11", "2025-12", "cchi_2026")
    assert (held.forces, held.risk_models) == (("eastvale", "westmere"), "full")
    assert run.ops == {"hotspots": {"config": HOTSPOTS}, "patrol": {"config": PATROL}}
    assert (held.rebuild_of, held.judged_on) == ("2025-12-0123456789", date(2026, 2, 3))
    said = "\n".join(run.differences)
    for words in (
        "forces: the environment says eastvale, the release was made with eastvale,westmere, which is used",
        "risk_models: the environment says light, the release was made with full",
        "first_month: the environment says 2023-01",
        "patrol team_count: the default is 5, the release was made with 8",
        "patrol random_share: the default is 0.2, the release was made with 0.25",
        "hotspots is_harm_weighted: the default is False, the release was made with True",
        "hotspots hull: the default is convex, the release was made with concave",
    ):
        assert words in said
    again = recorded_run(tmp_path, manifest, held)
    assert again.settings == held
    assert len(again.differences) == 5
    assert all(line.startswith(("hotspots ", "patrol ")) for line in again.differences)


def test_the_policy_that_judged_the_release_judges_it_again(tmp_path: Path, manifest: dict[str, Any]) -> None:
    """With today's bounds its signed decisions would lapse, and nothing would be published."""
    (tmp_path / "audit").mkdir()
    earlier = tmp_path / RECORDED_POLICY
    earlier.write_text(POLICY_FILE.read_text().replace("highest: 1.5", "highest: 1.2"))
    manifest["policy"]["policy_sha256"] = sha256_of(earlier)
    run = recorded_run(tmp_path, manifest, _settings(tmp_path))
    assert run.settings.policy == earlier
    (bound,) = [one.highest for one in read_policy(run.settings.policy).measures if one.withholds_only]
    assert bound == 1.2 and "publication policy: today's is" in run.differences[-1]
    earlier.write_text("version: 1\n")
    with pytest.raises(NotReproducible, match="is not the policy"):
        recorded_run(tmp_path, manifest, _settings(tmp_path))


@pytest.mark.parametrize(
    ("where", "value"),
    [("harm_scheme", "none"), ("first_month", "2025-13"), ("forces", ["../elsewhere"])],
)
def test_a_recorded_value_that_no_run_can_have_is_named(
    tmp_path: Path, manifest: dict[str, Any], where: str, value: object
) -> None:
    """A manifest that somebody wrote to would lead a rebuild out of its folder."""
    manifest["configuration"]["settings"][where] = value
    with pytest.raises(SettingsError):
        recorded_run(tmp_path, manifest, _settings(tmp_path))


def test_an_earlier_release_says_that_it_records_nothing(tmp_path: Path) -> None:
    """Its rebuilt plan may differ for want of the teams, which must not look like a fault of the code."""
    entry = {"dataset": "police_street", "month": "2025-10", "force": "westmere", "data_version": "v"}
    manifest = {
        "release": "r",
        "data_versions": [entry],
        "profile": "sandbox",
        "harm_scheme": "seed_article",
    }
    run = recorded_run(tmp_path, manifest, _settings(tmp_path))
    assert (run.settings.forces, run.settings.first_month) == (("westmere",), "2025-10")
    assert run.ops == {} and "records no configuration" in run.differences[0]
    assert run.settings.judged_on is None


def test_a_release_that_does_not_say_when_it_was_judged_is_judged_today(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    """Its decisions may have expired since, and the rebuild would be without them and not say why."""
    del manifest["judged_on"]
    run = recorded_run(tmp_path, manifest, _settings(tmp_path))
    assert run.settings.judged_on is None
    assert "does not say on which day its signed files held" in run.differences[-1]


@pytest.mark.parametrize("recorded", ["last spring", "2026-02-30", 20260203])
def test_a_day_that_is_none_is_named(tmp_path: Path, manifest: dict[str, Any], recorded: object) -> None:
    """A manifest that somebody wrote to would end in a traceback."""
    manifest["judged_on"] = recorded
    with pytest.raises(NotReproducible, match=r"judged_on.*YYYY-MM-DD"):
        recorded_run(tmp_path, manifest, _settings(tmp_path))


def test_the_command_prints_what_it_does_otherwise(
    tmp_path: Path, manifest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever set RISK_MODELS must learn that it was not used, and the run be given what was recorded."""
    release = tmp_path / "release"
    release.mkdir()
    (release / "note.txt").write_text("x")
    write_manifest(release, {**manifest, "withheld": [], "files": describe_files(release)})
    told: dict[str, Any] = {}

    def run_job(settings: Settings, job: str, tags: object, ops: object) -> bool:
        told.update(settings=settings, ops=ops)
        return False

    monkeypatch.setattr("orchestration.run.run_job", run_job)
    monkeypatch.setattr(command, "lay_out_landed", lambda *_: 0)
    ended = CliRunner().invoke(
        command.main,
        [str(release), "--keep", str(tmp_path / "work")],
        env={"CRIMEHARM_DATA": str(tmp_path / "data"), "CRIMEHARM_RISK_MODELS": "light"},
    )
    assert ended.exit_code == 1
    assert "risk_models: the environment says light, the release was made with full, which is used" in (
        click.unstyle(ended.output)
    )
    assert told["settings"].risk_models == "full" and set(told["ops"]) == {"hotspots", "patrol"}
    assert told["settings"].data == tmp_path / "work"


def test_a_file_of_configuration_is_read_or_refused(tmp_path: Path) -> None:
    """A misspelt file would run with default teams, and nobody would know."""
    path = tmp_path / "teams.yml"
    path.write_text(json.dumps({"ops": {"patrol": {"config": PATROL}}}))
    assert read_ops(path) == {"patrol": {"config": PATROL}}
    for text in ("patrol: {}", "ops: 3", "ops: {}\nops: {}", "ops: ["):
        path.write_text(text)
        with pytest.raises(SettingsError, match=r"teams\.yml"):
            read_ops(path)
    with pytest.raises(SettingsError, match=r"none\.yml"):
        read_ops(tmp_path / "none.yml")


def test_another_python_or_platform_than_the_releases_is_said(
    manifest: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A last digit that another machine rounds otherwise would be taken for data that were altered."""
    manifest |= {"code_version": code_version(), "runtime": runtime()}
    command._say_what_differs(manifest)
    assert "platform" not in capsys.readouterr().err
    manifest["runtime"] |= {"platform": "Plan9 mips", "python": "3.0.1"}
    command._say_what_differs(manifest)
    said = capsys.readouterr().err
    assert "platform: the release was made with Plan9 mips" in said and "python: the release" in said
    assert "implementation" not in said
