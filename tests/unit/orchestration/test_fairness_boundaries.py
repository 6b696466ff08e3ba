"""Fairness tables with withheld figures are judged: no crash, and no passing when they leak."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from data_quality.boundaries import judge_table
from data_quality.suites.boundaries import table_suites
from data_quality.verdicts import Verdict
from ml.common.contracts import CONTRACTS
from ml.fairness import audit_stops
from ml.fairness.model_exposure import model_exposure
from ml.fairness.stop_rates import stop_rates
from orchestration.boundaries.judging import frames_of
from orchestration.warehouse import write_table
from tests.unit.ml.test_ml_fairness import stops
from tests.unit.ml.test_ml_fairness_stop_rates import one_place

COUNTS = {"White": 4000, "Black": 900, "Asian": 60, "Mixed": 20, "Other": 4, "Not stated": 300}


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables, each with a group that is small."""
    sizes = {"White": 9000, "Black": 800, "Asian": 700, "Mixed": 100, "Other": 100}
    rows = [("bedfordshire", "E01", *item) for item in sizes.items()]
    residents = pd.DataFrame(rows, columns=["force_slug", "district_code", "ethnic_group", "resident_count"])
    names = {name.replace(" ", "_"): count for name, count in COUNTS.items()}
    groups = {f"{name.lower()}_count": size for name, size in sizes.items()} | {"other_count": 0}
    lsoas = pd.DataFrame({"lsoa_code": [f"E01{n:06}" for n in range(30)]}).assign(
        **groups,
        population_count=11_000,
        imd_2025_decile=np.arange(30) % 10 + 1,
        covered_area_share=np.linspace(0, 1, 30),
    )
    risk = lsoas[["lsoa_code"]].assign(expected_crime_count=range(30), expected_harm_days=range(30))
    with duckdb.connect() as connection:
        for name, frame in {
            "ml_fairness_stops": audit_stops(stops(**names)),
            "ml_fairness_stop_rates": stop_rates(one_place(COUNTS), residents),
            "ml_fairness_models": model_exposure(lsoas, risk),
        }.items():
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
