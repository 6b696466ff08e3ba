"""The backtest: no leak of the future in any model, honest coverage, and figures by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.risk.backtest import backtest, every_origin
from ml.risk.counts import Decayed, EmpiricalBayes, PeriodMean, SameSeason
from ml.risk.history import History, make_history
from ml.risk.kernel import KernelDensity
from ml.risk.learners import Boosted, Forest, SupportVector
from ml.risk.mixture import Average, Mixture
from ml.risk.model import Model, Remembered
from ml.risk.near_repeat import NearRepeat, ProspectiveHotspot
from ml.risk.self_exciting import SelfExciting
from ml.risk.terrain import RiskTerrain
from tests.unit.ml.risk_simulator import poisson_city, square

MODELS = {
    "naive": lambda: PeriodMean(1),
    "mean": lambda: PeriodMean(12),
    "seasonal": lambda: SameSeason(),
    "decayed": lambda: Decayed(90),
    "bayes": lambda: EmpiricalBayes(365),
    "kernel": lambda: KernelDensity(400.0),
    "prospective": lambda: ProspectiveHotspot(400.0, 125.0),
    "near_repeat": lambda: NearRepeat(300.0, 30.0),
    "self_exciting": lambda: SelfExciting(365, 5),
    "terrain": lambda: RiskTerrain(),
    "boosted": lambda: Boosted(rounds=10),
    "forest": lambda: Forest(trees=5),
    "support_vector": lambda: SupportVector(landmarks=10),
    "mixture": lambda: Mixture((Remembered(PeriodMean(1)), Remembered(EmpiricalBayes(365)))),
    "average": lambda: Average((PeriodMean(1), PeriodMean(12)), is_by_rank=True),
}


@pytest.fixture(scope="module")
def city() -> History:
    """Two years of a small city whose cells have a feature."""
    history = poisson_city(6, 24, 50, mean=3.0)
    feature = np.random.default_rng(51).normal(size=history.cells.count)
    return replace(history, cells=replace(history.cells, features={"x": feature}))


def changed_after(history: History, day: float) -> History:
    """The same past and another future: other cells, twice as many events."""
    is_past = history.day < day
    random = np.random.default_rng(52)
    later = int((~is_past).sum())
    cell = np.concatenate([history.cell[is_past], random.integers(0, history.cells.count, 2 * later)])
    days = np.concatenate([history.day[is_past], random.uniform(day, history.end, 2 * later)])
    return make_history(history.cells, cell, days, history.bounds)


@pytest.mark.parametrize("name", MODELS)
def test_the_future_changes_no_forecast(name: str, city: History) -> None:
    """A model that saw past its origin would win every backtest and fail in use."""
    origin, until = float(city.bounds[18]), float(city.bounds[19])
    other = changed_after(city, origin)
    make = MODELS[name]
    first = make().fit(city.before(origin)).predict(until)
    second = make().fit(other.before(origin)).predict(until)
    assert np.isfinite(first).all() and (first >= 0).all()
    assert (first == second).all()
    # The test can fail: a changed past does change the forecast.
    past = make().fit(changed_after(city, float(city.bounds[5])).before(origin)).predict(until)
    assert not np.array_equal(first, past)


def test_the_future_changes_no_backtest_row(city: History) -> None:
    """Neither memories nor dispersions may carry later windows into earlier rows."""
    windows = every_origin(city, shortest=12)
    cut = windows[6][0]
    tables = []
    for history in (city, changed_after(city, cut)):
        models: list[Model] = [PeriodMean(12), MODELS["mixture"]()]
        scores, captures = backtest(history, models, windows)
        for table in (scores, captures):
            early = table[table["end_day"] <= cut].reset_index(drop=True)
            assert len(early)
            tables.append(early)
    assert tables[0].equals(tables[2]) and tables[1].equals(tables[3])


def test_overlapping_windows_do_not_leak_their_errors(city: History) -> None:
    """The error of a window that is not over yet is unknown, and may not set a dispersion."""
    windows = every_origin(city, shortest=12, span=3)
    scores, _ = backtest(city, [PeriodMean(12)], windows)
    assert scores["coverage_80_share"].isna().tolist() == [True] * 3 + [False] * (len(windows) - 3)


def test_every_origin_is_used(city: History) -> None:
    """A skipped origin would let a claim rest on chosen months."""
    windows = every_origin(city, shortest=12)
    assert len(windows) == 12 and windows[-1][1] == city.end
    assert len(every_origin(city, shortest=12, span=3)) == 10
    with pytest.raises(ValueError, match="not the end of one of the periods"):
        city.before(17.0)


def test_backtest_by_hand() -> None:
    """Two cells, one origin: what the tables say is what paper says."""
    cells = square(2)
    history = make_history(
        cells, np.array([0, 0, 1, 1, 1, 0]), np.array([1.0, 2, 3, 11, 12, 13]), np.array([0.0, 10, 20])
    )
    harm = replace(history, weight=np.array([1.0, 1, 1, 100, 100, 1]))
    budget = float(cells.area[0])
    scores, captures = backtest(history, [PeriodMean(1)], [(10.0, 20.0)], budgets=[budget], judged=harm)
    # Forecast 2, 1, 0, 0; came 1, 2, 0, 0.
    assert scores.loc[0, "mean_absolute_error"] == pytest.approx(0.5)
    assert scores.loc[0, "came_to_expected_ratio"] == pytest.approx(1.0)
    row = captures.iloc[0]
    assert (row["caught"], row["total"], row["best"]) == (1.0, 3.0, 2.0)
    assert row["pai"] == pytest.approx((1 / 3) / 0.25) and row["pei"] == pytest.approx(0.5)
    assert row["harm_hit_rate"] == pytest.approx(1 / 201)
    assert row["recapture"] == pytest.approx((1 / 2) / (3 / 3))


def test_each_area_share_is_held_against_its_own_best() -> None:
    """The best of 1% of the area beside the catch of 10% would make a map look better than hindsight."""
    cells = square(2)
    cell, day = np.array([0, 0, 1, 0, 1, 1, 2, 2, 2]), np.array([1.0, 2, 3, 11, 12, 13, 14, 15, 16])
    history = make_history(cells, cell, day, np.array([0.0, 10, 20]))
    budgets = [float(cells.area[0]) * count for count in (1, 2)]
    harm = replace(history, weight=np.where(cell == 1, 10.0, 1.0))
    _, captures = backtest(history, [PeriodMean(1)], [(10.0, 20.0)], budgets=budgets, judged=harm)
    # Flagged are cell 0, then 0 and 1; there came 1, 2, 3 and 0 records, and 1, 20, 3 and 0 days.
    assert captures[["caught", "best"]].to_numpy().tolist() == [[1.0, 3.0], [3.0, 5.0]]
    assert captures[["harm_caught", "harm_best"]].to_numpy().tolist() == [[1.0, 20.0], [21.0, 23.0]]
    assert captures["harm_pai"].to_numpy() == pytest.approx([(1 / 24) / 0.25, (21 / 24) / 0.5])


@pytest.mark.parametrize("dispersion", [0.0, 0.1, 0.4])
def test_intervals_cover_what_they_say(dispersion: float) -> None:
    """Known truth: 76 to 84% within the 80% interval, 92 to 98% within the 95% one."""
    history = poisson_city(20, 30, 60, mean=40.0, dispersion=dispersion)
    scores, _ = backtest(history, [EmpiricalBayes(3650)], every_origin(history, shortest=14))
    figures = scores.mean(numeric_only=True)
    for kind in ("coverage", "central"):
        assert 0.76 <= figures[f"{kind}_80_share"] <= 0.84
        assert 0.92 <= figures[f"{kind}_95_share"] <= 0.98
    assert figures["came_to_expected_ratio"] == pytest.approx(1.0, abs=0.02)


def test_truth_wins(city: History) -> None:
    """On cells of constant risk a shrunken mean must beat the last month in every figure."""
    scores, captures = backtest(city, [PeriodMean(1), EmpiricalBayes(3650)], every_origin(city, shortest=12))
    mean = scores.groupby("model").mean(numeric_only=True)
    for figure in ("mean_absolute_error", "poisson_deviance"):
        assert mean.loc["empirical_bayes_3650", figure] < mean.loc["naive", figure]
    assert mean.loc["empirical_bayes_3650", "log_score"] > mean.loc["naive", "log_score"]
    caught = captures.groupby("model")["caught"].sum()
    assert caught["empirical_bayes_3650"] > caught["naive"]
