"""Intervals of forecasts by hand: how they are widened, and how sure a mean error is; and what is summed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ml.common.intervals import exact_share_interval
from ml.forecast import forecast_all
from ml.forecast.conformal import conformal_factor, horizon_factors, reach, stretched, with_adjusted_bounds
from ml.forecast.coverage import coverage_finding, coverage_texts
from ml.forecast.errors import _students_interval, card_metrics, interval_over_months
from ml.forecast.hierarchy import hierarchy_series
from ml.forecast.scores import scores_by_horizon


def test_reach_is_in_half_widths_of_the_side() -> None:
    """An interval that leans to one side would be judged by the other's width."""
    actual, predicted = np.array([12.0, 8.0, 10.0, 11.0, 10.0, 16.0]), np.full(6, 10.0)
    lower, upper = np.array([9.0, 5.0, 9.0, 9.0, 10.0, 4.0]), np.array([14.0, 10.0, 11.0, 10.0, 10.0, 14.0])
    assert reach(actual, predicted, lower, upper).tolist() == [0.5, 0.4, 0.0, np.inf, 0.0, 1.5]


@pytest.mark.parametrize(
    ("inside", "level", "factor"),
    [(76, 0.8, 1.0), (75, 0.8, 2.0), (84, 0.8, 1.0), (91, 0.95, 1.0), (90, 0.95, 2.0)],
)
def test_what_is_four_points_off_is_left_alone(inside: int, level: float, factor: float) -> None:
    """The difference of 0.76 and 0.8 exceeds 0.04 by rounding: what is said to be kept was widened."""
    reached = np.concatenate([np.full(inside, 0.5), np.full(100 - inside, 2.0)])
    assert conformal_factor(reached, level) == factor
    # On its bound an interval holds.
    assert conformal_factor(np.repeat([1.0, 2.0], [inside, 100 - inside]), level) == factor


def test_a_factor_is_neither_below_one_nor_above_three() -> None:
    """A few wild months would make bounds that say nothing, and quiet ones bounds that hold nothing."""
    assert conformal_factor(np.concatenate([np.full(30, 0.5), np.full(30, 50.0)]), 0.8) == 3.0
    assert conformal_factor(np.full(60, 0.5), 0.8) == 1.0
    # Of 61 errors the 59th smallest is the conformal quantile of 95%: 0.95 times 62, rounded up.
    assert conformal_factor(np.linspace(0.04, 2.44, 61), 0.95) == pytest.approx(0.04 * 59)


def test_bounds_are_stretched_from_the_forecast_and_wider_ones_hold_narrower_ones() -> None:
    """Less than nothing cannot be recorded, and an outcome inside 80% but outside 95% cannot be."""
    bounds = {
        95: (np.array([6.0, 0.2]), np.array([13.0, 3.0])),
        80: (np.array([8.0, 0.5]), np.array([12.0, 2.0])),
    }
    found = stretched(np.array([10.0, 1.0]), bounds, {80: 3.0, 95: np.array([1.0, 2.0])})
    assert [one.tolist() for one in found[80]] == [[4.0, 0.0], [16.0, 4.0]]
    assert [one.tolist() for one in found[95]] == [[4.0, 0.0], [16.0, 5.0]]


def test_a_share_on_the_band_is_near_whatever_rounding_does() -> None:
    """Sums of months end a hair beside the bound, and a series would be named for it."""
    for level, lowest, highest in ((80, 0.76, 0.84), (95, 0.92, 0.98)):
        assert (
            coverage_finding(lowest - 1e-12, 18, level)
            == "near"
            == coverage_finding(highest + 1e-12, 18, level)
        )
        beside = [coverage_finding(share, 18, level) for share in (lowest - 0.001, highest + 0.001)]
        assert beside == ["below", "above"]


def test_a_series_is_told_with_what_was_widened_at_its_level() -> None:
    """The 80% intervals' share beside a 95% coverage would say that what is published differs, or not."""
    champion = {"series": "a", "level": "force", "is_champion": True, "judged_month_count": 18}
    for level in (80, 95):
        champion |= {f"adjusted_coverage_{level}_share": 0.5, f"adjusted_{level}_share": level / 1000}
        champion[f"adjusted_coverage_{level}_finding"] = "below_beyond_chance"
    forecast = pd.DataFrame(
        {"series": "a", "interval_factor_80": [1.5, 1.0], "interval_factor_95": [1.5, 1.5]}
    )
    below_80, _, below_95, *_ = coverage_texts(forecast, pd.DataFrame([champion]))
    assert "a 50% (18 months, 8% widened, 50% of those published, beyond chance)" in below_80
    assert "a 50% (18 months, 10% widened, 100% of those published, beyond chance)" in below_95


def missed(model: str, count: int, error: float) -> pd.DataFrame:
    """Forecasts of next month from origins that follow each other, all off by the same."""
    months = pd.date_range("2015-01-01", periods=count + 1, freq="MS")
    rows = pd.DataFrame({"origin_month": months[:-1], "forecast_month": months[1:], "horizon_months": 1})
    rows = rows.assign(model=model, actual=100.0 + error, predicted=100.0)
    return rows.assign(lower_80=90.0, upper_80=110.0, lower_95=80.0, upper_95=120.0)


def test_an_origin_knows_its_own_month_and_its_own_model() -> None:
    """A month later would be a month of wrong intervals; another model's errors are none of its own."""
    rows = pd.concat([missed("off", 64, 20.0), missed("right", 64, 1.0)], ignore_index=True)
    found = with_adjusted_bounds(rows)
    off, right = (found[found["model"] == model] for model in ("off", "right"))
    # Sixty months were forecast and over by the sixty-first origin, its own among them.
    assert (off["adjusted_upper_80"] == 120).tolist() == [False] * 60 + [True] * 4
    assert (off["adjusted_lower_80"].iloc[60:] == 80).all()
    # On its bound the 95% interval held.
    assert (off["adjusted_upper_95"] == 120).all() and (right["adjusted_upper_80"] == 110).all()
    factors, pooled = horizon_factors(missed("off", 60, 20.0), 1)
    assert (factors[80].tolist(), factors[95].tolist(), pooled.tolist()) == ([2.0], [1.0], [0.0])
    assert with_adjusted_bounds(rows.iloc[:0]).empty


def test_an_interval_of_a_loss_by_hand() -> None:
    """Six months have five degrees of freedom: 2.5706 on either side, of 6 / 5 of what draws vary."""
    half = 2.5706 * math.sqrt(0.25 * 6 / 5)
    assert _students_interval(2.0, 0.25, 6.0) == pytest.approx((2 - half, 2 + half), abs=1e-4)
    assert _students_interval(1.0, 0.25, 6.0) == pytest.approx((0.0, 1 + half), abs=1e-4)


def held(counts: list[int], values: list[float], series: str = "a") -> pd.DataFrame:
    """Forecasts of months, as often as is given, of which all hold as given."""
    months = pd.date_range("2023-01-01", periods=len(counts), freq="MS").repeat(counts)
    return pd.DataFrame({"series": series, "forecast_month": months, "x_share": np.repeat(values, counts)})


def test_an_interval_of_a_share_by_hand() -> None:
    """Ten forecasts of six months are no ten trials; nor are many series fewer than their months."""
    # (5 + 5 * 1) squared over 25 + 5 are ten thirds of a month.
    lower, upper = interval_over_months(held([5, 1, 1, 1, 1, 1], [1.0] * 6), "x_share")
    assert (lower, upper) == (pytest.approx(0.025**0.3), 1.0)
    assert np.isnan(interval_over_months(held([5, 1, 1, 1, 1], [1.0] * 5), "x_share")).all()
    # A month that was not judged is none.
    gone = held([1] * 6, [1.0] * 5 + [np.nan])
    assert np.isnan(interval_over_months(gone, "x_share")).all()
    some = held([1] * 7, [1.0] * 6 + [np.nan])
    assert interval_over_months(some, "x_share") == (pytest.approx(0.025 ** (1 / 6)), 1.0)
    # In every month half of forty series hold, but for one in two of them: worth no more than all forecasts.
    even = [held([1] * 6, [float(place < 20)] * 6, f"s{place:02d}") for place in range(39)]
    odd = held([1] * 6, [0.0, 1.0] * 3, "s39")
    rows = pd.concat([*even, odd])
    share = rows["x_share"].mean()
    assert interval_over_months(rows, "x_share") == pytest.approx(exact_share_interval(share, 240))


def judged_backtest() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Backtest and scores of two forces: the champion is off by 1, the seasonal naive by 2.4, the naive by 4.

    The second force is off by three times as much, from half as many origins, and has no seasonal naive.
    """
    months = pd.date_range("2023-01-01", periods=8, freq="MS")
    errors = {"ets": 1.0, "seasonal_naive": 2.4, "naive": 4.0}
    rows = [
        (series, model, months[origin], months[origin + ahead], ahead, 100.0 + error * ahead * times)
        for series, times, first in (("b", 3, 3), ("a", 1, 0))
        for model, error in errors.items()
        if (series, model) != ("b", "seasonal_naive")
        for origin in range(first, 6)
        for ahead in (1, 2)
    ]
    names = ["series", "model", "origin_month", "forecast_month", "horizon_months", "actual_crime_count"]
    backtest = pd.DataFrame(rows, columns=names)
    backtest = backtest.assign(level="force", predicted_crime_count=100.0, scaling_error=2.0)
    for prefix in ("", "adjusted_"):
        for level, half in ((80, 1.5), (95, 3.5)):
            backtest[f"{prefix}lower_{level}"] = 100.0 - half
            backtest[f"{prefix}upper_{level}"] = 100.0 + half
    mase = {("b", "naive"): 9.0, ("b", "ets"): 2.25}
    mase |= {("a", model): 0.75 * error for model, error in reversed(errors.items())}
    scores = pd.DataFrame(
        [(series, model, "force", value, model == "ets") for (series, model), value in mase.items()],
        columns=["series", "model", "level", "mase", "is_champion"],
    )
    losses = ("scaled_pinball_loss", "adjusted_scaled_pinball_loss")
    shares = [f"{prefix}coverage_{level}_share" for prefix in ("", "adjusted_") for level in (80, 95)]
    return backtest, scores.assign(**dict.fromkeys(losses, scores["mase"]), **dict.fromkeys(shares, 0.5))


def test_the_card_has_the_figures_of_levels_horizons_and_series_by_hand() -> None:
    """Another baseline than is named, or an interval about another mean, would stand beside a figure."""
    backtest, scores = judged_backtest()
    horizons = scores_by_horizon(backtest, scores, "crime_count")
    told = {
        one.group: one
        for one in card_metrics(backtest, scores, horizons, "crime_count")
        if one.name.startswith("MASE")
    }
    assert list(told) == [
        "force, 2 series, 7 months",
        "force, 1 month ahead, 6 months",
        "force a, ets, 7 months",
        "force b, ets, 4 months",
    ]
    assert [one.value for one in told.values()] == pytest.approx([1.5, 7.5 / 9, 0.75, 2.25])
    # The seasonal naive of the one that has it; next month's of one and the naive of the other.
    assert [one.baseline for one in told.values()] == pytest.approx([1.8, (6 * 1.2 + 3 * 6) / 9, 1.8, 9.0])
    centres = [(one.lower + one.upper) / 2 for one in told.values()]
    assert centres[:3] == pytest.approx([1.5, 7.5 / 9, 0.75]) and math.isnan(centres[3])


def cells(ends: dict[str, int]) -> pd.DataFrame:
    """One record a month of each force, for as many months as is given."""
    months = pd.date_range("2024-01-01", periods=max(ends.values()), freq="MS")
    rows = [
        (force, "E1", "Burglary", month, 20.0, 1.0) for force, end in ends.items() for month in months[:end]
    ]
    names = ["force_slug", "district_code", "crime_type", "crime_month", "harm_days", "crime_count"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(("late", "is_current"), [(9, True), (8, False)])
def test_a_force_three_months_late_is_part_of_the_total(late: int, is_current: bool) -> None:
    """One month sooner, a slow force would fall out of the total; later, the total would end with it."""
    found = hierarchy_series(cells({"a": 12, "b": late}))
    total = found[found["series"] == "total"].set_index("month")["crime_count"]
    assert len(total) == (found["series"] == "a").sum() == (9 if is_current else 12)
    assert set(total) == {2.0 if is_current else 1.0}
    parents = found.drop_duplicates("series").set_index("series")["parent_series"]
    assert parents["b"] == ("total" if is_current else "") and ("b/E1" in parents) == is_current


@pytest.mark.parametrize(("count", "is_part"), [(3, True), (2, False)])
def test_a_force_of_three_months_is_summed(count: int, is_part: bool) -> None:
    """One more leaves its records out of the total for a month, one fewer the total without a forecast."""
    rows = cells({"a": 12, "b": 12})
    new = rows["crime_month"].isin(rows["crime_month"].unique()[-count:])
    found = hierarchy_series(rows[(rows["force_slug"] == "a") | new])
    assert (found["series"] == "total").sum() == (count if is_part else 12)


def test_what_has_no_record_in_a_month_has_none() -> None:
    """A month left out of a part would be one of the whole: they would not add up, and the run break off."""
    rows = cells({"a": 4})
    other = rows.iloc[[1]].assign(district_code="E2", crime_type="Drugs", crime_count=5.0)
    found = hierarchy_series(pd.concat([rows, other]))
    counts = {series: own["crime_count"].tolist() for series, own in found.groupby("series")}
    assert counts["a"] == counts["total"] == [1.0, 6.0, 1.0, 1.0]
    # Nothing else was recorded of the group, and nobody but the one district had it.
    assert counts["a/E2"] == counts["crime_group/proactive"] == counts["crime_type/Drugs"]
    assert counts["crime_type/Drugs"] == [0.0, 5.0, 0.0, 0.0]
    assert found.groupby("series")["month"].agg(["min", "max"]).drop_duplicates().shape == (1, 2)


@pytest.mark.parametrize("quiet", ["2025-02-01", "2025-01-01"])
def test_a_group_without_a_record_of_late_breaks_no_sum(quiet: str) -> None:
    """A small force without drugs in its newest month had no forecast; without in one before, no sums."""
    rows = pd.concat([cells({"a": 14}), cells({"a": 14}).assign(crime_type="Drugs")])
    rows = rows[(rows["crime_type"] != "Drugs") | (rows["crime_month"] != quiet)]
    forecast, _, _ = forecast_all(hierarchy_series(rows), measure="crime_count", max_origins=0)
    assert forecast["is_reconciled"].all() and forecast["crime_count"].notna().all()
