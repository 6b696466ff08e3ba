"""The patrol plan in a release: proposed, approved by a signed file, or withheld with its reasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.paths import DataPaths
from orchestration.patrol_plan import plan_document
from orchestration.publication_policy import judge_publication
from tests.unit.publishing.plan_world import BECAUSE, approve, decide, plan_tables


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    """Give the tables that a plan is published from."""
    return plan_tables()


@pytest.fixture
def warehouse(tables: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Give a warehouse with a plan and nothing else."""
    connection = duckdb.connect()
    for name, frame in tables.items():
        connection.register("held", frame)
        connection.execute(f"create table {name} as select * from held")
    return connection


def _status(warehouse: duckdb.DuckDBPyConnection, root: Path) -> str:
    plan = judge_publication(warehouse, DataPaths(root)).plan
    assert plan is not None
    return plan.status


def test_only_the_very_plan_that_was_signed_is_approved(
    warehouse: duckdb.DuckDBPyConnection, tables: dict[str, Any], tmp_path: Path
) -> None:
    """A plan that changes after its approval would be carried out in the name of who never saw it."""
    digest = tables["ml_patrol_plan"]["plan_sha256"].iloc[0]
    before = judge_publication(warehouse, DataPaths(tmp_path))
    assert before.plan is not None and before.plan.status == "proposed"
    approve(tmp_path, digest)
    after = judge_publication(warehouse, DataPaths(tmp_path))
    assert after.plan is not None and after.plan.status == "approved"
    assert after.version != before.version and not after.problems
    warehouse.execute("update ml_patrol_plan set lsoa_code = 'E01999999' where patrol_rank = 1")
    altered = judge_publication(warehouse, DataPaths(tmp_path))
    assert altered.plan is not None and altered.plan.status == "withheld"
    assert "another plan" in altered.problems[0]


def test_a_plan_that_enlarges_an_error_is_withheld(
    warehouse: duckdb.DuckDBPyConnection, tables: dict[str, Any], tmp_path: Path
) -> None:
    """An approval must not outrank the policy, nor a broken plan stop a release of everything else."""
    approve(tmp_path, tables["ml_patrol_plan"]["plan_sha256"].iloc[0])
    warehouse.execute("update ml_patrol_feedback set error_amplification = over_recording_ratio + 0.01")
    record = judge_publication(warehouse, DataPaths(tmp_path))
    assert record.plan is not None and record.plan.status == "withheld"
    assert record.plan.reasons == ("patrol_error_amplification",) and record.refused == []
    document = json.loads(plan_document(warehouse, record.plan))
    assert (document["status"], document["areas"]) == ("withheld", [])
    warehouse.execute("drop table ml_patrol_feedback")
    unmeasured = judge_publication(warehouse, DataPaths(tmp_path))
    assert unmeasured.plan is not None and unmeasured.plan.status == "withheld"


def test_a_plan_whose_feedback_cannot_be_measured_needs_a_decision_that_says_so(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Welsh areas have no decile: their plans could never be published, or would be with nobody's word."""
    warehouse.execute("delete from ml_patrol_feedback")
    assert _status(warehouse, tmp_path) == "withheld"
    decide(tmp_path, accepted_value=99.0)
    assert _status(warehouse, tmp_path) == "withheld"
    decide(tmp_path, unmeasured_because=BECAUSE)
    assert _status(warehouse, tmp_path) == "proposed"


def test_risk_maps_are_measured_by_who_lives_where_they_point() -> None:
    """A measure of the wrong areas would let an unequal map pass."""
    from orchestration.publication_policy import MEASURES

    connection = duckdb.connect()
    connection.execute("""
        create table ml_risk_lsoa as
        select 'E' || n as lsoa_code, 'all_crime' as crime_group, (n = 7)::integer + 0.5 as expected_harm_days
        from range(20) as numbers(n)
        union all select 'E3', 'burglary', 99.0;
        create table dim_lsoa as
        select
            'E' || n as lsoa_code,
            if(n in (7, 8), 1, 10) as imd_2025_decile,
            if(n = 7, 30, 0) as asian_count,
            if(n = 7, 10, 1) as black_count,
            0 as mixed_count,
            if(n in (7, 8), 60, 100) as white_count,
            0 as other_count
        from range(20) as numbers(n)
    """)
    (deprived,) = connection.execute(MEASURES["risk_exposure_of_the_most_deprived"]).fetchall()[0]
    assert deprived == pytest.approx(100 / 161)
    (ratio,) = connection.execute(MEASURES["risk_exposure_by_ethnic_group"]).fetchall()[0]
    assert ratio == pytest.approx(1 / (60 / 1920))


def test_errors_of_the_most_deprived_are_measured_and_no_others() -> None:
    """Rows of another tenth, crime group, area or measure would bound something else than the policy says."""
    from orchestration.publication_policy import MEASURES

    connection = duckdb.connect()
    connection.execute("""
        create table ml_fairness_errors as
        select *
        from (values ('crime_count'), ('harm_days')) as measures(measure)
        cross join (values ('all_crime'), ('burglary')) as groups(crime_group)
        cross join (values ('all_areas'), ('top_5_percent'), ('top_1_percent')) as areas(flagged_area)
        cross join (values ('expected_to_recorded_ratio'), ('false_discovery_share')) as metrics(metric)
        cross join (values ('imd_2025_decile', '1'), ('imd_2025_decile', '10'), ('all', 'Everyone'))
            as of_whom(attribute, group_name)
        cross join (select 9.0 as disparity_ratio, 9.0 as ratio_to_everyone) as figures;
        update ml_fairness_errors set disparity_ratio = 1.1
        where measure = 'crime_count' and group_name = '1' and crime_group = 'all_crime'
            and flagged_area = 'all_areas' and metric = 'expected_to_recorded_ratio';
        update ml_fairness_errors set ratio_to_everyone = 1.2
        where measure = 'crime_count' and group_name = '1' and crime_group = 'burglary'
            and flagged_area = 'top_5_percent' and metric = 'false_discovery_share';
    """)
    names = ("risk_over_forecast_of_the_most_deprived", "risk_false_flags_of_the_most_deprived")
    assert [float(connection.execute(MEASURES[name]).fetchall()[0][0]) for name in names] == [1.1, 1.2]


def test_hotspots_are_measured_beside_everyone_and_beside_chance() -> None:
    """As a share of residents no hotspot could break the bound; by HDBSCAN there is no chance to compare."""
    from orchestration.publication_policy import MEASURES

    connection = duckdb.connect()
    connection.execute("""
        create table ml_fairness_models as
        select * from (values
            ('hotspots', 'imd_2025_decile', '1', 2.5), ('hotspots', 'imd_2025_decile', '2', 9.0),
            ('risk_harm', 'imd_2025_decile', '1', 9.0), ('hotspots', 'all', 'Everyone', 1.0)
        ) as held(model, attribute, group_name, ratio_to_everyone_lower);
        create table ml_hotspots as select unnest([0.01, 0.05, 0.5, 1.0]) as p_value;
    """)
    names = ("hotspot_exposure_of_the_most_deprived", "hotspots_beyond_chance")
    assert [float(connection.execute(MEASURES[name]).fetchall()[0][0]) for name in names] == [2.5, 0.5]
    connection.execute("update ml_hotspots set p_value = null")
    assert connection.execute(MEASURES["hotspots_beyond_chance"]).fetchall() == [(None,)]
