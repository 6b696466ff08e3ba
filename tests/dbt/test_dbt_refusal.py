"""What must not reach a mart: files that no matching verdict vouches for, and categories without a weight."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dbt_run import Build, run_dbt
from synthetic_world import (
    LANDED_FILE,
    partition_folder,
    point,
    write_calls,
    write_partition,
    write_reference,
    write_references,
)

from data_quality.decision_files import read_decisions
from orchestration.binding import UnboundVerdict, check_verdicts, refusals
from orchestration.paths import DataPaths

MONTH = "2024-12"
REFUSED = ("surrey", "sussex", "dorset", "essex", "norfolk", "cornwall", "devon", "cumbria")
FORCES = ("kent", *REFUSED, "wiltshire")


def _land_anew(root: Path, force: str) -> None:
    folder = partition_folder(root / "landing", "police_street", MONTH, force)
    content = b"a revision"
    (folder / LANDED_FILE).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    provenance = json.loads((folder / "provenance.json").read_text())
    provenance["files"][0]["sha256"] = digest
    version = {"data_version": hashlib.sha256(digest.encode()).hexdigest()}
    (folder / "provenance.json").write_text(json.dumps(provenance | version))


def _waive(root: Path, part: Path) -> None:
    """Sign a waiver of today, and have the verdict beside the part rest on it and on two corrections."""
    verdict = json.loads(part.with_name("verdict.json").read_text())
    today = datetime.now(UTC).date()
    (root / "waivers").mkdir()
    (root / "waivers" / "one.yml").write_text(
        f"dataset: police_street\nmonth: {MONTH}\nforce: {verdict['force']}\nrules: [share_quarantined]\n"
        f"data_version: {verdict['data_version']}\nsigned_by: {{name: A. Auditor, role: head of data}}\n"
        f"signed_on: {today}\nreason: confirmed by letter\nvalid_until: {today + timedelta(days=7)}\n"
    )
    decided = read_decisions(root / "waivers", root / "corrections", today)
    about = decided.about("police_street", MONTH, verdict["force"], verdict["data_version"])
    corrections = [{"file": "a.csv", "sha256": "0", "count": 2, "corrected_by": "A"}]
    stated = {"decisions_version": about.version, "waivers": [asdict(one) for one in about.waivers]}
    text = json.dumps(verdict | stated | {"corrections": corrections})
    part.with_name("verdict.json").write_text(text)


def _crime(crime_type: str = "Robbery") -> dict[str, str]:
    return {"month": MONTH, "lsoa_code": "E01000001", "crime_type": crime_type, **point(0.5)}


@pytest.fixture(scope="module")
def hostile_build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return a build of a world where two forces may be read, one with a category that nobody knows."""
    from shapely import box

    root = tmp_path_factory.mktemp("hostile") / "data"
    write_references(root)
    centre = {"town_centre_name": ["A"], "classification": ["B"], "geometry_wkb": [box(0, 0, 1, 1).wkb]}
    write_reference(root, "gla_town_centres", centre)
    write_calls(root, [{"priority": 2}, {"priority": 3, "incident_id": "a:2"}, {"priority": None}], landed=3)
    parts = {force: write_partition(root, "police_street", MONTH, force, [_crime()]) for force in FORCES}
    write_partition(root, "police_street", MONTH, "city-of-london", [_crime("Violent crime")])
    parts["surrey"].with_name("verdict.json").unlink()
    # Another partition's rows and sound Parquet, under the verdict of the first.
    parts["sussex"].write_bytes(parts["kent"].read_bytes())
    _land_anew(root, "dorset")
    landed = partition_folder(root / "landing", "police_street", MONTH, "cornwall") / LANDED_FILE
    landed.write_bytes(b"replaced after the gate")
    changes = {"devon": {"suite_version": "0" * 64}, "cumbria": {"decisions_version": "1" * 64}}
    for force, change in changes.items():
        verdict = parts[force].with_name("verdict.json")
        verdict.write_text(json.dumps(json.loads(verdict.read_text()) | change))
    _waive(root, parts["wiltshire"])
    verdict = parts["essex"].with_name("verdict.json")
    verdict.write_text(json.dumps(json.loads(verdict.read_text()) | {"status": "failed"}))
    # A folder copied whole, verdict and all.
    for name in ("part.parquet", "verdict.json"):
        parts["norfolk"].with_name(name).write_bytes(parts["kent"].with_name(name).read_bytes())
    scheme = {"CRIMEHARM_HARM_SCHEME": "cchi_2026"}
    return run_dbt(root, "build", "--exclude-resource-type", "unit_test", environment=scheme)


def test_only_vouched_partitions_reach_the_facts(hostile_build: Build) -> None:
    """An in-run blocking check does not gate a later run: the warehouse itself must refuse."""
    forces = hostile_build.query("select distinct force_slug from fct_crimes order by 1")
    assert forces == [("city-of-london",), ("kent",), ("wiltshire",)]


def test_a_stage_without_dbt_refuses_the_same_files(hostile_build: Build) -> None:
    """Publishing alone would else let out what dbt would have kept from the warehouse."""
    found = refusals(DataPaths(hostile_build.root))
    assert [line.split("force=")[1].split("/")[0] for line in found] == sorted(REFUSED)
    with pytest.raises(UnboundVerdict, match=r"and 3 more.*Remedy: run the gates again"):
        check_verdicts(DataPaths(hostile_build.root))


def test_coverage_shows_the_waiver_that_let_data_in(hostile_build: Build) -> None:
    """A reader of the warehouse would take waived data for data that kept every rule."""
    query = (
        'select "force", waived_rules, waivers, corrected_count from audit_coverage where waivers is not null'
    )
    ((force, rules, waivers, corrected),) = hostile_build.query(query)
    assert (force, rules, corrected) == ("wiltshire", "share_quarantined", 2)
    assert "signed by A. Auditor, head of data" in waivers and "until " in waivers


def test_a_build_that_leaves_the_gate_out_is_refused(hostile_build: Build) -> None:
    """One model built alone would trust the files that an earlier build accepted."""
    with pytest.raises(Exception, match=r"leaves out .*int_gate_accepted_files.*--select \+fct_crimes"):
        run_dbt(hostile_build.root, "build", "--select", "fct_crimes")


def test_a_month_has_its_days_without_holidays_and_weather(hostile_build: Build) -> None:
    """Both are optional: a run without them would stop, or take no holiday for a fact."""
    months = hostile_build.query(
        "select days_in_month, bank_holiday_count, weather_station_count, temperature_mean_c from dim_month"
    )
    assert months == [(31, None, 0, None)]


def test_coverage_says_why_each_partition_is_withheld(hostile_build: Build) -> None:
    """An auditor must be able to tell a tampered file from a missing verdict without reading logs."""
    withheld = "select force, reason from audit_coverage where status = 'withheld'"
    coverage = dict(hostile_build.query(withheld))
    assert coverage == {
        "dorset": "part.parquet: its verdict is for other bytes than those landed",
        "cornwall": "part.parquet: the bytes that lie landed are not those that were landed",
        "devon": "part.parquet: its verdict was given by other rules than those of today",
        "cumbria": "part.parquet: waivers or corrections have changed, expired or been removed "
        "since its verdict",
        "essex": "part.parquet: its verdict is failed",
        "norfolk": "part.parquet: the verdict beside it is that of another partition",
        "surrey": "part.parquet: no verdict.json lies beside it",
        "sussex": "part.parquet: its bytes are not those that the gate passed",
    }


def test_refused_files_and_unknown_categories_fail_the_build(hostile_build: Build) -> None:
    """Withholding quietly, or counting an unknown category as no harm, would pass for a sound build."""
    assert hostile_build.failures() == {"assert_no_unvalidated_partition", "not_null_fct_crimes_harm_days"}


def test_nothing_is_built_on_a_category_without_weight(hostile_build: Build) -> None:
    """A ranking made while a category has no weight would be published as if it were complete."""
    assert hostile_build.statuses["mart_harm_ranking"] == "skipped"


def test_the_environment_chooses_the_harm_scheme(hostile_build: Build) -> None:
    """A run asked for one scheme that used another would compare unlike with like."""
    harm = hostile_build.query("select harm_scheme, harm_days from fct_crimes where force_slug = 'kent'")
    assert harm == [("cchi_2026", 365.0)]


def test_town_centres_are_read_when_supplied(hostile_build: Build) -> None:
    """The optional dataset has its own path through the macros, which must work both ways."""
    assert hostile_build.statuses["stg_gla__town_centres"] == "success"
    assert hostile_build.query("select town_centre_name from stg_gla__town_centres") == [("A",)]


def test_town_centres_may_be_missing(good_build: Build) -> None:
    """Without the optional dataset the warehouse must build, with no town centre in it."""
    assert good_build.query("select count(*) from stg_gla__town_centres") == [(0,)]


def test_calls_for_service_are_staged_when_supplied(hostile_build: Build) -> None:
    """The second optional dataset must be read too, with repeats kept and danger open without a priority."""
    assert hostile_build.statuses["stg_calls_for_service__incidents"] == "success"
    staged = hostile_build.query(
        "select incident_record_id, is_latest_record, is_dangerous, "
        "called_at - called_at_local = interval 7 hour "
        "from stg_calls_for_service__incidents order by source_row"
    )
    assert staged == [
        ("a|calls.csv|1", False, True, True),
        ("a|calls.csv|2", True, False, True),
        ("a|calls.csv|3", True, None, True),
    ]


def test_calls_for_service_may_be_missing(good_build: Build) -> None:
    """Without the optional dataset the warehouse must build, with no call in it."""
    assert good_build.query("select count(*) from stg_calls_for_service__incidents") == [(0,)]
    assert good_build.statuses["assert_calls_reconcile"] == "pass"


def test_a_lost_call_fails_the_build(tmp_path: Path) -> None:
    """A record that neither the warehouse nor the quarantine has would be missed by nobody."""
    root = tmp_path / "data"
    write_references(root)
    write_calls(root, [{"priority": 2}], landed=2)
    build = run_dbt(root, "build", "--select", "+assert_calls_reconcile", "--indirect-selection", "cautious")
    assert build.failures() == {"assert_calls_reconcile"}


def test_an_unknown_harm_scheme_fails_by_name(good_build: Build) -> None:
    """A misspelt scheme must be called that, rather than show as a hundred missing weights."""
    build = run_dbt(
        good_build.root,
        "test",
        "--select",
        "assert_active_harm_scheme_exists",
        environment={"CRIMEHARM_HARM_SCHEME": "misspelt"},
    )
    assert build.failures() == {"assert_active_harm_scheme_exists"}
