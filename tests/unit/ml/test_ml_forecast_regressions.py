"""ARIMA and the count regression: orders, paths and spreads by hand, and order found in what comes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma, t

from ml.forecast.arima import Arima
from ml.forecast.regression import CountRegression


def spreads(state: Arima, months: int) -> np.ndarray:
    """Standard deviations of the errors ahead."""
    forecast = state.forecast(range(months))
    return np.asarray((forecast.bounds[0.95][1] - forecast.mean) / t.ppf(0.975, state.degrees))


def test_differences_that_follow_each_other_by_hand() -> None:
    """What an error leaves behind in later months adds up, or far months would look as sure as the next."""
    state = Arima(0.0, np.array([0.5]), np.array([4.0]), np.array([10.0]), 9.0, 8)
    assert state.label == "ARIMA(1,1,0)"
    assert state.forecast(range(3)).mean == pytest.approx([12.0, 13.0, 13.5])
    assert spreads(state, 3) == pytest.approx(3 * np.sqrt(np.cumsum(np.square([1, 1.5, 1.75]))))


def test_a_season_carries_its_errors_on_by_hand() -> None:
    """An error of this month comes again a season later, on top of what follows it meanwhile."""
    state = Arima(1.0, np.array([0.5, 0.2]), np.array([2.0, 4.0]), np.array([10.0, 20.0]), 9.0, 8)
    # Differences less their mean: 0.5 * 4 + 0.2 * 2, then 0.5 * 2.4 + 0.2 * 4, and so on.
    ahead = 1 + np.array([2.4, 2.0, 1.48])
    assert state.forecast(range(3)).mean == pytest.approx(
        [10 + ahead[0], 20 + ahead[1], 10 + ahead[0] + ahead[2]]
    )
    assert spreads(state, 3) == pytest.approx(3 * np.sqrt(np.cumsum(np.square([1, 0.5, 0.45 + 1]))))


@pytest.mark.parametrize(("lags", "order"), [((), 0), ((0.8,), 1), ((0.2, -0.7), 2), ((0.0, 0.0, 0.8), 3)])
def test_the_order_is_that_of_what_comes(lags: tuple[float, ...], order: int) -> None:
    """Too low an order misses what is there, and without AICc's penalty the highest would always be taken."""
    random = np.random.default_rng(2)
    differences = list(random.normal(0, 10, 3))
    for _ in range(400):
        differences.append(
            sum(a * b for a, b in zip(lags, differences[::-1], strict=False)) + random.normal(0, 10)
        )
    # Yearly differences: twelve series that each add up every twelfth of them.
    values = np.array([1000.0] * 12 + differences)
    for month in range(12, len(values)):
        values[month] += values[month - 12]
    fitted = Arima.fit(values)
    assert fitted is not None and len(fitted.lags) == order
    assert fitted.lags == pytest.approx(lags, abs=0.1)


def test_spread_of_the_regression_by_hand() -> None:
    """Harm comes in lumps, and coefficients are not known: intervals of counts alone would hold far less."""
    covariance = np.zeros((4, 4))
    covariance[0, 0] = 0.01
    state = CountRegression(np.array([np.log(10.0), 0, 0, 0]), covariance, 3.0, 1, 40, False)
    forecast = state.forecast(pd.DatetimeIndex(["2025-01-01"]))
    mean, variance = 310.0, 3 * 310 + 0.01 * 310**2
    assert forecast.mean == pytest.approx([mean])
    for level, (lower, upper) in forecast.bounds.items():
        law = gamma(mean**2 / variance, scale=variance / mean)
        assert (lower[0], upper[0]) == pytest.approx((law.ppf(0.5 - level / 2), law.ppf(0.5 + level / 2)))


def test_a_trend_fades() -> None:
    """A straight line on the log scale doubles a series that rose for two years."""
    months = pd.date_range("2021-01-01", periods=60, freq="MS")
    days = months.days_in_month.to_numpy(dtype=float)
    fitted = CountRegression.fit(10 * days[:48] * np.exp(0.03 * np.arange(48)), months[:48])
    assert fitted is not None
    rate = fitted.forecast(months[48:]).mean / days[48:]
    faded = 47 + np.cumsum(0.9 ** np.arange(1, 13))
    assert rate == pytest.approx(10 * np.exp(0.03 * faded), rel=1e-6)
