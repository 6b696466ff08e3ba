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
from ml.monitoring import MEASURES, RetrainRequest, monitor
from ml.monitoring.errors import forecast_errors, risk_errors
from ml.monitoring.issued import with_issued
from ml.monitoring.reference import stability_index
from tests.unit.ml.planted_calls import BROKEN, MONTHS, incidents
from tests.unit.ml.planted_watch import calls, counts, forecasts, no_frames, predicted, risk, watched

_OF_THREE_MONTHS = ("forecast_count_series_error_ratio", "forecast_harm_series_error_ratio")
_MAP, _EXPECTED = ("forecast_month", "lsoa_code"), ("expected_crime_count", "expected_harm_days")
#: Most of the values that steady errors may push past the alarm limit.
_STATED = {
    "forecast_count_error_ratio": 0.005,
    "forecast_count_series_error_ratio": 0.01,
    "forecast_count_miss_share": 0.005,
    "risk_count_deviance_ratio": 0.005,
    "risk_harm_error_ratio": 0.0,
    "risk_count_bias": 0.0,
    "risk_harm_bias": 0.0,
}


def test_steady_months_raise_no_alarm() -> None:
    """Alarms at nothing would be switched off by the second month."""
    watch = watched()
    found = watch.table
    assert set(found["measure"]) == set(MEASURES)
    assert not (found["status"] == "alarm").any() and not found["is_retrain_requested"].any()
    assert (watch.alarms, watch.request) == ((), RetrainRequest("", ()))
    assert conform(found, ML_DRIFT)["value"].notna().all()


@pytest.mark.parametrize(
    ("change", "measure"),
    [
        ("mix", "crime_mix_stability_index"),
        ("volume", "volume_deviation"),
        ("unlocated", "unlocated_share_change"),
        ("prediction", "prediction_stability_index"),
        ("harm volume", "harm_volume_deviation"),
        ("harm prediction", "harm_prediction_stability_index"),
        ("count error", "forecast_count_error_ratio"),
        ("count error", "forecast_count_series_error_ratio"),
        ("count error", "forecast_count_miss_share"),
        ("harm error", "forecast_harm_error_ratio"),
        ("harm error", "forecast_harm_series_error_ratio"),
        ("harm error", "forecast_harm_miss_share"),
        ("risk count", "risk_count_deviance_ratio"),
        ("risk count", "risk_count_bias"),
        ("risk harm", "risk_harm_error_ratio"),
        ("risk harm", "risk_harm_bias"),
        ("risk harm gone", "risk_harm_bias"),
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
    found = watched(change).table
    alarms = found[(found["measure"] == measure) & (found["status"] == "alarm")]
    assert len(alarms)
    if measure in _OF_THREE_MONTHS:
        assert BROKEN <= alarms["month"].min() <= BROKEN + pd.DateOffset(months=2)
    elif "prediction" not in change:
        assert alarms["month"].min() == BROKEN
    others = found[(found["month"] < BROKEN) & (found["status"] == "alarm")]
    assert not len(others)


def test_new_training_is_asked_for_by_errors_and_predictions_alone() -> None:
    """What was recorded otherwise is no fault of a model; to train on it would hide it."""
    assert not any(watched(change).request.is_requested for change in ("volume", "call wording"))
    asking = ("prediction", "count error", "harm error", "risk count", "risk harm", "calls", "promises")
    assert all(watched(change).request.is_requested for change in asking)


@pytest.mark.parametrize(
    ("before", "records", "harm"), [([100, 100], 3.0, 1.5), ([60, 140], 30 / np.sqrt(19_200 / 11), 1.5)]
)
def test_deviations_by_hand(before: list[int], records: float, harm: float) -> None:
    """Months that hardly differ make every month drift; harm comes in lumps, and varies more than records."""
    months = pd.date_range("2024-01-01", periods=13, freq="MS")
    count = np.array(before * 6 + [130], dtype=float)
    rows = pd.DataFrame(
        {"force_slug": "a", "crime_month": months, "crime_type": "Theft", "crime_count": count}
    )
    # Of 100 offences a month one in four weighs, and 40 days: 1,000 days, with 40,000 for their squares.
    rows = rows.assign(harm_days=[1_000.0] * 12 + [1_300.0], squared_harm_days=40_000.0)
    table = monitor(rows, *no_frames()[1:], calls()[:0], incidents()[:0]).table
    newest = table[table["month"] == months[-1]].set_index("measure")["value"]
    assert newest["volume_deviation"] == pytest.approx(records)
    assert newest["harm_volume_deviation"] == pytest.approx(harm)


def test_what_is_usual_of_places_and_calibration_by_hand() -> None:
    """A force that never locates a tenth has not drifted; nor has a model whose error chance alone makes."""
    months = pd.date_range("2024-01-01", periods=13, freq="MS")
    lost = pd.DataFrame(
        {"force_slug": "a", "crime_month": months, "crime_count": 200, "unlocated_count": [20] * 12 + [60]}
    )
    of_calls = (
        calls().tail(2).assign(expected_calibration_error=[0.05, 0.03], calibration_floor_upper=[0.04, 0.04])
    )
    counted, _, *others = no_frames()
    table = monitor(counted, lost, *others, of_calls, incidents()[:0]).table.set_index("measure")["value"]
    assert table["unlocated_share_change"].iloc[-1] == pytest.approx(0.2)
    assert table["call_calibration_excess"].tolist() == pytest.approx([0.01, 0.0])


def test_counts_and_harm_do_not_hide_each_other() -> None:
    """Harm that drifts alone would be told as records, or not at all."""
    for change, amount, other in (("count error", "count", "harm"), ("risk harm", "harm", "count")):
        table = watched(change).table
        alarms = set(table.loc[table["status"] == "alarm", "measure"])
        assert any(f"_{amount}_" in measure for measure in alarms)
        assert not any(f"_{other}_" in measure for measure in alarms)


def test_a_request_keeps_its_id_until_something_else_asks() -> None:
    """An id that changes by itself would have models trained at every look."""
    first, again, other = (watched(change).request for change in ("calls", "calls", "risk harm"))
    assert first == again and first.request_id != other.request_id
    assert any(reason.startswith("call_auc_drop of somewhere, 2025-12") for reason in first.reasons)


def test_a_map_that_was_issued_is_judged_in_place_of_the_one_made_anew() -> None:
    """The map that is made anew is right: that half as much was published would never be heard of."""
    frames = {"count_forecasts": forecasts(), "harm_forecasts": forecasts(), "risk": risk()}
    newest = frames["risk"].loc[frames["risk"]["forecast_month"] == MONTHS[-1], [*_MAP, *_EXPECTED]]
    half = newest.assign(**{name: newest[name] / 2 for name in _EXPECTED})
    nothing = dict.fromkeys(("count_forecasts", "harm_forecasts"), pd.DataFrame())
    held, unlocated = counts()
    errors = with_issued(frames, nothing | {"risk": half}).values()
    empty = (calls()[:0], incidents()[:0])
    watch = monitor(held, unlocated, predicted(), *errors, *empty)
    alarms = watch.table[watch.table["status"] == "alarm"]
    assert {"risk_count_bias", "risk_harm_bias"} <= set(alarms["measure"])
    assert set(alarms["month"]) == {MONTHS[-1]} and set(alarms["source"]) == {"issued"}
    assert set(watch.table.loc[watch.table["measure"].str.startswith("forecast_"), "source"]) == {"backtest"}


def test_one_area_where_nothing_was_expected_hides_no_later_month() -> None:
    """An infinite deviance in the reference would make every later ratio nothing."""
    frame = risk("risk count")
    first = frame["forecast_month"] == MONTHS[0]
    frame.loc[frame.index[first][0], ["expected_crime_count", "recorded_crime_count"]] = [0.0, 1]
    found = pd.DataFrame(risk_errors(frame), columns=list("msovab"))
    assert np.isfinite(found["v"]).all()


def test_steady_errors_alarm_as_rarely_as_is_said() -> None:
    """docs/methods/drift.md states how often; an alarm that is given for nothing is switched off."""
    alarms = dict.fromkeys(_STATED, 0)
    values = dict.fromkeys(_STATED, 0)
    for seed in range(25):
        rows = [*forecast_errors("count", forecasts(seed=seed)), *risk_errors(risk(seed=seed))]
        for measure, _, _, value, *_ in rows:
            alarms[measure] += value >= MEASURES[measure].alarm
            values[measure] += 1
    shares = {measure: alarms[measure] / values[measure] for measure in _STATED}
    assert all(shares[measure] <= most for measure, most in _STATED.items()), shares


@pytest.mark.parametrize(("years", "is_alarm"), [(0, True), (2, False)])
def test_a_force_that_is_gone_does_not_alarm_for_good(years: int, is_alarm: bool) -> None:
    """Its last month is the newest it will ever have: an alarm by it could only be ended by deleting it."""
    ago = pd.DateOffset(years=years)
    records, errors = counts("volume")[0], forecasts(is_broken=True).query("series == 'kent'")
    records = records[records["crime_month"] <= BROKEN].assign(force_slug="gone")
    errors = errors[errors["forecast_month"] <= MONTHS[22]].assign(series="gone")
    watch = monitor(
        pd.concat([counts()[0], records.assign(crime_month=records["crime_month"] - ago)]),
        counts()[1],
        predicted(),
        pd.concat([forecasts(), errors.assign(forecast_month=errors["forecast_month"] - ago)]),
        forecasts(),
        risk(),
        calls(),
        incidents(),
    )
    found = watch.table[(watch.table["subject"] == "gone") & (watch.table["status"] == "alarm")]
    assert {"volume_deviation", "forecast_count_series_error_ratio"} <= set(found["measure"])
    assert any(" of gone, " in words for words in watch.alarms) == is_alarm
    assert watch.request.is_requested == is_alarm


def test_a_month_is_held_against_older_ones_only() -> None:
    """A reference that holds the month itself, or later ones, would not see it drift."""
    frames = (predicted(), forecasts(), forecasts(), risk(), calls(), incidents())
    held, unlocated = counts()
    base = monitor(held, unlocated, *frames).table
    later = held.assign(crime_count=held["crime_count"].where(held["crime_month"] < MONTHS[-1], 9_999))
    changed = monitor(later, unlocated, *frames).table
    before = (base["month"] < MONTHS[-1]).to_numpy()
    assert base[before].equals(changed[before])


def test_a_month_of_few_calls_alarms_nobody() -> None:
    """The newest month, of which a week is held, would ask for new training each time."""
    few = calls("calls").assign(call_count=np.where(MONTHS >= BROKEN, 20, 300))
    found = monitor(*no_frames(), few, incidents()).table
    assert found.loc[found["measure"] == "call_auc_drop", "month"].max() < BROKEN


def test_nothing_is_judged_without_history() -> None:
    """A first month has nothing to drift from."""
    held, unlocated = counts()
    first = held[held["crime_month"] == MONTHS[0]]
    found = monitor(first, unlocated[:1], *no_frames()[2:], calls()[:0], incidents()[:0]).table
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
