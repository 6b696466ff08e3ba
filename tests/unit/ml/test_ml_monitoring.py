"""Planted drift is seen in the month in which it begins, and steady months raise nothing."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.common.contracts_monitoring import ML_DRIFT
from ml.common.schema import conform
from ml.monitoring import MEASURES, monitor
from ml.monitoring.reference import stability_index
from tests.unit.ml.planted_calls import BROKEN, MONTHS, incidents


def _counts(change: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two years of a force, steady but for a change from the 21st month on."""
    generator = np.random.default_rng(7)
    means = {"Robbery": 60.0, "Burglary": 200.0, "Drugs": 140.0, "Shoplifting": 300.0}
    rows, totals = [], []
    for month in MONTHS:
        is_late = month >= BROKEN
        month_total = 0
        for kind, mean in means.items():
            factor = {"mix": {"Drugs": 4.0, "Shoplifting": 0.2}.get(kind, 1.0), "volume": 1.8}.get(
                change, 1.0
            )
            count = int(generator.poisson(mean * (factor if is_late else 1.0)))
            rows.append(("kent", month, kind, count))
            month_total += count
        lost = 0.3 if change == "unlocated" and is_late else 0.04
        totals.append(("kent", month, month_total, int(month_total * lost)))
    counts = pd.DataFrame(rows, columns=["force_slug", "crime_month", "crime_type", "crime_count"])
    names = ["force_slug", "crime_month", "crime_count", "unlocated_count"]
    return counts, pd.DataFrame(totals, columns=names)


def _errors(change: str = "") -> pd.DataFrame:
    generator = np.random.default_rng(8)
    rows = []
    for month in MONTHS:
        for series in range(6):
            error = generator.normal(0, 10) * (4 if change == "error" and month >= BROKEN else 1)
            rows.append((f"s{series}", month, 200 + error, 200.0, 187.2, 212.8))
    names = ["series", "forecast_month", "actual", "predicted", "lower_80", "upper_80"]
    return pd.DataFrame(rows, columns=names)


def _predicted(change: str = "") -> pd.DataFrame:
    recent = np.linspace(2, 60, 40)
    expected = recent[::-1] if change == "prediction" else recent * 1.02
    return pd.DataFrame(
        {
            "forecast_month": pd.Timestamp("2026-01-01"),
            "lsoa_code": [f"E{number:08d}" for number in range(40)],
            "expected_crime_count": expected,
            "recent_crime_count": recent,
        }
    )


def _calls(change: str = "") -> pd.DataFrame:
    area = np.where((MONTHS >= BROKEN) & (change == "calls"), 0.6, 0.9)
    error = np.where((MONTHS >= BROKEN) & (change == "promises"), 0.2, 0.03)
    figures = {"roc_auc": area, "expected_calibration_error": error, "calibration_floor_upper": 0.04}
    return pd.DataFrame({"agency": "somewhere", "month": MONTHS, "call_count": 300, **figures})


def _found(change: str = "") -> pd.DataFrame:
    return monitor(*_counts(change), _predicted(change), _errors(change), _calls(change), incidents(change))


def test_steady_months_raise_no_alarm() -> None:
    """Alarms at nothing would be switched off by the second month."""
    found = _found()
    assert set(found["measure"]) == set(MEASURES)
    assert not (found["status"] == "alarm").any() and not found["is_retrain_requested"].any()
    assert conform(found, ML_DRIFT)["value"].notna().all()


@pytest.mark.parametrize(
    ("change", "measure"),
    [
        ("mix", "crime_mix_stability_index"),
        ("volume", "volume_deviation"),
        ("unlocated", "unlocated_share_change"),
        ("prediction", "prediction_stability_index"),
        ("error", "error_ratio"),
        ("error", "interval_miss_share"),
        ("calls", "call_auc_drop"),
        ("promises", "call_calibration_excess"),
        ("call type", "call_type_mix_excess"),
        ("call wording", "call_type_unseen_excess"),
        ("call hour", "call_hour_mix_excess"),
        ("call place", "call_place_mix_excess"),
        ("new place", "call_place_unseen_excess"),
        ("address", "call_address_mix_excess"),
        ("officer", "call_officer_mix_excess"),
        ("priority", "call_priority_mix_excess"),
    ],
)
def test_planted_drift_alarms_when_it_begins(change: str, measure: str) -> None:
    """Drift that is seen months later has been published for months."""
    found = _found(change)
    alarms = found[(found["measure"] == measure) & (found["status"] == "alarm")]
    assert len(alarms)
    if change != "prediction":
        assert alarms["month"].min() == BROKEN
    others = found[(found["month"] < BROKEN) & (found["status"] == "alarm")]
    assert not len(others)


def test_new_training_is_asked_for_by_errors_and_predictions_alone() -> None:
    """What was recorded otherwise is no fault of a model; to train on it would hide it."""
    assert not any(_found(change)["is_retrain_requested"].any() for change in ("volume", "call wording"))
    assert all(_found(change)["is_retrain_requested"].any() for change in ("prediction", "calls", "promises"))


def test_a_month_is_held_against_older_ones_only() -> None:
    """A reference that holds the month itself, or later ones, would not see it drift."""
    counts, unlocated = _counts()
    base = monitor(counts, unlocated, _predicted(), _errors(), _calls(), incidents())
    later = counts.assign(crime_count=counts["crime_count"].where(counts["crime_month"] < MONTHS[-1], 9_999))
    changed = monitor(later, unlocated, _predicted(), _errors(), _calls(), incidents())
    before = (base["month"] < MONTHS[-1]).to_numpy()
    assert base[before].equals(changed[before])


def test_a_month_of_few_calls_alarms_nobody() -> None:
    """The newest month, of which a week is held, would ask for new training each time."""
    few = _calls("calls").assign(call_count=np.where(MONTHS >= BROKEN, 20, 300))
    found = monitor(*_counts(), _predicted(), _errors(), few, incidents())
    assert found.loc[found["measure"] == "call_auc_drop", "month"].max() < BROKEN


def test_nothing_is_judged_without_history() -> None:
    """A first month has nothing to drift from."""
    counts, unlocated = _counts()
    first = counts[counts["crime_month"] == MONTHS[0]]
    found = monitor(first, unlocated[:1], _predicted()[:0], _errors()[:0], _calls()[:0], incidents()[:0])
    assert not len(found)
    assert not len(conform(found, ML_DRIFT))


def test_every_measure_is_explained() -> None:
    """The contract sends readers of an alarm to a page, which must say what it measures and the limits."""
    page = (Path(__file__).parents[3] / "docs" / "methods" / "drift.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| .*? \| ([\d.]+ \| [\d.]+) \|", page, re.MULTILINE))
    assert rows == {name: f"{limit.warning:g} | {limit.alarm:g}" for name, limit in MEASURES.items()}


@given(st.lists(st.integers(0, 500), min_size=2, max_size=8), st.floats(0.5, 20))
def test_the_index_is_zero_for_the_same_mix_and_never_negative(counts: list[int], factor: float) -> None:
    """A larger month of the same mix has not drifted."""
    old = np.array(counts, dtype=float)
    if old.sum() == 0:
        assert np.isnan(stability_index(old, old))
        return
    assert stability_index(old * factor, old) == pytest.approx(0, abs=1e-12)
    assert stability_index(old, old[::-1]) >= 0
