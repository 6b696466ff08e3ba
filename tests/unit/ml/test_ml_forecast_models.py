"""Forecast methods one by one: formulas, recovery of a known season, coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.forecast.baselines import Drift, Forecast, Naive, SeasonalNaive
from ml.forecast.ets import smoothed
from ml.forecast.models import forecast_with, history_of, with_smoothing
from ml.forecast.series import last_contiguous_stretch

SEASON = 10 * np.sin(2 * np.pi * np.arange(12) / 12)


def days(count: int) -> np.ndarray:
    """Equal months, so that synthetic series mean what they say."""
    return np.full(count, 30.0)


def smooth_path(values: np.ndarray, horizon: int) -> Forecast:
    """What exponential smoothing expects of equal months."""
    (state,) = smoothed([(values, days(len(values)))])
    assert state is not None
    return state.over(days(horizon))


def test_seasonal_naive_by_hand() -> None:
    """Point, spread and its growth by sqrt(k + 1), as in FPP3 table 5.2."""
    values = np.concatenate([np.full(12, 100.0), np.full(12, 103.0)])
    values[-1] = 104.0
    forecast = SeasonalNaive.fit(values).forecast(range(13))
    sigma = np.sqrt((11 * 9 + 16) / 12)
    lower, upper = forecast.bounds[0.95]
    assert forecast.mean.tolist() == [103.0] * 11 + [104.0, 103.0]
    assert upper[0] - forecast.mean[0] == pytest.approx(1.959964 * sigma, rel=1e-6)
    assert upper[12] - forecast.mean[12] == pytest.approx(1.959964 * sigma * np.sqrt(2), rel=1e-6)
    assert forecast.mean[0] - forecast.bounds[0.80][0][0] == pytest.approx(1.281552 * sigma, rel=1e-6)
    assert lower[0] == pytest.approx(2 * forecast.mean[0] - upper[0])


def test_naive_and_drift_by_hand() -> None:
    """Random-walk growth of the spread, and Student's t for the few differences."""
    values = np.array([10.0, 12.0, 11.0, 14.0])
    walk = Naive.fit(values).forecast(range(4))
    sigma = np.sqrt((4 + 1 + 9) / 3)
    assert walk.mean.tolist() == [14.0] * 4
    assert walk.bounds[0.95][1][3] - 14.0 == pytest.approx(3.182446 * sigma * 2, rel=1e-6)
    line = Drift.fit(values).forecast(range(2))
    slope = 4 / 3
    sigma = np.sqrt(((2 - slope) ** 2 + (-1 - slope) ** 2 + (3 - slope) ** 2) / 2)
    assert line.mean == pytest.approx([14 + slope, 14 + 2 * slope])
    spread = sigma * np.sqrt(2 * (1 + 2 / 3))
    assert line.bounds[0.80][1][1] - line.mean[1] == pytest.approx(1.885618 * spread, rel=1e-6)


@pytest.mark.parametrize(("method", "count"), [(SeasonalNaive, 12), (Naive, 2), (Drift, 2)])
def test_baselines_refuse_too_little(method: type[SeasonalNaive | Naive | Drift], count: int) -> None:
    """A spread of no differences would be NaN and look like a forecast."""
    with pytest.raises(ValueError, match="needs"):
        method.fit(np.ones(count))


def test_ets_recovers_a_season() -> None:
    """Three and a half years of a clear season: the form has one, and the forecast follows it."""
    random = np.random.default_rng(1)
    values = 100 + np.tile(SEASON, 4)[:42] + random.normal(0, 1, 42)
    forecast = smooth_path(values, 6)
    assert forecast.label[-2] in "AM"
    truth = 100 + SEASON[6:]
    assert np.abs(forecast.mean - truth).mean() < 1.0


def test_ets_follows_a_level_shift() -> None:
    """A level that moved must be forecast where it is now, not at the mean."""
    values = np.concatenate([np.full(14, 100.0), np.full(14, 140.0)])
    values = values + np.random.default_rng(2).normal(0, 1, 28)
    forecast = smooth_path(values, 3)
    assert forecast.mean == pytest.approx([140.0] * 3, abs=5)


def test_ets_knows_february() -> None:
    """The same harm each day is less in a shorter month, and no fall."""
    months = pd.date_range("2023-01-01", periods=26, freq="MS")
    values = 100.0 * months.days_in_month.to_numpy() + np.random.default_rng(3).normal(0, 5, 26)
    ((history,),) = with_smoothing([[history_of(months, values)]])
    forecast = forecast_with("ets", history, 2)
    assert forecast is not None
    assert forecast.mean == pytest.approx([3100.0, 3000.0], rel=0.01)


def test_ets_intervals_cover_about_what_they_say() -> None:
    """Local-level series of two years: 80 and 95% intervals, horizons 1 to 12 together."""
    random = np.random.default_rng(11)
    inside = {0.80: [], 0.95: []}  # type: dict[float, list[float]]
    for _ in range(15):
        level = 1000 + np.cumsum(random.normal(0, 10, 36))
        values = level + random.normal(0, 25, 36)
        forecast = smooth_path(values[:24], 12)
        for share, (lower, upper) in forecast.bounds.items():
            inside[share].append(float(np.mean((lower <= values[24:]) & (values[24:] <= upper))))
    assert 0.68 <= np.mean(inside[0.80]) <= 0.92
    assert 0.87 <= np.mean(inside[0.95]) <= 1.0


def test_seasonal_naive_covers_what_it_says_on_its_own_model() -> None:
    """On a seasonal random walk the textbook interval is exact up to its estimated spread."""
    random = np.random.default_rng(12)
    steps = random.normal(0, 10, (400, 8, 12))
    walks = 1000 + np.cumsum(steps, axis=1).reshape(400, 96)
    hits = []
    for walk in walks:
        lower, upper = SeasonalNaive.fit(walk[:84]).forecast(range(12)).bounds[0.80]
        hits.append(np.mean((lower <= walk[84:]) & (walk[84:] <= upper)))
    assert np.mean(hits) == pytest.approx(0.80, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(0, 1e7, allow_subnormal=False), min_size=3, max_size=30),
    st.sampled_from(["naive", "drift", "ets"]),
)
def test_bounds_are_ordered_and_not_negative(values: list[float], model: str) -> None:
    """Any history at all: harm cannot be negative, and the 95% interval holds the 80% one."""
    months = pd.date_range("2020-01-01", periods=len(values), freq="MS")
    ((history,),) = with_smoothing([[history_of(months, np.array(values))]])
    forecast = forecast_with(model, history, 12)
    if forecast is None:
        return
    low80, high80 = forecast.bounds[0.80]
    low95, high95 = forecast.bounds[0.95]
    for smaller, larger in [
        (low95, low80),
        (low80, forecast.mean),
        (forecast.mean, high80),
        (high80, high95),
    ]:
        assert (smaller <= larger).all()
    assert (low95 >= 0).all()


def test_only_the_last_stretch_is_used() -> None:
    """A gap shifts every later month of a seasonal model: drop what lies before it and say so."""
    months = pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01", "2024-04-01", "2024-05-01", "2024-06-01"]))
    stretch = last_contiguous_stretch(months, pd.Series([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert stretch.values.tolist() == [3.0, 4.0, 5.0]
    assert "gap before 2024-04: 2 earlier months left out" in stretch.note
    with_null = last_contiguous_stretch(months, pd.Series([1.0, 2.0, 3.0, None, 5.0]))
    assert with_null.values.tolist() == [5.0]


@pytest.mark.parametrize("bad", [[1.0, -1.0], [1.0, np.inf]])
def test_impossible_harm_is_refused(bad: list[float]) -> None:
    """Negative or infinite harm is an upstream error, not a series."""
    with pytest.raises(ValueError, match="finite and not negative"):
        last_contiguous_stretch(pd.Series(pd.to_datetime(["2024-01-01", "2024-02-01"])), pd.Series(bad))
