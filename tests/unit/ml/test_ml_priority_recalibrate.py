"""Recalibration by month and the floor of the calibration error, against known truths."""

from __future__ import annotations

import numpy as np
import pytest

from ml.priority.calibrate import calibrate, calibrated
from ml.priority.metrics import calibration_floor, expected_calibration_error
from ml.priority.recalibrate import _learned, recalibrated_by_month


def drifted(classes: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Forecasts of twelve months, what they should have been, outcomes, and months in no order."""
    random = np.random.default_rng(seed)
    logs = random.normal(0, 1.5, (6000, classes))
    shift = np.zeros(classes)
    shift[0] = 0.5
    said, true = (np.exp(part) / np.exp(part).sum(axis=1, keepdims=True) for part in (logs, logs + shift))
    target = (random.random(6000)[:, None] > true.cumsum(axis=1)).sum(axis=1)
    return said, true, target, random.integers(1, 13, 6000)


@pytest.mark.parametrize("classes", [2, 6])
def test_a_level_that_moved_is_followed(classes: int) -> None:
    """A recalibration that moves the wrong way, or the wrong class, would make forecasts worse."""
    said, true, target, month = drifted(classes)
    moved = recalibrated_by_month(said, target, month)
    assert moved.sum(axis=1) == pytest.approx(np.ones(6000))
    is_late = month > 6
    before, after = (np.abs(part - true)[is_late].mean() for part in (said, moved))
    assert after < before / 3


@pytest.mark.parametrize("classes", [2, 6])
def test_no_month_knows_its_own_outcomes_or_later_ones(classes: int) -> None:
    """Outcomes that leak into their own forecasts would be called calibration."""
    said, _, target, month = drifted(classes)
    moved = recalibrated_by_month(said, target, month)
    assert (moved[month == 1] == said[month == 1]).all()
    spoilt = np.where(month >= 5, (target + 1) % classes, target)
    again = recalibrated_by_month(said, spoilt, month)
    assert (again[month <= 5] == moved[month <= 5]).all()
    assert (again[month == 6] != moved[month == 6]).any()


def test_offsets_and_factor_are_where_calls_and_prior_balance() -> None:
    """A wider or a narrower prior would follow the noise of a month, or stand still for years."""
    # Half a chance each, and 60 of 100 came: 60 less 100 p is what an offset of spread 0.2 weighs against.
    even = np.full((100, 2), np.log(0.5))
    offsets, factor = _learned(even, np.repeat([0, 1], [60, 40]))
    came = 1 / (1 + np.exp(offsets[1] - offsets[0]))
    assert 60 - 100 * came == pytest.approx(offsets[0] / 0.2**2, abs=0.01)
    assert offsets[0] == pytest.approx(-offsets[1], abs=1e-4) and 0 < offsets[0] < 0.2
    assert factor == pytest.approx(1, abs=1e-4)
    # Four to one was said of either class, and two to one came: only how sure the model is must change.
    said = np.log(np.repeat([[0.8, 0.2], [0.2, 0.8]], 150, axis=0))
    offsets, factor = _learned(said, np.repeat([0, 1, 1, 0], [100, 50, 100, 50]))
    assert offsets == pytest.approx([0, 0], abs=1e-4) and factor < 0.9
    right = 1 / (1 + 4**-factor)
    slope = 300 * factor * np.log(4) * (2 / 3 - right)
    assert slope == pytest.approx(np.log(factor) / 0.1**2, abs=0.05)


def test_the_second_month_has_learned_and_what_cannot_be_stays_unlikely() -> None:
    """A month lost at the start is one of four in a season; a floor of a hundredth would be a chance."""
    said, _, target, month = drifted(2)
    moved = recalibrated_by_month(said, target, month)
    assert (moved[month == 2] != said[month == 2]).any()
    sure = np.array([[1.0, 0.0]] * 4)
    assert recalibrated_by_month(sure, np.zeros(4, dtype=int), [1, 1, 2, 2])[2:, 1].max() < 1e-5


@pytest.mark.parametrize("sureness", [0.5, 2.0])
def test_the_temperature_makes_levels_less_or_more_sure(sureness: float) -> None:
    """A model of levels may be too careful as well as too sure."""
    random = np.random.default_rng(6)
    kept = random.dirichlet(np.ones(4), 6_000)
    target = (random.random((6_000, 1)) > kept.cumsum(axis=1)).sum(axis=1)
    scores = sureness * np.log(kept)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    calibrator = calibrate(scores, target, True)
    assert calibrator.factor == pytest.approx(1 / sureness, rel=0.05)
    assert np.abs(calibrated(calibrator, scores, 4) - kept).mean() < 0.01


def test_months_of_two_years_are_told_apart_and_two_classes_keep_their_order() -> None:
    """January of the second year must know the first; the order of calls is the model's."""
    said, _, target, month = drifted(2)
    dates = np.datetime64("2024-06") + (month - 1)
    moved = recalibrated_by_month(said, target, dates)
    assert (moved == recalibrated_by_month(said, target, month)).all()
    now = dates == np.datetime64("2025-02")
    assert (np.argsort(moved[now, 1]) == np.argsort(said[now, 1])).all()


def test_kept_forecasts_are_hardly_moved() -> None:
    """Chasing the noise of a few calls would cost more than a move of the level does."""
    _, true, target, month = drifted(2)
    moved = recalibrated_by_month(true, target, month)
    assert np.abs(moved - true).max() < 0.04


def test_calibration_floor_is_what_kept_forecasts_have() -> None:
    """A floor of zero would call chance an error of the model; one too high would hide an error."""
    random = np.random.default_rng(3)
    promised = random.uniform(0, 1, 400)
    came = random.random((300, 400)) < promised
    errors = [
        expected_calibration_error(one.astype(np.int64), promised, np.ones((1, 400)))[0] for one in came
    ]
    mean, upper = calibration_floor(promised)
    assert mean == pytest.approx(np.mean(errors), abs=0.002)
    assert upper == pytest.approx(np.quantile(errors, 0.95), abs=0.006)
    assert calibration_floor(np.tile(promised, 16))[0] == pytest.approx(mean / 4, rel=0.1)
    assert calibration_floor(np.array([0.0, 1.0])) == (0.0, 0.0)
    assert np.isnan(calibration_floor(np.array([]))).all()
