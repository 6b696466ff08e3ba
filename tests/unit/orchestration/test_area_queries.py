"""Whose areas are judged: those of forces that sent months of the last year, over the months they sent."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.defs.ml import area_queries, drift, fairness_queries, spatial
from orchestration.warehouse import open_warehouse

WAREHOUSE = """
    create table dim_lsoa as
    select
        lsoa_code, force_slug, lsoa_code as lad_code, 1.0 as easting_m, 2.0 as northing_m,
        1000 as population_count, false as has_small_population, 1 as imd_2025_decile,
        1 as asian_count, 2 as black_count, 3 as mixed_count, 4 as white_count, 5 as other_count
    from (values ('E1', 'whole'), ('E2', 'late'), ('E3', 'gone'), ('E4', 'never')) as areas
        (lsoa_code, force_slug);

    create table stg_ons__lsoa_boundaries as
    select lsoa_code, st_point(0, 0) as boundary from dim_lsoa;

    -- One record a day of 2024 or 2025 in each area; 'late' begins in November, 'gone' ended a year ago.
    create table fct_crimes as
    select
        areas.lsoa_code, areas.force_slug, date_trunc('month', day)::date as crime_month,
        'Burglary' as crime_type, true as is_ultra_high_harm, 1.0 as easting_m, 2.0 as northing_m,
        row_number() over () as crime_record_id
    from dim_lsoa as areas, range(date '2024-01-01', date '2026-01-01', interval 1 day) as days (day)
    where
        areas.force_slug = 'whole'
        or (areas.force_slug = 'late' and day >= date '2025-11-01')
        or (areas.force_slug = 'gone' and day < date '2025-01-01');

    create table fct_crime_lsoa_month as
    select lsoa_code, crime_month, count(*) as crime_count, 2.0 * count(*) as harm_days
    from fct_crimes group by all;

    create table ml_risk_lsoa as
    select
        lsoa_code, date '2026-01-01' as forecast_month, 'all_crime' as crime_group,
        30.0 as expected_crime_count, 60.0 as expected_harm_days
    from dim_lsoa where force_slug in ('whole', 'late');
"""


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Four forces: one of all months, one of the last two, one that stopped a year ago, one of none."""
    with open_warehouse(":memory:") as connection:
        connection.execute(WAREHOUSE)
        yield connection


@pytest.mark.parametrize(
    "query",
    [area_queries.AREAS, fairness_queries.LSOAS, fairness_queries.CRIME_LSOAS, spatial.AREAS],
    ids=["rates", "exposure", "feedback", "map"],
)
def test_areas_of_a_force_that_stopped_are_not_areas_without_crime(
    warehouse: duckdb.DuckDBPyConnection, query: str
) -> None:
    """Residents of a force that had stopped sending made every group elsewhere look exposed to hotspots."""
    assert warehouse.execute(query).df()["lsoa_code"].tolist() == ["E1", "E2"]


def test_maps_are_of_months_that_every_force_sent(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A force of two months would look calm for ten, and all its crimes near in time: a near repeat each."""
    areas = warehouse.execute(spatial.AREAS).df()
    assert areas["crime_count"].tolist() == [61, 61] and areas["harm_days"].tolist() == [122.0, 122.0]
    for query in spatial.EVENTS.values():
        months = warehouse.execute(query).df()["month_number"]
        assert months.value_counts().to_dict() == {2025 * 12 + 11: 2 * 30, 2025 * 12 + 12: 2 * 31}


def test_a_daily_rate_is_over_the_days_that_were_sent(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A force of two months would seem to have a sixth of its crime, and get a sixth of the patrols."""
    rates = warehouse.execute(fairness_queries.CRIME_LSOAS).df()
    assert rates["daily_crime_count"].tolist() == [1.0, 1.0]


def test_drift_compares_with_the_months_that_were_sent(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A force of two months would be said to have drifted the moment it began."""
    recent = warehouse.execute(drift.PREDICTED).df().set_index("lsoa_code")["recent_crime_count"]
    assert recent.to_dict() == {"E1": pytest.approx(365 / 12), "E2": pytest.approx(61 / 2)}
