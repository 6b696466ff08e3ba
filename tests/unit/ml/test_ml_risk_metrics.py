"""Capture, PAI, PEI and scores against numbers worked by hand; bootstrap and champion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.risk.compare import (
    choose_champion,
    difference,
    drawn_counts,
    leader_so_far,
    ratio_difference,
    resampled_means,
)
from ml.risk.history import make_history
from ml.risk.laws import law_of
from ml.risk.metrics import calibration_error, capture, flagged, poisson_deviance
from ml.risk.sizes import one_size
from ml.risk.spread import dispersion_of, floor_of, freedom_of, interval_scores, tail_of
from tests.unit.ml.risk_simulator import square

TEN = np.ones(10)


def test_capture_by_hand() -> None:
    """Two of ten cells flagged catch 6 of 10 crimes; the best two would have caught 8."""
    score = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    came = np.array([5.0, 1, 3, 0, 0, 1, 0, 0, 0, 0])
    before = np.array([6.0, 4, 5, 2, 1, 1, 1, 0, 0, 0])
    found = capture(score, came, TEN, 2.0, before)
    assert (found.caught, found.total, found.best, found.area_share) == (6.0, 10.0, 8.0, 0.2)
    assert found.hit_rate == pytest.approx(0.6)
    assert found.pai == pytest.approx(3.0)
    assert found.pei == pytest.approx(0.75)
    # (6 / 10) / (10 / 20): the flagged cells kept more than their share of what they had.
    assert found.recapture == pytest.approx(1.2)


def test_harm_capture_by_hand() -> None:
    """The same map judged on harm: one robbery weighs what a hundred shopliftings do."""
    score = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    harm = np.array([20.0, 0, 1000, 0, 0, 0, 0, 0, 0, 0])
    found = capture(score, harm, TEN, 1.0, harm)
    assert found.hit_rate == pytest.approx(20 / 1020)
    assert found.pai == pytest.approx(20 / 1020 / 0.1)
    assert found.pei == pytest.approx(0.02)


def test_ties_are_shared() -> None:
    """Three cells tie for two places: each counts two thirds, whatever their order."""
    share = flagged(np.array([1.0, 5, 1, 1, 0]), np.ones(5), 3.0)
    assert share == pytest.approx([2 / 3, 1, 2 / 3, 2 / 3, 0])


def test_cells_are_taken_by_density() -> None:
    """A large cell must not win by its size alone: 6 in 3 is less dense than 4 in 1."""
    share = flagged(np.array([6.0, 4.0, 1.0]), np.array([3.0, 1.0, 1.0]), 2.5)
    assert share == pytest.approx([0.5, 1.0, 0.0])


def test_nothing_came() -> None:
    """A window without a crime has no hit rate: NaN, not zero."""
    found = capture(TEN, np.zeros(10), TEN, 1.0, TEN)
    assert np.isnan(found.hit_rate) and np.isnan(found.pai) and np.isnan(found.pei)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=30), st.floats(0.01, 1.0), st.integers(0, 99))
def test_no_map_beats_hindsight(came: list[int], share: float, seed: int) -> None:
    """PEI above 1 or an area not used up would mean that flagging is wrong."""
    counts = np.array(came, dtype=float)
    random = np.random.default_rng(seed)
    area = random.uniform(0.5, 2.0, len(counts))
    found = capture(random.uniform(size=len(counts)), counts, area, share * area.sum(), counts)
    assert found.caught <= found.best + 1e-9
    assert float(flagged(counts, area, share * area.sum()) @ area) == pytest.approx(share * area.sum())


def test_deviance_and_calibration_by_hand() -> None:
    """2 (2 log 2 - 1) for two where one was expected, 2 for none where one was; gaps by tenths."""
    assert poisson_deviance(np.array([2.0]), np.array([1.0])) == pytest.approx(2 * (2 * np.log(2) - 1))
    assert poisson_deviance(np.array([0.0]), np.array([1.0])) == pytest.approx(2.0)
    assert poisson_deviance(np.array([1.0]), np.array([0.0])) == np.inf
    gap = calibration_error(np.array([0.0, 2, 2]), np.array([1.0, 1, 3]), groups=3)
    assert gap == pytest.approx(3 / 4)


def test_dispersion_is_recovered() -> None:
    """A wrong moment would make every interval too narrow or too wide."""
    random = np.random.default_rng(3)
    mean = random.uniform(1, 30, 20000)
    came = random.poisson(mean * random.gamma(1 / 0.2, 0.2, 20000)).astype(float)
    assert dispersion_of([(came, mean)]) == pytest.approx(0.2, rel=0.1)
    assert dispersion_of([(random.poisson(mean).astype(float), mean)]) == pytest.approx(0.0, abs=0.01)
    assert dispersion_of([]) == 0.0


def test_the_least_forecast_is_half_an_event_of_the_history() -> None:
    """Deviances of baselines hang on it: were it less, each surprise would cost them more."""
    bounds = np.array([0.0, 30.0, 60.0, 90.0])
    history = make_history(square(1), np.zeros(2, dtype=np.int64), np.array([1.0, 50.0]), bounds)
    assert floor_of(history) == pytest.approx(0.5 / 3)
    # Harm is counted in typical events: (10^2 + 30^2) / 40.
    assert floor_of(replace(history, weight=np.array([10.0, 30.0]))) == pytest.approx(25.0 * 0.5 / 3)


def test_degrees_of_freedom_by_hand() -> None:
    """Too many would call six errors knowledge; too few would widen the intervals of a whole force."""
    expected = np.full(4, 10.0)
    off, far = expected + 2, expected + 200
    assert freedom_of([(off, expected)]) == 4
    # Windows alike: no more than there are errors. One with all the error: as few as there can be.
    assert freedom_of([(off, expected)] * 3) == 12
    assert freedom_of([(expected, expected), (off, expected)]) == pytest.approx(2.0)
    # Weighted sums of 1.6 and 8: variance 20.48, and 2 x 9.6^2 / (2 x 20.48).
    assert freedom_of([(off, expected), (expected + 2 * np.sqrt(5), expected)]) == pytest.approx(4.5)
    assert freedom_of(
        [(100 * off, 100 * expected), (100 * far, 100 * expected)], unit=100.0
    ) == pytest.approx(freedom_of([(off, expected), (far, expected)]))
    assert freedom_of([(np.zeros(4), np.zeros(4))] * 2) == 8


def test_few_errors_widen_intervals_to_what_they_say() -> None:
    """The spread of six areas in three months is a guess; who takes it for truth covers too little."""
    random = np.random.default_rng(7)
    mean = np.array([10.0, 20, 30, 40, 60, 90])
    shares: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(1000):
        came = random.poisson(mean * random.gamma(10, 0.1, (4, 6))).astype(float)
        earlier = [(month, mean) for month in came[:3]]
        dispersion, freedom = dispersion_of(earlier), freedom_of(earlier)
        for is_told, known in ((True, freedom), (False, np.inf)):
            scores = interval_scores(came[3], mean, dispersion, one_size(), known)
            shares[is_told].append(scores["central_95_share"].mean())
    assert np.mean(shares[False]) < 0.937
    assert np.mean(shares[True]) == pytest.approx(0.95, abs=0.007)
    law = law_of(mean, 0.1, one_size())
    inner, outer = (law.interval(tail_of(0.95, known)) for known in (np.inf, 6.0))
    assert (outer[0] < inner[0]).all() and (outer[1] > inner[1]).all()


def test_central_share_is_exact_where_coverage_cannot_be() -> None:
    """With a mean of 0.2 an interval of whole numbers covers too much; the central share does not."""
    came = np.random.default_rng(4).poisson(0.2, 100_000).astype(float)
    mean = np.full(len(came), 0.2)
    scores = {name: held.mean() for name, held in interval_scores(came, mean, 0.0, one_size()).items()}
    # 0 alone is in the interval, and is 82% of the outcomes; 0 and 1 would be 98%.
    assert scores["coverage_80_share"] == pytest.approx(np.exp(-0.2), abs=0.005)
    assert scores["coverage_95_share"] == pytest.approx(1.2 * np.exp(-0.2), abs=0.005)
    assert scores["central_80_share"] == pytest.approx(0.8, abs=0.005)
    assert scores["central_95_share"] == pytest.approx(0.95, abs=0.005)


def test_paired_intervals_by_hand() -> None:
    """A constant gap has no spread; a pooled share is of sums, not a mean of shares."""
    ours, theirs = np.array([3.0, 5.0, 4.0]), np.array([2.0, 4.0, 3.0])
    gap = difference(ours, theirs)
    assert (gap.value, gap.lower, gap.upper) == pytest.approx((1.0, 1.0, 1.0))
    assert gap.is_clear
    pooled = ratio_difference(ours, theirs, np.array([10.0, 10.0, 10.0]))
    assert pooled.value == pytest.approx(0.1)


def test_intervals_of_origins_are_of_the_level_that_they_say() -> None:
    """An interval of 90% that is called one of 95% makes every second challenger a champion."""
    figures = np.random.default_rng(5).normal(size=(400, 1))
    standard_error = figures.std() / 20
    for confidence, width in ((0.95, 1.96), (0.80, 1.2816)):
        lower, upper = resampled_means(figures, confidence=confidence)
        assert (upper - lower)[0] == pytest.approx(2 * width * standard_error, rel=0.06)


def test_overlapping_windows_widen_the_interval() -> None:
    """Windows that share events are not separate evidence: blocks must not narrow the interval."""
    walk = np.repeat(np.random.default_rng(5).normal(size=20), 4)
    single = difference(walk, np.zeros(80))
    block = difference(walk, np.zeros(80), block=4)
    assert block.upper - block.lower > 1.5 * (single.upper - single.lower)


def test_no_stretch_crosses_a_gap_between_periods() -> None:
    """A month of 2020 beside one of 2024 is no stretch: each period keeps its origins, in runs of its own."""
    drawn = drawn_counts(7, block=2, periods=(4, 3))
    assert (drawn[:, :4].sum(axis=1) == 4).all() and (drawn[:, 4:].sum(axis=1) == 3).all()
    # Four origins of a period are two stretches of neighbours, its last and first among them.
    stretches = [np.roll([1, 1, 0, 0], i) for i in range(4)]
    assert {tuple(row) for row in drawn[:, :4]} == {tuple(a + b) for a in stretches for b in stretches}
    # Two periods, each of one figure: drawn apart, the mean has no spread.
    steady = difference(np.repeat([1.0, 5.0], [4, 3]), np.zeros(7), periods=(4, 3))
    assert (steady.lower, steady.upper) == pytest.approx((steady.value, steady.value))
    with pytest.raises(ValueError, match="periods hold 6 origins of 7"):
        drawn_counts(7, periods=(4, 2))


def test_champion_must_clearly_beat_every_baseline() -> None:
    """A challenger that loses, or wins by luck, must not be published as the better one."""
    random = np.random.default_rng(6)
    base = random.normal(10, 1, 30)
    frame = pd.DataFrame({"naive": base + 2, "mean": base, "model": base - 0.5 + random.normal(0, 0.1, 30)})
    champion, reason = choose_champion(frame, ["naive", "mean"], is_lower_better=True)
    assert champion == "model" and "better than every baseline" in reason
    champion, reason = choose_champion(frame, ["naive", "mean"], is_lower_better=False)
    assert champion == "naive" and "model loses to naive" in reason
    noisy = frame.assign(model=base - 0.01 + random.normal(0, 1, 30))
    noisy["model"] += base.mean() - 0.01 - noisy["model"].mean()
    champion, reason = choose_champion(noisy, ["naive", "mean"], is_lower_better=True)
    assert champion == "mean" and "not clearly better" in reason
    with pytest.raises(ValueError, match="every model at every origin"):
        choose_champion(frame.mask(frame > 11), ["naive"], is_lower_better=True)


def test_leader_knows_only_windows_that_are_over() -> None:
    """A choice made with a window still open would be hindsight sold as a rule."""
    frame = pd.DataFrame(
        {
            "model": ["plain", "clever"] * 3,
            "end_day": [10.0, 10.0, 20.0, 20.0, 30.0, 30.0],
            "caught": [3.0, 2.0, 1.0, 4.0, 0.0, 0.0],
        }
    )
    leaders = leader_so_far(frame, ["plain", "clever"], [5.0, 10.0, 19.0, 20.0, 35.0])
    assert leaders == ["plain", "plain", "plain", "clever", "clever"]
