"""Recalibration by month and the floor of the calibration error, against known truths."""

from __future__ import annotations

import numpy as np
import pytest

from ml.priority.metrics import calibration_floor, expected_calibration_error
from ml.priority.recalibrate import recalibrated_by_month


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
