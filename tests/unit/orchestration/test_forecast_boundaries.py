"""The gate of forecast scores works out again what is said of a backtest, as the models do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from data_quality.boundaries import judge_table
from data_quality.suites.boundaries import forecast_scores, table_suites
from ml.common.contracts import CONTRACTS
from ml.common.contracts_forecast import COVERAGE_BANDS, FORECAST_TABLES, measured_names
from ml.forecast.coverage import coverage_finding
from ml.forecast.scores import score, scores_by_horizon
from orchestration.boundaries.judging import frames_of
from orchestration.warehouse import write_table

PAGE = Path(__file__).parents[3] / "docs" / "methods" / "forecasts.md"
_MEASURE = "crime_count"
_FORECAST, _BACKTEST, _SCORES = FORECAST_TABLES[_MEASURE]
_HORIZONS = CONTRACTS["ml_forecast_horizons"]


def _series(name: str, held_share: float, origins: int) -> pd.DataFrame:
    """A backtest of one series whose months hold, or miss, from all origins alike."""
    first = pd.Timestamp("2023-01-01")
    pairs = [(a, b) for a in range(origins) for b in range(a + 1, min(a + 12, origins) + 1)]
    origin, month = np.array(pairs).T
    is_held = np.random.default_rng(7).random(origins + 1)[month] < held_share
    rows = pd.DataFrame(
        {
            "series": name,
            "level": "force",
            "model": "naive",
            "origin_month": [first + pd.DateOffset(months=int(one)) for one in origin],
            "forecast_month": [first + pd.DateOffset(months=int(one)) for one in month],
            "horizon_months": month - origin,
            # Nearer months are forecast better.
            "actual": np.where(is_held, 50.0, 90.0) + (month - origin) / 10,
            "predicted": 50.0,
            "scaling_error": 5.0,
        }
    )
    bounds = {"lower_80": 40.0, "upper_80": 60.0, "lower_95": 35.0, "upper_95": 65.0}
    # Some intervals are widened, at 80% alone.
    wider = {"adjusted_upper_80": np.where(month - origin > 6, 62.0, 60.0)}
    return rows.assign(**bounds, **{f"adjusted_{side}": bound for side, bound in bounds.items()} | wider)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Series that hold next to nothing, most and everything, long and short."""
    parts = [
        _series(f"{origins}/{share}", share, origins)
        for origins in (2, 18, 23)
        for share in (0.05, 0.5, 0.7, 0.8, 0.93, 1.0)
    ]
    scores = pd.concat(
        [score(part).assign(series=part["series"].iloc[0], level="force", is_champion=True) for part in parts]
    )
    # A series without a backtest has no figures.
    told = scores_by_horizon(pd.concat(parts).rename(columns=measured_names(_MEASURE)), scores, _MEASURE)
    nothing = {"series": "new", "level": "force", "model": "none", "is_champion": True}
    scores = pd.concat([scores, pd.DataFrame([nothing | {"origin_count": 0, "judged_month_count": 0}])])
    names = measured_names(_MEASURE)
    with duckdb.connect() as connection:
        for contract in FORECAST_TABLES["harm_days"][1:]:
            write_table(connection, contract, pd.DataFrame(columns=contract.column_names))
        write_table(connection, _HORIZONS, told)
        write_table(connection, _BACKTEST, pd.concat(parts).rename(columns=names))
        write_table(connection, _SCORES, scores.rename(columns=names).assign(note=None))
        yield connection


def broken(connection: duckdb.DuckDBPyConnection, table: str = _SCORES.name) -> set[str]:
    """The rules of a table's suite that are broken."""
    suite = table_suites("ml")[table]
    verdict = judge_table(suite, frames_of(connection, suite), row_count=1, data_version="a" * 64).verdict
    assert verdict.status != "crashed", verdict.reason
    return {rule.rule for rule in verdict.rules if not rule.success} - {"champion_covers_most"}


def test_what_the_models_say_follows_from_the_backtest(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A gate that reckons otherwise than the models would withhold every release."""
    findings = warehouse.execute(f"select distinct adjusted_coverage_80_finding from {_SCORES.name}").df()
    assert {"below", "below_beyond_chance", "above", "above_beyond_chance"} <= set(findings.iloc[:, 0])
    assert broken(warehouse) == broken(warehouse, _HORIZONS.name) == set()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("adjusted_coverage_80_finding = 'below' where adjusted_coverage_80_finding like 'below%'", "80f"),
        ("adjusted_coverage_95_finding = 'above_beyond_chance' where series = '23/1.0'", "95f"),
        ("adjusted_coverage_95_finding = null where series = '18/0.5'", "95f"),
        ("judged_month_count = origin_count * 12 where series = '23/0.8'", "months_of_backtest"),
        ("judged_month_count = 1 where series = 'new'", "months_of_backtest"),
        ("adjusted_coverage_80_share = 0.8 where series = 'new'", "adjusted_coverage_80_of_backtest"),
        ("coverage_95_share = 0.99 where series = '18/0.5'", "coverage_95_of_backtest"),
        ("mase = mase + 0.001 where series = '18/0.5'", "mase_of_backtest"),
        ("adjusted_80_share = 0 where series = '18/0.5'", "adjusted_80_of_backtest"),
        ("adjusted_95_share = adjusted_80_share where series = '18/0.5'", "adjusted_95_of_backtest"),
    ],
)
def test_the_gate_sees_what_does_not_follow(
    warehouse: duckdb.DuckDBPyConnection, change: str, rule: str
) -> None:
    """A finding without its suffix, or with one, would be published: auditors filter by the words."""
    warehouse.execute("begin")
    warehouse.execute(f"update {_SCORES.name} set {change}")
    found = broken(warehouse)
    warehouse.execute("rollback")
    assert found == {f"coverage_{rule[:2]}_finding_of_its_share" if rule.endswith("f") else rule}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("origin_count = 23 where horizon_months = 12", "origins_of_backtest"),
        ("forecast_count = forecast_count + 1", "forecasts_of_backtest"),
        ("mase = (select min(mase) from ml_forecast_horizons)", "mase_of_backtest"),
        ("coverage_80_share = coverage_80_share - 0.001", "coverage_80_of_backtest"),
        ("coverage_95_share = null where horizon_months = 1", "coverage_95_of_backtest"),
        ("adjusted_coverage_80_share = 0.8 where horizon_months = 7", "adjusted_coverage_80_of_backtest"),
        ("adjusted_coverage_95_share = 1.1 where horizon_months = 7", "adjusted_coverage_95_of_backtest"),
    ],
)
def test_the_gate_sees_a_horizon_that_does_not_follow(
    warehouse: duckdb.DuckDBPyConnection, change: str, rule: str
) -> None:
    """A year ahead would seem as sure as a month, or intervals to hold that do not."""
    warehouse.execute("begin")
    warehouse.execute(f"update {_HORIZONS.name} set {change}")
    found = broken(warehouse, _HORIZONS.name)
    warehouse.execute("rollback")
    assert found == {rule}


@pytest.mark.parametrize("level", [80, 95])
def test_both_computations_agree(level: int) -> None:
    """The gate asks for the chance of so few, the models for an interval: a slip in either would show."""
    share, worth = (one.ravel() for one in np.meshgrid(np.linspace(0, 1, 401), [1.0, 6.5, 14.86, 19.74, 90]))
    own = forecast_scores.coverage_findings(share, worth, level)
    assert [coverage_finding(*one, level) for one in zip(share, worth, strict=True)] == list(own)
    assert {"below_beyond_chance", "above_beyond_chance"} <= set(own)


def test_bands_are_one() -> None:
    """The gate may not import the models: their bands would part without a word."""
    assert forecast_scores.COVERAGE_BANDS == COVERAGE_BANDS
    (low_80, high_80), (low_95, high_95) = (
        [f"{bound:.0%}" for bound in COVERAGE_BANDS[level]] for level in (80, 95)
    )
    said = f"`near` from {low_80[:-1]} to {high_80} ({low_95[:-1]} to {high_95})"
    assert said in PAGE.read_text(encoding="utf-8")
