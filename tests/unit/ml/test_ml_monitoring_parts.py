"""The watch's references, indices and errors by hand: which months are compared, and with what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.monitoring import monitor
from ml.monitoring.call_inputs import _compared, call_input_drift
from ml.monitoring.drift import _status
from ml.monitoring.errors import forecast_errors, risk_errors
from ml.monitoring.issued import with_issued
from ml.monitoring.limits import MEASURES, Limit
from ml.monitoring.reference import stability_excess, stability_index, windows
from ml.monitoring.watch import watch_of
from tests.unit.ml.planted_calls import incidents
from tests.unit.ml.planted_watch import calls, no_frames, predicted

COLUMNS = ["measure", "subject", "month", "value", "first", "last"]
#: The 95% point of chi-squared with one degree of freedom, and with two.
CHI_1, CHI_2 = 3.8415, 5.9915


def months(count: int) -> pd.DatetimeIndex:
    """Months that follow each other."""
    return pd.date_range("2024-01-01", periods=count, freq="MS")


def table(rows: Any) -> pd.DataFrame:
    """Rows of the watch."""
    return pd.DataFrame(rows, columns=COLUMNS)


def test_a_month_is_held_against_six_to_twelve_before_it() -> None:
    """Five months are no year, and thirteen would hide a slow drift behind what was long ago."""
    assert list(windows(months(6))) == []
    assert list(windows(months(7))) == [(6, slice(0, 6))]
    assert list(windows(months(14)))[-2:] == [(12, slice(0, 12)), (13, slice(1, 13))]
    # The mean of the latest three is held against months before all of them.
    assert list(windows(months(8), 3)) == []
    assert list(windows(months(10), 3)) == [(8, slice(0, 6)), (9, slice(0, 7))]
    assert list(windows(months(16), 3))[-1] == (15, slice(1, 13))


def test_the_index_by_hand() -> None:
    """Half a record is added to each class, of a reference as large as the month."""
    expected = 2 * 20 / 101 * np.log(60.5 / 40.5)
    assert stability_index([60, 40], [40, 60]) == pytest.approx(expected)
    assert stability_index([720, 480], [40, 60]) == pytest.approx(expected)
    # A class that is new has half a record where it was none.
    assert stability_index([100, 0], [90, 10]) == pytest.approx(10 / 101 * np.log(100.5 / 90.5 * 10.5 / 0.5))
    assert np.isnan(stability_index([0, 0], [1, 1])) and np.isnan(stability_index([1, 1], [0, 0]))


def test_the_excess_by_hand() -> None:
    """Chance is of both samples, and of classes that occur less one."""
    old, new = np.array([600.0, 600.0]), np.array([20.0, 80.0])
    above = CHI_1 * (1 / 1200 + 1 / 100)
    assert stability_excess(old, new) == pytest.approx(stability_index(old, new) - above, abs=1e-6)
    assert stability_excess(np.append(old, 0), np.append(new, 0)) == pytest.approx(
        stability_index(np.append(old, 0), np.append(new, 0)) - above, abs=1e-6
    )
    old, new = np.array([50.0, 50.0, 50.0]), np.array([70.0, 15.0, 15.0])
    above = CHI_2 * (1 / 150 + 1 / 100)
    assert stability_excess(old, new) == pytest.approx(stability_index(old, new) - above, abs=1e-6)
    assert stability_excess(old, old / 2) == 0.0


def test_rare_classes_are_one_and_new_ones_are_told_by_those_of_one_call() -> None:
    """Counts of a handful drift by themselves; a class of two calls would still be known without one."""
    # Of 100 calls these let expect 50, 10, 9.5, 0.5, 30: the two that are rare are one class.
    old, new = np.array([500.0, 100.0, 95.0, 5.0, 300.0]), np.array([40.0, 20.0, 5.0, 5.0, 30.0])
    found = dict(_compared("call_hour", old, new))
    grouped = stability_excess([500, 100, 300, 100], [40, 20, 30, 10])
    assert grouped > 0 and found == {"call_hour_mix_excess": pytest.approx(grouped)}
    rare = dict(_compared("call_hour", np.full(20, 10.0), np.full(20, 5.0)))
    assert np.isnan(rare["call_hour_mix_excess"])
    # Two of 200 calls are alone in their class; of 100 new calls 30 are of classes never seen.
    old, new = np.array([195.0, 2.0, 1.0, 1.0, 1.0, 0.0]), np.array([68.0, 0.0, 2.0, 0.0, 0.0, 30.0])
    unseen = dict(_compared("call_type", old, new))["call_type_unseen_excess"]
    assert unseen == pytest.approx(stability_excess([197, 3], [70, 30]))


def test_hours_are_in_slots_of_three_and_a_call_without_a_type_is_one_of_its_own() -> None:
    """A month whose calls all lost their type would be compared by those that did not."""
    held = incidents(calls_a_month=200)
    newest = held["called_at_local"] >= held["called_at_local"].max().replace(day=1, hour=0, minute=0)
    # All at the first hour of slots, or at the last: the same slots.
    hours = pd.to_timedelta(held["called_at_local"].dt.hour % 3, unit="h")
    firsts = held.assign(called_at_local=held["called_at_local"] - hours)
    lasts = firsts["called_at_local"].where(~newest, firsts["called_at_local"] + pd.Timedelta("2h"))
    (one, other) = (
        table(call_input_drift(each)).query("measure == 'call_hour_mix_excess'")["value"].tolist()
        for each in (firsts, firsts.assign(called_at_local=lasts))
    )
    assert one == other
    lost = held.assign(call_type=held["call_type"].mask(newest))
    of_types = table(call_input_drift(lost)).query("measure == 'call_type_mix_excess'").iloc[-1]
    assert of_types["value"] > 1


def test_places_are_cells_of_a_hundredth_of_a_degree() -> None:
    """Wider, a district's calls could move to the next unseen; narrower, each month would be a new place."""
    held = incidents(calls_a_month=200)
    newest = held["called_at_local"] >= held["called_at_local"].max().replace(day=1, hour=0, minute=0)
    found = [
        table(call_input_drift(held.assign(longitude=np.where(newest, moved, -122.281), latitude=47.6)))
        .query("measure == 'call_place_mix_excess'")["value"]
        .iloc[-1]
        for moved in (-122.283, -122.291)
    ]
    assert found[0] == 0 and found[1] > 1


def test_what_never_varied_has_no_deviation() -> None:
    """The first records of a force that sent none would be infinitely many deviations off."""
    rows = pd.DataFrame({"force_slug": "a", "crime_month": months(7), "crime_type": "Theft"})
    rows = rows.assign(crime_count=[0] * 6 + [5], harm_days=0.0, squared_harm_days=0.0)
    watch = monitor(rows, *no_frames()[1:], calls()[:0], incidents()[:0]).table
    told = watch.set_index("measure")[["value", "status"]]
    assert np.isnan(told.loc["volume_deviation", "value"])
    assert set(told["status"]) == {"not_measured"}


def forecasts(scaled: list[list[float]], level: str = "district") -> pd.DataFrame:
    """Forecasts of one whose scaled errors are given by month and series; bounds 10 either way."""
    rows = [
        (f"s{place}", level, month, 100 + 8.0 * error, 100.0, 90.0, 110.0, 8.0)
        for month, errors in zip(months(len(scaled)), scaled, strict=True)
        for place, error in enumerate(errors)
    ]
    names = ["series", "level", "forecast_month", "actual", "predicted", "lower_80", "upper_80"]
    return pd.DataFrame(rows, columns=[*names, "scaling_error"])


def test_errors_of_all_series_by_hand() -> None:
    """A mean would tell of the one series that is off, and months of two series of chance."""
    # Medians of 1 in the six months before, one of them a month of two series, which is none; then of 3.
    usual = [[1.0, -1.0, 9.0]] * 6
    found = table(forecast_errors("count", forecasts([*usual, [7.0, 7.0], [-3.0, 1.0, 3.0]])))
    assert found["measure"].tolist() == ["forecast_count_error_ratio", "forecast_count_miss_share"]
    assert found["value"].tolist() == pytest.approx([3.0, 2 / 3])
    assert (found["subject"] == "all").all() and (found["month"] == months(8)[-1]).all()
    assert (found["first"] == months(8)[0]).all() and (found["last"] == months(8)[5]).all()
    # On its bound a month is held.
    (missed,) = table(forecast_errors("harm", forecasts([*usual, [1.25, -1.25, -1.3]])))["value"].iloc[1:]
    assert missed == pytest.approx(1 / 3)
    nothing = table(forecast_errors("count", forecasts([[0.0] * 3] * 7)))
    assert np.isnan(nothing["value"].iloc[0]) and nothing["value"].iloc[1] == 0


def test_errors_of_one_series_are_of_its_latest_three_months() -> None:
    """One month is chance; a mean that reached into those before would hold them against themselves."""
    errors = [1.0, 1.0, 1.0, 1.0, 1.0, 7.0, 2.0, -4.0, 9.0]
    rows = forecasts([[error] for error in errors], level="force").iloc[::-1]
    found = table(forecast_errors("count", rows))
    assert found["measure"].tolist() == ["forecast_count_series_error_ratio"]
    assert found["value"].tolist() == pytest.approx([5.0 / 2.0])
    assert table(forecast_errors("count", rows.assign(level="district"))).empty
    # A month that is hard to forecast is measured in the error that was usual by then.
    harder = rows["forecast_month"].dt.month.to_numpy()
    actual = 100 + (rows["actual"] - 100) * harder
    again = table(forecast_errors("count", rows.assign(actual=actual, scaling_error=8.0 * harder)))
    assert again["value"].tolist() == pytest.approx([2.5])
    long = table(forecast_errors("count", forecasts([[1.0] * 3] * 14)))
    assert (long[long["month"] == months(14)[-1]]["first"] == months(14)[1]).all()


def risks(recorded: list[float], expected: list[float], force: str = "a") -> pd.DataFrame:
    """Maps of one area, by month, with as many harm days as records."""
    return pd.DataFrame(
        {
            "force_slug": force,
            "forecast_month": months(len(recorded)),
            "expected_crime_count": expected,
            "recorded_crime_count": recorded,
            "expected_harm_days": expected,
            "recorded_harm_days": recorded,
        }
    )


def test_errors_of_the_map_by_hand() -> None:
    """Too little that came must count as too much does; deviance is of what was expected."""
    found = table(risk_errors(risks([20.0] * 6 + [5.0], [10.0] * 7)))
    value = found[found["month"] == months(7)[-1]].set_index("measure")["value"]
    usual, newest = (2 * (came * np.log(came / 10) - (came - 10)) for came in (20.0, 5.0))
    assert value["risk_count_deviance_ratio"] == pytest.approx(newest / usual)
    assert value["risk_harm_error_ratio"] == pytest.approx(0.5)
    assert value["risk_count_bias"] == value["risk_harm_bias"] == pytest.approx(0.5)
    assert set(found["subject"]) == {"a"}
    both = table(risk_errors(pd.concat([risks([20.0], [10.0]), risks([0.0], [10.0], "b")])))
    bias = both[both["measure"] == "risk_count_bias"].set_index("subject")["value"]
    assert bias.to_dict() == pytest.approx({"a": 1.0, "b": 1.0, "all": 0.0})
    # One record where none was expected is as one where a hundredth was, and a bias of nothing is unknown.
    least = table(risk_errors(risks([1.0] * 7, [0.0] * 6 + [0.02])))
    ratio = least[least["measure"] == "risk_count_deviance_ratio"]["value"].iloc[0]
    assert ratio == pytest.approx((np.log(50) - 0.98) / (np.log(100) - 0.99))
    assert least[least["measure"] == "risk_count_bias"]["value"].isna().sum() == 6


def test_a_value_on_a_limit_is_beyond_it() -> None:
    """The limits are said to be those from which on a measure warns and alarms."""
    limit = Limit("error", 1.5, 2.0, "")
    told = [_status(value, limit) for value in (1.49, 1.5, 1.99, 2.0, float("nan"))]
    assert told == ["ok", "warning", "warning", "alarm", "not_measured"]


def test_places_are_weighed_by_their_records_and_ranks_by_their_months() -> None:
    """A small month of lost places would stand for a great one; a model that ranks better has not dropped."""
    count, lost = np.array([1_000] * 5 + [100, 1_000]), np.array([50] * 5 + [60, 50])
    rows = pd.DataFrame({"crime_month": months(7), "crime_count": count, "unlocated_count": lost})
    counted, _, *others = no_frames()
    of_calls = calls()[:8].assign(roc_auc=[0.8, 0.9, 0.8, 0.9, 0.8, 0.9, 0.75, 0.95], month=months(8))
    of_calls.loc[0, "call_count"] = 100
    watch = monitor(counted, rows.assign(force_slug="a"), *others, of_calls, incidents()[:0]).table
    value = watch.set_index("measure")["value"]
    # Of 5,100 records 310 had no place.
    assert value["unlocated_share_change"] == pytest.approx(310 / 5_100 - 0.05)
    assert value["call_auc_drop"].tolist() == pytest.approx([0.1, 0.0])
    fewer = of_calls.assign(call_count=np.where(np.arange(8) == 0, 99, 300))
    again = monitor(counted, rows[:0].assign(force_slug="a"), *others, fewer, incidents()[:0]).table
    assert (again["measure"] == "call_auc_drop").sum() == 1


def judged(rows: list[tuple[str, str, str, str]]) -> pd.DataFrame:
    """A judged table of measure, subject, month and status."""
    held = pd.DataFrame(rows, columns=["measure", "subject", "month", "status"])
    held["month"] = pd.to_datetime(held["month"])
    kind = held["measure"].map(lambda name: MEASURES[name].kind)
    return held.assign(kind=kind, value=1.0, alarm_limit=0.5)


def test_a_subject_alarms_while_its_last_month_is_one_of_four() -> None:
    """Three months later a force may still send; a fourth month, and it is gone for good."""
    measure = "risk_count_bias"
    newest = (measure, "goes on", "2025-12-01", "ok")
    for month, is_asked in (("2025-09-01", True), ("2025-08-01", False)):
        watch = watch_of(judged([(measure, "late", month, "alarm"), newest]))
        assert watch.request.is_requested == bool(watch.alarms) == is_asked
    # Another measure may go on for longer: the map's newest month is that of what came.
    other = ("risk_harm_bias", "late", "2026-12-01", "ok")
    watch = watch_of(judged([(measure, "late", "2025-09-01", "alarm"), other]))
    assert watch.alarms == ("risk_count_bias of late, 2025-09: 1 (limit 0.5)",)
    # An alarm that was followed by a calm month is over.
    over = watch_of(judged([(measure, "late", "2025-11-01", "alarm"), (measure, "late", "2025-12-01", "ok")]))
    assert over.alarms == () and not over.table["is_retrain_requested"].any()


def test_expected_places_are_held_against_those_before() -> None:
    """Records as many as expected in areas where there were none would not be seen if sides were changed."""
    area = predicted().head(2).assign(recent_crime_count=[100, 0], expected_crime_count=[45.0, 5.0])
    counted, unlocated, _, *others = no_frames()
    watch = monitor(counted, unlocated, area, *others, calls()[:0], incidents()[:0]).table
    value = watch.set_index("measure")["value"]["prediction_stability_index"]
    assert value == pytest.approx(5 / 51 * np.log(50.5 / 45.5 * 5.5 / 0.5))


def test_months_that_were_not_issued_stay_as_they_were() -> None:
    """A release of one month would take those after it from the watch."""
    series = forecasts([[1.0]] * 3).assign(source="backtest")
    issued = series[series["forecast_month"] == months(3)[1]][["forecast_month", "series", "predicted"]]
    nothing = {"harm_forecasts": pd.DataFrame(), "risk": pd.DataFrame()}
    frames = {"count_forecasts": series, "harm_forecasts": series, "risk": risks([1.0], [1.0])}
    found = with_issued(frames, nothing | {"count_forecasts": issued.assign(predicted=7.0)})[
        "count_forecasts"
    ]
    assert found["predicted"].tolist() == [100.0, 7.0, 100.0]
    assert found["source"].tolist() == ["backtest", "issued", "backtest"]
