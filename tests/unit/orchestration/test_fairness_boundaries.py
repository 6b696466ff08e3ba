"""Fairness tables with withheld figures are judged: no crash, and no passing when they leak."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from data_quality.boundaries import judge_table
from data_quality.suites.boundaries import table_suites
from data_quality.verdicts import Verdict
from ml.common.contracts import CONTRACTS
from orchestration.boundaries.judging import frames_of
from orchestration.warehouse import write_table
from tests.unit.ml.fairness_tables import fairness_tables


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables, each with a group that is small."""
    with duckdb.connect() as connection:
        for name, frame in fairness_tables().items():
            write_table(connection, CONTRACTS[name], frame)
        yield connection


def judged(connection: duckdb.DuckDBPyConnection, table: str) -> Verdict:
    """The verdict on a table."""
    suite = table_suites("ml")[table]
    outcome = judge_table(suite, frames_of(connection, suite), row_count=1, data_version="a" * 64)
    return outcome.verdict


@pytest.mark.parametrize("table", ["ml_fairness_stops", "ml_fairness_stop_rates", "ml_fairness_models"])
def test_withheld_figures_do_not_crash_the_suite(warehouse: duckdb.DuckDBPyConnection, table: str) -> None:
    """A null that a rule cannot compare would stop every release with a small group."""
    withheld = warehouse.execute(f"select count(*) from {table} where is_suppressed").fetchall()
    assert withheld[0][0] > 0
    verdict = judged(warehouse, table)
    assert verdict.status == "passed", verdict.reason


@pytest.mark.parametrize("table", ["ml_fairness_stops", "ml_fairness_stop_rates"])
def test_group_withheld_alone_fails_the_suite(warehouse: duckdb.DuckDBPyConnection, table: str) -> None:
    """The total less the others is the small count."""
    warehouse.execute("begin")
    warehouse.execute(f"update {table} set is_suppressed = (group_name = 'Other')")
    verdict = judged(warehouse, table)
    warehouse.execute("rollback")
    assert verdict.status == "failed" and "withheld_in_company" in (verdict.reason or "")


@pytest.mark.parametrize(
    "change",
    [
        "group_name = if(group_name = 'Black', 'Asian', 'Black') where group_name in ('Black', 'Asian')",
        "reference_group = 'Black'",
        "part_amount = 7 * part_amount",
        "metric_value_lower = metric_value",
        "null_reason = 'not_defined' where null_reason = 'residents_unknown'",
        "disparity_null_reason = 'is_reference' where disparity_null_reason = 'reference_has_none'",
    ],
)
def test_long_table_must_say_what_its_sources_say(warehouse: duckdb.DuckDBPyConnection, change: str) -> None:
    """Groups exchanged, another reference or other counts leave every sum as it is, and say another thing."""
    assert judged(warehouse, "ml_fairness_groups").status == "passed"
    warehouse.execute("begin")
    warehouse.execute(f"update ml_fairness_groups set {change}")
    verdict = judged(warehouse, "ml_fairness_groups")
    warehouse.execute("rollback")
    assert verdict.status == "failed" and "every_figure_is_the_source_s" in (verdict.reason or "")
