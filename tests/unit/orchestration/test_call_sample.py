"""The calls that the job learns priority from: bounded, recent, and spread over months."""

from __future__ import annotations

import duckdb
import pandas as pd

from orchestration.defs.ml.drift import INCIDENTS
from orchestration.defs.ml.priority import _CALLS, _FEWEST_CALLS, _MOST_CALLS


def sampled(count: int, days: int) -> pd.DataFrame:
    """What is taken of calls that are spread evenly over the days before 2026."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table stg_calls_for_service__incidents as
            select
                'somewhere' as agency, 'P' || number as incident_id, 2 as priority, true as is_latest_record,
                timestamp '2026-01-01' - to_seconds(number * {days} * 86400 // {count}) as called_at,
                called_at as called_at_local, 'NOISE' as call_type, 1 as block_low, 'A ST' as street,
                'B ST' as cross_street, 'Town' as city, 0.0 as longitude, 0.0 as latitude, 'v' as data_version
            from range({count}) as held(number)
            """
        )
        return connection.execute(_CALLS).df()


def test_a_citys_sample_spans_two_years() -> None:
    """The newest calls of a city are a month: no model could be fitted by month, and none watched."""
    found = sampled(90_000, 3 * 365)
    assert len(found) == _MOST_CALLS and found["called_at_local"].is_monotonic_increasing
    by_month = found.groupby(found["called_at_local"].dt.to_period("M")).size()
    assert len(by_month) in (24, 25) and by_month.iloc[1:-1].min() > 700
    assert found["called_at_local"].min() > pd.Timestamp("2023-12-31")


def test_few_calls_are_all_taken() -> None:
    """An agency that publishes a sample of many years would be left with a handful."""
    assert len(sampled(3_000, 10 * 365)) == 3_000
    assert len(sampled(8_000, 10 * 365)) == _FEWEST_CALLS


def test_drift_counts_each_ranked_incident_once() -> None:
    """A city that restates its records would seem to have other calls, and so would one that ranks fewer."""
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table stg_calls_for_service__incidents as
            select
                'somewhere' as agency, timestamp '2026-01-01' as called_at, called_at as called_at_local,
                'A ST' as street, null as cross_street, 0.0 as longitude, 0.0 as latitude, records.*
            from (values ('P1', 'NOISE', 2, false), ('P1', 'FIGHT', 2, true), ('P2', 'NOISE', null, true))
                as records (incident_id, call_type, priority, is_latest_record)
            """
        )
        assert connection.execute(INCIDENTS).df()["call_type"].tolist() == ["FIGHT"]
