"""The whole DAG on the real files of three forces, with every row accounted for."""

import json
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.publishing.manifest import read_manifest, verify_release
from tests.integration.command import Finished, run_command
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = [*needs_real_files, pytest.mark.slow, pytest.mark.long]

LANDED = {"avon-and-somerset": 261_809, "bedfordshire": 130_890, "city-of-london": 50_105}
ENGLISH_LSOAS_2021 = 33_755


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Run every month of the three forces, once, under the policy that is shipped."""
    root = tmp_path_factory.mktemp("real")
    ended = run_command(
        root,
        profile="mirror",
        mirror=str(REAL_FILES / "police" / "archive"),
        reference=str(REAL_FILES),
        forces=",".join(LANDED),
        **{"from": "2016-01", "to": "2025-12"},
    )
    assert ended.exit_code == 0, ended.output
    return ended


@pytest.fixture
def warehouse(finished: Finished) -> Iterator[duckdb.DuckDBPyConnection]:
    """The run's warehouse, read-only."""
    with duckdb.connect(str(finished.paths.warehouse), read_only=True) as connection:
        yield connection


def test_every_street_row_is_accounted_for(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Rows of changed areas, repeats and rows without a location are what naive pipelines lose."""
    rows = warehouse.execute(
        "select force, sum(landed_count), sum(staged_count + quarantined_count) "
        "from audit_row_reconciliation where dataset = 'police_street' group by force"
    ).fetchall()
    assert {force: landed for force, landed, _ in rows} == LANDED
    assert all(landed == accounted for _, landed, accounted in rows)
    (count,) = warehouse.execute("select count(*) from fct_crimes").fetchall()[0]
    assert count == sum(LANDED.values())


def test_no_located_row_of_england_is_lost_in_the_join_to_deprivation(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """A direct join to the 2019 index drops 19.1% of Bedfordshire's located rows, unnoticed."""
    lost = warehouse.execute(
        """
        select
            count(*) filter (lsoas.imd_2019_score is null),
            count(*) filter (lsoas.imd_2025_score is null),
            count(*)
        from fct_crimes
        left join dim_lsoa as lsoas using (lsoa_code)
        where fct_crimes.lsoa_code like 'E%'
        """
    ).fetchall()[0]
    assert lost[:2] == (0, 0)
    assert lost[2] > 400_000


def test_every_english_area_has_both_indices(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Merged, split and irregular areas would have no 2019 score."""
    counts = warehouse.execute(
        "select count(*), count(imd_2019_score), count(imd_2025_score) from dim_lsoa where is_in_england"
    ).fetchall()[0]
    assert counts == (ENGLISH_LSOAS_2021,) * 3


def test_months_that_are_not_there_are_named(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A gap in a series would read as a month without crime."""
    status = dict(
        warehouse.execute(
            "select month, status from audit_coverage "
            "where dataset = 'police_street' and force = 'bedfordshire' and month in ('2023-11', '2023-12')"
        ).fetchall()
    )
    assert status == {"2023-11": "absent", "2023-12": "present"}


def test_repeats_are_those_of_the_files(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Repeats that staging dropped or doubled would make the audit agree with nothing but itself."""
    files = [
        str(path)
        for force in LANDED
        for path in (REAL_FILES / "police" / "archive").glob(f"*/*-{force}-street.csv.gz")
    ]
    in_files = duckdb.execute(
        """
        with records as (
            select *, regexp_extract(filename, '[^/]*$') as file
            from read_csv(?, all_varchar = true, union_by_name = true, filename = true)
        ), repeats as (
            select file, "Crime ID" is null as has_no_id, count(*) as record_count
            from records
            group by
                file, "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude",
                "Location", "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context"
            having count(*) > 1
        )
        select sum(record_count) filter (has_no_id), sum(record_count) filter (not has_no_id) from repeats
        """,
        [files],
    ).fetchall()[0]
    judged = dict(
        warehouse.execute(
            "select duplicate_rule, sum(record_count) from audit_duplicates "
            "where dataset = 'police_street' group by all"
        ).fetchall()
    )
    assert judged["full_row_repeats_without_id"] == in_files[0] > 0
    assert judged["crime_id_repeats_same_row"] <= in_files[1]
    kept = "select count(*) from audit_duplicates where dataset = 'police_street' and not is_kept"
    assert warehouse.execute(kept).fetchall() == [(0,)]


def test_the_lockdown_is_an_anomaly_and_ordinary_months_are_not(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """A volume audit that sleeps through spring 2020 in the City would sleep through half a lost file."""
    flagged = warehouse.execute(
        "select strftime(record_month, '%Y-%m') from audit_volume "
        "where is_anomalous and dataset = 'police_street' and count_ratio < 1 order by 1"
    ).fetchall()
    assert flagged == [("2020-04",), ("2020-05",), ("2020-06",)]


def test_supplied_codes_agree_with_the_polygons_that_are_good_enough(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Longitude and latitude swapped, or codes of another vintage, would show here first."""
    rows = warehouse.execute(
        "select force_slug, sum(judged_count), sum(agreeing_count + near_count), sum(disagreeing_count) "
        "from audit_location_agreement group by force_slug"
    ).fetchall()
    assert {force for force, *_ in rows} == set(LANDED)
    for force, judged, close, far in rows:
        assert judged == close + far, force
        assert far <= 0.01 * judged, force


def test_the_release_verifies(finished: Finished) -> None:
    """What is published must be what was built."""
    assert verify_release(finished.paths.published_root / "latest") == []


def test_only_residents_of_forces_that_still_send_are_audited(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Residents of areas that nothing is known of would be counted as living in no hotspot.

    Avon and Somerset's last month here is June 2024. With its 1.7 million residents, Asian residents seemed
    5.8 times as exposed as White ones, not 2.2 times.
    """
    residents = warehouse.execute(
        "select sum(resident_count) from ml_fairness_hotspot_exposure where attribute = 'ethnic_group'"
    ).fetchall()[0][0]
    # Census 2021: 704,736 in Bedford, Central Bedfordshire and Luton, 8,583 in the City of London.
    assert residents == pytest.approx(713_319, rel=0.001)


def test_the_map_is_tested_over_areas_and_months_that_were_sent(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A thousand areas of a force that had stopped, taken for areas without crime, made the Gini 0.85."""
    gini = warehouse.execute(
        "select unit_count, value from ml_spatial_tests where measure = 'crime_count' and statistic = 'gini'"
    ).fetchall()
    assert gini == [(423, pytest.approx(0.470, abs=0.001))]
    months = warehouse.execute(
        "select distinct first_month::varchar, last_month::varchar, month_count from ml_lsoa_emerging"
    ).fetchall()
    assert months == [("2023-12-01", "2025-12-01", 25)]


def test_the_policy_that_is_shipped_lets_the_release_pass(finished: Finished) -> None:
    """A bound that real forces pass by a mistake in the measure would be waived until nobody reads it."""
    measures = read_manifest(finished.paths.published_root / "latest")["policy"]["measures"]
    assert measures and all(measure["decision"] is None for measure in measures)


def test_the_plan_is_a_proposal_that_nobody_approved(finished: Finished) -> None:
    """A real plan that calls itself approved would be acted on, and one that no map shows signed unseen."""
    latest = finished.paths.published_root / "latest"
    assert read_manifest(latest)["policy"]["patrol_plan"]["status"] == "proposed"
    page = (latest / "audit" / "plan.html").read_text(encoding="utf-8")
    codes = [area["lsoa_code"] for area in json.loads((latest / "patrol_plan.json").read_text())["areas"]]
    assert codes and all(f": {code}, team" in page for code in codes)


def test_without_residents_by_age_there_are_shares_alone(warehouse: duckdb.DuckDBPyConnection) -> None:
    """These files hold no residents by age and sex: a run must go on, say so and invent no rates."""
    status = warehouse.execute("select status from audit_coverage where dataset = 'nomis_age_sex'").fetchall()
    assert status == [("absent",)]
    basis = warehouse.execute("select distinct resident_basis from dim_district_residents").fetchall()
    assert basis == [("not_in_estimates",)]
    rates, shares = warehouse.execute(
        "select count(rate_per_1000), count(stop_share) from ml_fairness_stop_rates "
        "where attribute in ('age_range', 'gender')"
    ).fetchall()[0]
    assert rates == 0 and shares > 0


def test_deprivation_tells_crime_and_harm_by_both_editions(warehouse: duckdb.DuckDBPyConnection) -> None:
    """An edition joined to the wrong areas would tell nothing of regions that were not seen."""
    told = warehouse.execute(
        "select target, index_year, lower from ml_deprivation_scores "
        "where fold_kind = 'spatial' and model = 'forest' and metric = 'rank_correlation' order by all"
    ).fetchall()
    assert [row[:2] for row in told] == [
        (target, year)
        for target in ("crime_rate_per_1000", "harm_days_rate_per_1000")
        for year in (2019, 2025)
    ]
    # 0.20 to 0.31 in 423 areas; around 0 where they are not the areas that the edition speaks of.
    assert min(lower for *_, lower in told) > 0.1
