"""Formulas of the risk models derived a second way: features, kernels, alerts, shrinkage and likelihood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.risk.candidates import ALERT_DAYS
from ml.risk.cells import Cells
from ml.risk.counts import EmpiricalBayes, SameSeason
from ml.risk.features import column_names, design
from ml.risk.history import make_history
from ml.risk.learners import Boosted, Forest
from ml.risk.model import Model
from ml.risk.near_repeat import on_alert
from ml.risk.self_exciting import SelfExciting
from ml.risk.spread import dispersion_of, expect, freedom_of
from ml.risk.terrain import RiskTerrain
from tests.unit.ml.risk_simulator import exciting_city, poisson_city, square


def test_a_decayed_count_is_shrunk_by_the_chance_that_is_in_it() -> None:
    """Old events count for less and bring less chance: taken for whole ones, cells are shrunk too much.

    By Bühlmann's rule: the mean, and the share of the spread that is no chance of what a cell lies off it.
    """
    history = poisson_city(12, 20, 35, mean=1.0)
    half_life, step = 60.0, 0.01
    weight = np.exp2(-np.arange(step / 2, history.end, step) / half_life)
    exposure, squared = weight.sum() * step, (weight**2).sum() * step
    age = np.exp2((history.day - history.end) / half_life)
    rate = np.bincount(history.cell, age, minlength=history.cells.count) / exposure
    chance = rate.mean() * squared / exposure**2
    share = 1 - chance / rate.var()
    assert 0.3 < share < 0.9
    expected = 30 * (rate.mean() + share * (rate - rate.mean()))
    found = EmpiricalBayes(half_life).fit(history).predict(history.end + 30)
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_kernel_of_areas_by_hand() -> None:
    """A bandwidth is the standard deviation in metres: half as wide, neighbours' records would say little."""
    cells = Cells(np.array([[0.0, 0.0], [300.0, 400.0], [9_000.0, 0.0]]), np.ones(3))
    beside = np.exp(-0.5)
    expected = [10 / (1 + beside), 10 * beside / (1 + beside), 0.0]
    assert cells.smooth(np.array([10.0, 0.0, 0.0]), 500.0) == pytest.approx(expected)


@pytest.mark.parametrize("month", range(12))
def test_an_alert_is_of_the_last_month_however_long(month: int) -> None:
    """Months stand in their middle: an alert of days must reach the last one's, and not the one's before."""
    first = np.datetime64("2024-01") + month
    bounds = np.arange(first, first + 4).astype("datetime64[D]").astype(np.float64)
    middle = (bounds[1:] + bounds[:-1]) / 2
    row = Cells(np.column_stack([np.arange(4) * 100.0, np.zeros(4)]), np.ones(4))
    history = make_history(row, np.array([0, 3]), middle[1:], bounds)
    assert on_alert(history, 1.0, ALERT_DAYS).tolist() == [False, False, False, True]


def test_self_exciting_parameters_are_the_likeliest() -> None:
    """Children that the end cut off are allowed for: without them a slow decay would be called a fast one."""
    cells, length = square(6), 400.0
    background = np.full(cells.count, 0.05)
    history = exciting_city(cells, 400, 9, background=background, branching=0.6, decay=0.03)
    fit = SelfExciting(length, 1000).fit(history)
    events = [history.day[history.cell == cell] for cell in range(cells.count)]

    def likelihood(branching: float, decay: float) -> float:
        total = 0.0
        for own, rate in zip(events, fit.background, strict=True):
            age = own[:, None] - own
            excited = np.where(age > 0, np.exp(-decay * np.maximum(age, 0)), 0.0).sum(axis=1)
            total += np.log(rate + branching * decay * excited).sum() - rate * length
            total -= branching * (1 - np.exp(-decay * (length - own))).sum()
        return total

    best = likelihood(fit.branching, fit.decay)
    steps = [(1.03, 1.0), (0.97, 1.0), (1.0, 1.03), (1.0, 0.97)]
    assert all(likelihood(fit.branching * one, fit.decay * other) < best for one, other in steps)


@pytest.mark.parametrize("model", [Boosted(rounds=10), Forest(trees=5), EmpiricalBayes(365), RiskTerrain(())])
def test_harm_is_forecast_in_days_of_harm(model: Model) -> None:
    """Harm is learned in typical events: not turned back, it is a hundred times too large."""
    history = poisson_city(4, 14, 44)
    harm = replace(history, weight=np.full(len(history.weight), 100.0))
    counts, days = (model.fit(one).predict(one.end + 30.0) for one in (history, harm))
    # Trees split elsewhere where sums are rounded otherwise.
    assert days == pytest.approx(100.0 * counts, rel=0.2)


def test_what_learners_see_is_what_its_name_says() -> None:
    """A lag off by one, or two years in a year, would be learned from all the same, only worse."""
    history = poisson_city(4, 14, 44)
    rates, until = history.table() / 30.0, history.end + 30.0
    rows = design(history, until)
    ahead = dict(zip(column_names(history.cells), rows.ahead.T, strict=True))
    for lag in (1, 2, 3, 6, 12):
        assert ahead[f"own_lag_{lag}"] == pytest.approx(rates[-lag])
    for length in (3, 6, 12):
        assert ahead[f"own_mean_{length}"] == pytest.approx(rates[-length:].mean(axis=0))
    apart = np.hypot(*(history.cells.xy[:, None] - history.cells.xy).T)
    # The eight nearest of the fifth cell (of four rows of four) are those around it.
    assert ahead["around_lag_1"][5] == pytest.approx(rates[-1][(apart[5] > 0) & (apart[5] < 400)].mean())
    middle = 2 * np.pi * (history.end + 15.0) / 365.25
    seen = [ahead[name][0] for name in ("period_days", "year_sine", "year_cosine")]
    assert seen == pytest.approx([30.0, np.sin(middle), np.cos(middle)])
    # The last rows to learn from are those of the last period, which sees the ones before it.
    assert rows.came[-16:] == pytest.approx(rates[-1])
    assert rows.seen[-16:, 0] == pytest.approx(rates[-2])


@pytest.mark.parametrize("months", [12, 13, 15, 18])
def test_intervals_rest_on_months_that_the_model_could_forecast(months: int) -> None:
    """A month of which the model knew nothing made errors of nothing, and so intervals of chance alone.

    Of a year ago nothing is known before the thirteenth month.
    """
    history = poisson_city(10, 19, 34, mean=8.0, dispersion=0.3)
    # Twelve of the city's months of 30 days are no year.
    year = 365.25 / 360
    history = replace(history, day=history.day * year, bounds=history.bounds * year)
    bounds = history.bounds
    known = history.before(bounds[months])
    model, earlier = SameSeason(), []
    for i in range(months - 1, max(11, months - 7), -1):
        forecast = model.fit(known.before(bounds[i])).predict(bounds[i + 1])
        earlier.append((known.amount(bounds[i], bounds[i + 1]), forecast))
    said = expect(model, known, float(bounds[months + 1]), holdouts=6)
    if months == 12:
        assert not earlier and np.isnan([said.dispersion, said.freedom]).all()
        assert np.isfinite(said.mean).all() and np.isnan(said.bounds[0.8]).all()
        return
    assert said.dispersion == pytest.approx(dispersion_of(earlier)) and said.dispersion > 0.3
    assert said.freedom == pytest.approx(freedom_of(earlier))
