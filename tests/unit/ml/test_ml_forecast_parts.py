"""Breaks, regression, ARIMA, conformal intervals and reconciliation: known answers and properties."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ml.forecast.run
from ml.forecast import forecast_all, hierarchy_series
from ml.forecast.arima import Arima
from ml.forecast.card import forecast_card
from ml.forecast.conformal import (
    conformal_factor,
    horizon_factors,
    neighbours,
    reach,
    stretched,
    with_adjusted_bounds,
)
from ml.forecast.errors import card_metrics
from ml.forecast.figures import forecast_figure
from ml.forecast.interventions import INTERVENTIONS, without_interventions
from ml.forecast.reconcile import reconcile, shrunk_covariance
from ml.forecast.regression import CountRegression
from ml.forecast.scores import scores_by_horizon
from orchestration.environment import PROJECT_ROOT


def test_regression_finds_a_season_it_was_given() -> None:
    """A wrong link or offset would shift every month."""
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    rate = 30 * np.exp(0.2 * np.sin(2 * np.pi * months.month / 12))
    values = np.asarray(rate * months.days_in_month, dtype=float)
    fitted = CountRegression.fit(values[:48], months[:48])
    assert fitted is not None
    forecast = fitted.forecast(months[48:])
    assert forecast.mean == pytest.approx(values[48:], rel=1e-6)


def test_regression_that_does_not_settle_is_none() -> None:
    """After years of nothing one record makes a slope without end: a million million records next month."""
    months = pd.date_range("2020-01-01", periods=48, freq="MS")
    values = np.zeros(48)
    values[-1] = 1.0
    assert CountRegression.fit(values, months) is None
    assert CountRegression.fit(values + 1.0, months) is not None


def test_arima_repeats_a_season_with_drift() -> None:
    """Year-on-year growth of 12 must come again, and not be counted twice in the second year."""
    noise = np.random.default_rng(3).normal(0, 1e-3, 60)
    values = np.tile(np.arange(12.0) * 10, 5) + np.repeat(np.arange(5) * 12.0, 12) + 100 + noise
    fitted = Arima.fit(values)
    assert fitted is not None
    forecast = fitted.forecast(range(24))
    assert forecast.mean[:12] == pytest.approx(values[-12:] + 12, abs=0.05)
    assert forecast.mean[12:] == pytest.approx(values[-12:] + 24, abs=0.1)


def test_break_is_taken_out_by_its_size() -> None:
    """A step of a force moves its earlier months to the new level; a lockdown is filled; others stay."""
    months = pd.date_range("2022-01-01", periods=48, freq="MS")
    values = 1000.0 * months.days_in_month.to_numpy() / 30
    stepped = np.where(months >= "2024-03-01", values / 2, values)
    adjusted, note = without_interventions(months, stepped, frozenset({"metropolitan"}))
    assert adjusted == pytest.approx(values / 2, rel=1e-6)
    assert "new crime recording system (2024-03)" in note
    same, note = without_interventions(months, stepped, frozenset({"bedfordshire"}))
    assert (same == stepped).all() and note == ""
    early = pd.date_range("2018-01-01", periods=33, freq="MS")
    level = 50.0 * early.days_in_month.to_numpy()
    closed = np.where((early >= "2020-04-01") & (early <= "2020-06-01"), level * 0.4, level)
    adjusted, _ = without_interventions(early, closed)
    assert adjusted == pytest.approx(level, rel=1e-6)


@pytest.mark.parametrize(
    ("start", "end", "is_taken_out"),
    [
        ("2022-01", "2024-07", False),
        ("2022-01", "2024-08", True),
        ("2023-04", "2024-12", False),
        ("2023-03", "2024-12", True),
    ],
)
def test_a_step_is_left_until_it_can_be_told(start: str, end: str, is_taken_out: bool) -> None:
    """Five months after a step may be a season, and eleven before it no level: chance would move both."""
    months = pd.date_range(start, end, freq="MS")
    values = np.where(months >= "2024-03-01", 500.0, 1000.0) + np.arange(len(months)) % 3
    adjusted, note = without_interventions(months, values, frozenset({"metropolitan"}))
    assert (adjusted.max() < 600) == is_taken_out == bool(note)


def test_a_lockdown_stays_in_a_series_that_is_hardly_more_than_it() -> None:
    """With a season, a trend and three lockdowns to tell, eighteen months would follow each of them."""
    for count, is_taken_out in ((18, False), (19, True)):
        months = pd.date_range("2020-03-01", periods=count, freq="MS")
        assert bool(without_interventions(months, 100.0 + np.arange(count) % 3)[1]) == is_taken_out


def test_breaks_of_recording_are_those_of_the_seed() -> None:
    """Two lists of the same breaks would drift apart, and a mart would mark what a model does not know."""
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "recording_breaks.csv").open() as file:
        declared = {
            (row["break_month"][:7], row["force_slug"])
            for row in csv.DictReader(file)
            if row["affects"] == "counts"
        }
    assert declared == {(item.first_month, item.force_slug) for item in INTERVENTIONS if item.is_step}
    assert all(item.reason and item.source for item in INTERVENTIONS)


def test_conformal_factor_by_hand() -> None:
    """Without the n + 1 the interval would cover less than it says; what holds enough is left alone."""
    reached = np.arange(1, 65) / 32.0
    assert conformal_factor(reached, 0.80) == 52 / 32
    assert conformal_factor(reached[:60], 0.80) == 49 / 32
    assert conformal_factor(reached[5:], 0.80) == 1.0
    assert conformal_factor(np.concatenate([np.full(80, 0.5), np.full(20, 2.0)]), 0.80) == 1.0
    assert conformal_factor(np.full(100, 0.1), 0.80) == 1.0


def test_a_horizon_borrows_from_its_neighbours_only_what_it_lacks() -> None:
    """One factor for all would be that of next month for a year ahead, and twelve errors alone are chance."""
    horizons = np.repeat(np.arange(1, 13), 24 - np.arange(1, 13))
    assert [neighbours(horizons, horizon) for horizon in (1, 6, 12)] == [2, 2, 4]
    assert neighbours(np.repeat([1, 2], 60), 1) == 0
    reached = np.where(horizons > 8, 2.0, 0.5)
    middle = np.full(len(horizons), 100.0)
    rows = pd.DataFrame(
        {
            "horizon_months": horizons,
            "actual": middle + 10 * reached,
            "predicted": middle,
            **{f"lower_{level}": middle - 10 for level in (80, 95)},
            **{f"upper_{level}": middle + 10 for level in (80, 95)},
        }
    )
    factors, pooled = horizon_factors(rows, 12)
    assert factors[80][:5].tolist() == [1.0] * 5 and factors[80][8:].tolist() == [2.0] * 4
    assert pooled[[0, 5, 11]].tolist() == [2, 2, 4]
    factors, pooled = horizon_factors(rows[:59], 12)
    assert np.isnan(pooled).all() and (factors[95] == 1).all()


@pytest.mark.parametrize("width", [0.5, 1.0])
def test_conformal_coverage_on_simulated_series(width: float) -> None:
    """Intervals half as wide as they should be must cover 80% and 95% afterwards."""
    random = np.random.default_rng(11)
    inside: dict[int, list[float]] = {80: [], 95: []}
    for _ in range(300):
        errors = random.normal(0, 1, 160)
        middle = np.full(160, 100.0)
        for level, z in ((80, 1.2816), (95, 1.96)):
            lower, upper = middle - z * width, middle + z * width
            known = reach(middle[:120] + errors[:120], middle[:120], lower[:120], upper[:120])
            factor = conformal_factor(known, level / 100)
            bounds = stretched(middle[120:], {level: (lower[120:], upper[120:])}, {level: factor})
            came = middle[120:] + errors[120:]
            inside[level].append(float(np.mean((came >= bounds[level][0]) & (came <= bounds[level][1]))))
    assert 0.76 <= np.mean(inside[80]) <= 0.84
    assert 0.92 <= np.mean(inside[95]) <= 0.98


def test_adjusted_bounds_know_nothing_of_later_months() -> None:
    """An adjustment that has seen the month it is judged on would cover whatever came."""
    months = pd.date_range("2022-01-01", periods=40, freq="MS")
    rows = pd.DataFrame(
        [
            ("naive", months[o], months[o + h], h, 100.0 + 3 * ((o * h) % 7), 100.0, 90.0, 110.0, 85.0, 115.0)
            for o in range(10, 34)
            for h in range(1, 6)
        ],
        columns=[
            "model",
            "origin_month",
            "forecast_month",
            "horizon_months",
            "actual",
            "predicted",
            "lower_80",
            "upper_80",
            "lower_95",
            "upper_95",
        ],
    )
    cut = months[28]
    changed = rows.assign(actual=rows["actual"].mask(rows["forecast_month"] > cut, 9_000.0))
    names = [f"adjusted_{side}_{level}" for side in ("lower", "upper") for level in (80, 95)]
    before, after = with_adjusted_bounds(rows), with_adjusted_bounds(changed)
    early = rows["origin_month"] <= cut
    pd.testing.assert_frame_equal(before.loc[early, names], after.loc[early, names])
    assert (before.loc[early, "adjusted_upper_80"] != rows.loc[early, "upper_80"]).any()
    assert not before.loc[~early, names].equals(after.loc[~early, names])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), forces=st.integers(1, 4), kinds=st.integers(1, 5), zeros=st.booleans())
def test_reconciled_parts_add_up(seed: int, forces: int, kinds: int, zeros: bool) -> None:
    """A plan that adds up districts must come to the force's figure, and nothing may be negative."""
    random = np.random.default_rng(seed)
    parents, labels = [-1], ["total"]
    for force in range(forces):
        parents, labels = [*parents, 0], [*labels, "force"]
        row = len(parents) - 1
        for _ in range(int(random.integers(1, 4)) + force):
            parents, labels = [*parents, row], [*labels, "district"]
    for _ in range(kinds):
        parents, labels = [*parents, 0], [*labels, "crime_group"]
        row, types = len(parents) - 1, int(random.integers(1, 4))
        parents, labels = parents + [row] * types, labels + ["crime_type"] * types
    base = random.gamma(1, 1000, (len(parents), 12)) * (random.random((len(parents), 1)) > 0.5 * zeros)
    covariance = shrunk_covariance(random.normal(0, 100, (12, len(parents))))
    whole, kind = np.array(parents), np.array(labels)
    result = reconcile(base, covariance, whole, labels)
    assert (result >= 0).all()
    for parent in range(len(parents)):
        for label in ("force", "district", "crime_group", "crime_type"):
            members = (whole == parent) & (kind == label)
            if members.any():
                off = np.abs(result[members].sum(axis=0) - result[parent])
                assert (off <= 1e-9 * (1 + result[parent])).all()


def test_what_adds_up_already_is_left_alone() -> None:
    """Reconciliation must not move forecasts for nothing; and with equal errors it splits a gap equally."""
    parents = np.array([-1, 0, 0])
    labels = ["total", "force", "force"]
    base = np.array([[30.0], [10.0], [20.0]])
    assert reconcile(base, np.eye(3), parents, labels) == pytest.approx(base)
    moved = reconcile(base + np.array([[3.0], [0.0], [0.0]]), np.eye(3), parents, labels)
    assert moved[:, 0] == pytest.approx([32.0, 11.0, 21.0])


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    """Two forces with two districts and two crime types, and a third whose files ended long ago."""
    random = np.random.default_rng(4)
    months = pd.date_range("2023-01-01", periods=26, freq="MS")
    rows = [
        (force, district, crime, month, float(count), float(count) * days)
        for force, end in (("a", 26), ("b", 25), ("old", 10))
        for district in ("E1", None)
        for crime, days in (("Robbery", 365.0), ("Burglary", 20.0))
        for month, count in zip(months[:end], random.poisson(60, end), strict=True)
    ]
    columns = ["force_slug", "district_code", "crime_type", "crime_month", "crime_count", "harm_days"]
    return pd.DataFrame(rows, columns=columns)


def test_hierarchy_of_counts(cells: pd.DataFrame) -> None:
    """Parts that end apart, or a force that is no longer there, would make sums of unlike things."""
    monthly = hierarchy_series(cells)
    ends = monthly.groupby("series")["month"].max()
    assert ends["old"] == pd.Timestamp("2023-10-01")
    assert set(ends.drop("old")) == {pd.Timestamp("2025-01-01")}
    assert set(monthly["series"]) == {
        "total", "a", "b", "old", "a/E1", "a/elsewhere", "b/E1", "b/elsewhere",
        "crime_group/violence_robbery", "crime_group/burglary", "crime_type/Robbery", "crime_type/Burglary",
    }  # fmt: skip
    sums = monthly.pivot_table(index="month", columns="level", values="crime_count", aggfunc="sum")
    late = sums[sums.index > "2023-10-01"]
    for level in ("force", "crime_group", "crime_type"):
        assert (late["total"] == late[level]).all()
    parents = monthly[monthly["level"] == "crime_type"].groupby("series")["parent_series"].first()
    assert parents["crime_type/Robbery"] == "crime_group/violence_robbery"


def test_the_total_needs_every_force(cells: pd.DataFrame) -> None:
    """A month that lacks a force would look like a fall in the total."""
    month = pd.Timestamp("2024-05-01")
    monthly = hierarchy_series(cells[(cells["force_slug"] != "b") | (cells["crime_month"] != month)])
    series = set(monthly.loc[monthly["month"] == month, "series"])
    assert {"a"} <= series and "total" not in series
    assert "total" in set(monthly.loc[monthly["month"] == pd.Timestamp("2024-06-01"), "series"])


@pytest.mark.parametrize("month_count", [1, 2])
@pytest.mark.parametrize("start", ["2024-12-01", "2025-02-01"])
def test_a_new_force_does_not_take_the_total_from_the_others(
    cells: pd.DataFrame, month_count: int, start: str
) -> None:
    """One month of a new force would leave one of the total: no forecast, and no sums for anybody."""
    months = pd.date_range(start, periods=month_count, freq="MS")
    new = cells[cells["crime_month"] == "2024-01-01"].query("force_slug == 'a'").assign(force_slug="new")
    new = pd.concat([new.assign(crime_month=month) for month in months])
    monthly = hierarchy_series(pd.concat([cells, new]))
    assert monthly.query("series == 'total'").equals(hierarchy_series(cells).query("series == 'total'"))
    forecast, _, _ = forecast_all(monthly, measure="crime_count", max_origins=2)
    is_reconciled = forecast.groupby("series")["is_reconciled"].all()
    assert is_reconciled.drop(["old", "new"]).all() and not is_reconciled["new"]


def test_a_force_of_three_months_is_part_of_the_total(cells: pd.DataFrame) -> None:
    """A total without it would stay too small; where all are new, there is a total to say so."""
    monthly = hierarchy_series(cells)
    late = cells[(cells["force_slug"] != "a") | (cells["crime_month"] >= "2024-11-01")]
    total = hierarchy_series(late).query("series == 'total'")
    assert total["month"].tolist() == list(pd.date_range("2024-11-01", periods=3, freq="MS"))
    assert total["crime_count"].tolist() == monthly.query("series == 'total'")["crime_count"].tolist()[-3:]
    first = hierarchy_series(cells[cells["crime_month"] == "2023-01-01"])
    assert (first.query("level == 'force'")["parent_series"] == "total").all()


def test_a_total_with_a_season_keeps_it(cells: pd.DataFrame) -> None:
    """With the third month of a new force the total of all would fall to three, and to a naive forecast."""
    like = cells[cells["force_slug"] == "a"]
    others = [like.assign(force_slug=name) for name in ("c", "d")]
    for start, is_part in (("2023-03-01", False), ("2023-02-01", True)):
        new = like[like["crime_month"] >= start].assign(force_slug="new")
        monthly = hierarchy_series(pd.concat([cells, *others, new]))
        parents = monthly.groupby("series")["parent_series"].first()
        assert (parents["new"] == "total") == is_part and parents["a"] == parents["d"] == "total"
        total = monthly.loc[monthly["series"] == "total", "month"]
        assert len(total) == (24 if is_part else 25)


def test_forces_without_a_common_month_are_forecast_apart(cells: pd.DataFrame) -> None:
    """There is no total then, and looking for it would break off the forecast of everybody."""
    is_a = cells["force_slug"] == "a"
    early = is_a & ((cells["crime_month"] < "2024-06-01") | (cells["crime_month"] == "2025-02-01"))
    late = (cells["force_slug"] == "b") & (cells["crime_month"] >= "2024-06-01")
    monthly = hierarchy_series(cells[early | late])
    assert "total" not in set(monthly["series"])
    forecast, _, _ = forecast_all(monthly, measure="crime_count", max_origins=2)
    assert not forecast["is_reconciled"].any() and forecast["crime_count"].notna().all()


def test_a_break_of_a_force_that_is_gone_is_none_of_the_total(cells: pd.DataFrame) -> None:
    """A step of files that are no part of it would move the total's earlier months for nothing."""
    renamed = cells.replace({"force_slug": {"b": "metropolitan"}})
    gone = renamed.replace({"force_slug": {"old": "metropolitan", "metropolitan": "b"}})
    for these, is_told in ((renamed, True), (gone, False)):
        named = ml.forecast.run._named_series(hierarchy_series(these), "crime_count")
        (total,) = (one for one in named if one.series == "total")
        assert ("metropolitan" in total.forces) == is_told


def test_records_without_any_district_are_elsewhere(cells: pd.DataFrame) -> None:
    """Without places the column of districts comes as integers, and the forecast would break off."""
    bare = cells.assign(district_code=pd.array([None] * len(cells), dtype="Int32"))
    monthly = hierarchy_series(bare)
    districts = set(monthly.loc[monthly["level"] == "district", "series"])
    assert districts == {"a/elsewhere", "b/elsewhere"}


def test_a_group_of_one_type_is_judged_once(cells: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same months under two names must not have two forecasts, nor take twice the time."""
    judged: list[str] = []
    judge = ml.forecast.run._judge

    def noted(one: Any, *rest: Any) -> Any:
        judged.append(one.series)
        return judge(one, *rest)

    monkeypatch.setattr(ml.forecast.run, "_judge", noted)
    monthly = hierarchy_series(cells)
    found = forecast_all(monthly, measure="crime_count", max_origins=2)
    assert len(judged) == monthly["series"].nunique() - 2
    for table, names in zip(found, (["forecast_month"], ["model", "origin_month"], ["model"]), strict=True):
        group, crime_type = (
            table[table["series"] == series].sort_values(names, kind="stable").reset_index(drop=True)
            for series in ("crime_group/burglary", "crime_type/Burglary")
        )
        own = ["series", "level", "parent_series"]
        pd.testing.assert_frame_equal(
            group.drop(columns=own, errors="ignore"), crime_type.drop(columns=own, errors="ignore")
        )
        assert set(group["level"]) == {"crime_group"} and set(crime_type["level"]) == {"crime_type"}


def test_whole_tree_adds_up_and_has_its_card_and_figure(cells: pd.DataFrame) -> None:
    """The contract refuses parts that do not add up; here they must, and the outsider must say it is one."""
    monthly = hierarchy_series(cells)
    forecast, backtest, scores = forecast_all(monthly, measure="crime_count", max_origins=2)
    assert forecast.groupby("series")["is_reconciled"].all().drop("old").all()
    assert not forecast.loc[forecast["series"] == "old", "is_reconciled"].any()
    total = forecast[forecast["series"] == "total"]["crime_count"].to_numpy()
    for level in ("district", "crime_group", "crime_type"):
        parts = forecast[forecast["level"] == level].groupby("forecast_month")["crime_count"].sum()
        assert parts.to_numpy() == pytest.approx(total, rel=1e-9)
    with_ets = set(scores.loc[scores["model"] == "ets", "series"])
    assert with_ets == set(scores["series"]) - {"old"}
    horizons = scores_by_horizon(backtest, scores, "crime_count")
    of_total = horizons[horizons["level"] == "total"]
    assert of_total["forecast_count"].tolist() == [2, 1] and of_total["origin_count"].tolist() == [2, 1]
    metrics = card_metrics(backtest, scores, horizons, "crime_count")
    card = forecast_card(forecast, scores, metrics, version="1", measure="crime_count")
    assert card.champion == scores[(scores["series"] == "total") & scores["is_champion"]]["model"].iloc[0]
    assert np.isnan(card.metrics[0].lower)
    figure = forecast_figure(monthly, forecast, measure="crime_count")
    assert len(figure.axes) == 4
