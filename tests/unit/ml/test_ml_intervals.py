"""Intervals against published values and another library."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.common.draws import fewest_draws
from ml.common.intervals import (
    exact_share_interval,
    garwood_interval,
    percentile_interval,
    rate_ratio_interval,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("success", "trials", "lower", "upper"),
    [(5, 10, 0.2366, 0.7634), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_known_values(success: int, trials: int, lower: float, upper: float) -> None:
    """The last case is Newcombe's (1998) example; a wrong term would move the third digit."""
    low, high = wilson_interval(success, trials)
    assert float(low) == pytest.approx(lower, abs=5e-5)
    assert float(high) == pytest.approx(upper, abs=5e-5)


def test_exact_share_known_values() -> None:
    """Clopper and Pearson's bounds of 0, 5 and 10 in 10 stand in every table; broken trials lie between."""
    assert exact_share_interval(0.5, 10) == pytest.approx((0.1871, 0.8129), abs=5e-5)
    assert exact_share_interval(0.0, 10) == pytest.approx((0.0, 0.3085), abs=5e-5)
    assert exact_share_interval(1.0, 10) == pytest.approx((0.6915, 1.0), abs=5e-5)
    assert 0.1871 < exact_share_interval(0.5, 10.5)[0] < exact_share_interval(0.5, 11)[0]
    assert np.isnan(exact_share_interval(0.5, 0)).all() and np.isnan(exact_share_interval(np.nan, 5)).all()


def test_wilson_of_nothing_is_undefined() -> None:
    """0/0 must not be published as a share between 0 and 1."""
    low, high = wilson_interval([0, 1], [0, 2])
    assert np.isnan(low[0]) and np.isnan(high[0]) and not np.isnan(low[1])


def test_bounds_of_none_and_of_all_are_exact() -> None:
    """By rounding, the bound of none in seven lies above none, which the table's contract would refuse."""
    trials = np.arange(1, 200)
    assert (wilson_interval(0 * trials, trials)[0] == 0).all()
    assert (wilson_interval(trials, trials)[1] == 1).all()


def test_a_count_that_is_not_known_has_no_bounds() -> None:
    """A lower bound of 0 would be told of it."""
    assert np.isnan(garwood_interval(np.nan)).all()


def test_wilson_refuses_more_successes_than_trials() -> None:
    """Swapped arguments would otherwise give a plausible NaN."""
    with pytest.raises(ValueError, match="more successes than trials"):
        wilson_interval(3, 2)


@pytest.mark.parametrize(
    ("count", "lower", "upper"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)]
)
def test_garwood_known_values(count: int, lower: float, upper: float) -> None:
    """The tabled exact limits of a Poisson mean."""
    low, high = garwood_interval(count)
    assert float(low) == pytest.approx(lower, abs=5e-5)
    assert float(high) == pytest.approx(upper, abs=5e-5)


def test_rate_ratio_matches_clopper_pearson() -> None:
    """The conditional interval is Clopper-Pearson's on another scale: check with statsmodels'."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(30, 80, alpha=0.05, method="beta")
    got = rate_ratio_interval(30, 1000.0, 50, 4000.0)
    assert float(got[0]) == pytest.approx(low / (1 - low) * 4)
    assert float(got[1]) == pytest.approx(high / (1 - high) * 4)


@pytest.mark.parametrize(("reference", "residents"), [(0, 100.0), (5, 0.0), (np.nan, 100.0)])
def test_rate_ratio_against_nothing_is_undefined(reference: float, residents: float) -> None:
    """A ratio to no events or of no residents is not infinite: it is unknown."""
    low, high = rate_ratio_interval(5, residents, reference, 100.0)
    assert np.isnan(low) and np.isnan(high)
    assert np.isnan(rate_ratio_interval(5, 100.0, 5, 0.0)).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 500), st.integers(1, 500), st.floats(1, 1e6), st.floats(1, 1e6))
def test_rate_ratio_interval_holds_its_ratio(a: int, c: int, n1: float, n0: float) -> None:
    """An interval that misses its own estimate would break the table's contract."""
    low, high = rate_ratio_interval(a, n1, c, n0)
    ratio = a / c * n0 / n1
    assert low <= ratio <= high


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_share_and_count_intervals_hold_their_estimates(success: int, failure: int) -> None:
    """Same for Wilson and Garwood, up to counts as large as a force's."""
    trials = success + failure
    low, high = garwood_interval(success)
    assert low <= success <= high
    if trials:
        low, high = wilson_interval(success, trials)
        assert 0 <= low <= success / trials <= high <= 1


def test_rate_ratio_covers_at_least_what_it_says() -> None:
    """Exact means at least 95%: simulate small counts, where approximations fail first."""
    random = np.random.default_rng(7)
    a, c = random.poisson(6, 4000), random.poisson(9, 4000)
    low, high = rate_ratio_interval(a, 100.0, c, 300.0)
    is_defined = ~np.isnan(low)
    true_ratio = (6 / 100) / (9 / 300)
    inside = (low <= true_ratio) & (true_ratio <= high)
    assert inside[is_defined].mean() >= 0.95


def test_percentile_interval_is_the_middle_of_what_is_defined() -> None:
    """A resample of 0/0 taken for a figure would move both bounds; of none, nothing is known."""
    draws = np.r_[np.nan, np.arange(1001.0), np.nan]
    assert percentile_interval(draws) == pytest.approx((25.0, 975.0))
    assert percentile_interval(draws, confidence=0.8) == pytest.approx((100.0, 900.0))
    assert np.isnan(percentile_interval([np.nan, np.nan])).all()
    assert np.isnan(percentile_interval([])).all()


@pytest.mark.parametrize(("confidence", "fewest"), [(0.5, 3), (0.8, 9), (0.9, 19), (0.95, 39), (0.99, 199)])
def test_a_percentile_interval_needs_draws_beyond_its_bounds(confidence: float, fewest: int) -> None:
    """One figure would be an interval of no width, and of a few the ends are taken for 2.5%."""
    assert fewest_draws(confidence) == fewest
    enough = np.r_[np.arange(float(fewest)), np.nan]
    lower, upper = percentile_interval(enough, confidence)
    assert 0 <= lower < upper <= fewest - 1
    assert np.isnan(percentile_interval(enough[1:], confidence)).all()


@pytest.mark.parametrize("draw", [np.inf, -np.inf])
def test_an_infinite_draw_is_refused(draw: float) -> None:
    """Between a figure and an infinite one lies NaN: the bound would be lost, and nobody told why."""
    with pytest.raises(ValueError, match="a draw is infinite"):
        percentile_interval(np.r_[np.arange(100.0), draw])
