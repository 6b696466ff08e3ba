"""What must not reach a mart: files that no matching verdict vouches for, and categories without a weight."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dbt_run import Build, run_dbt
from synthetic_world import (
    partition_folder,
    point,
    write_calls,
    write_partition,
    write_reference,
    write_references,
)

MONTH = "2024-12"


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
    parts = {
        force: write_partition(root, "police_street", MONTH, force, [_crime()])
        for force in ("kent", "surrey", "sussex", "dorset", "essex", "norfolk")
    }
    write_partition(root, "police_street", MONTH, "city-of-london", [_crime("Violent crime")])
    parts["surrey"].with_name("verdict.json").unlink()
    # Another partition's rows and sound Parquet, under the verdict of the first.
    parts["sussex"].write_bytes(parts["kent"].read_bytes())
    landed = partition_folder(root / "landing", "police_street", MONTH, "dorset") / "provenance.json"
    landed.write_text(json.dumps(json.loads(landed.read_text()) | {"data_version": "newer"}))
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
    assert forces == [("city-of-london",), ("kent",)]


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
