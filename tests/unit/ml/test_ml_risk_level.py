"""The amount of all areas together, and maps that are scaled to it."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.common.crime_groups import ALL_CRIME
from ml.forecast.ets import Smoothing
from ml.risk.backtest import EVERY_FORCE
from ml.risk.candidates import BASELINES
from ml.risk.cells import Cells
from ml.risk.counts import PeriodMean
from ml.risk.history import History, make_history
from ml.risk.judged import judge
from ml.risk.level import (
    LOG_LINEAR,
    PLAIN_MEAN,
    Levelled,
    _seasonal_rate,
    _smoothed_rate,
    combined,
    days_told,
    levels_of,
    scaled,
)
from ml.risk.stored import expected, stored
from ml.risk.study import lsoa_study
from ml.risk.tables import backtest_table, forecast_table
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

#: A twelfth of the year each: winters have four tenths less than summers.
SEASON = 1 - 0.4 * np.cos(2 * np.pi * np.arange(12) / 12)


def history(sums: np.ndarray, first: str = "2022-01") -> History:
    """Months with given sums, dealt out over four cells: 1, 2, 3 and 4 tenths."""
    months = np.arange(np.datetime64(first), np.datetime64(first) + len(sums) + 1)
    bounds = months.astype("datetime64[D]").astype(float)
    counts = np.round(np.outer(sums, [0.1, 0.2, 0.3, 0.4])).astype(int)
    month, cell = (np.repeat(part.ravel(), counts.ravel()) for part in np.indices(counts.shape))
    middle = (bounds[month] + bounds[month + 1]) / 2
    return make_history(Cells(np.zeros((4, 2)), np.ones(4)), cell, middle, bounds)


def seasonal(months: int, seed: int = 90) -> np.ndarray:
    """Sums of about 1,000 a month with a season, and chance."""
    return np.random.default_rng(seed).poisson(1000 * SEASON[np.arange(months) % 12]).astype(float)


def test_a_season_is_followed_that_a_mean_cannot_know() -> None:
    """A map that expects as much of January as of July plans too many officers for the one."""
    whole = history(seasonal(54))
    levels = levels_of({"theft": whole})["theft"]
    plain, levelled = PeriodMean(12), Levelled(PeriodMean(12), levels)
    off = []
    for month in range(42, 54):
        start, end = float(whole.bounds[month]), float(whole.bounds[month + 1])
        came = whole.amount(start, end).sum()
        known = whole.before(start)
        off.append([abs(model.fit(known).predict(end).sum() / came - 1) for model in (plain, levelled)])
        assert levels.forms[start].endswith((",A) and log-linear", ",M) and log-linear"))
    without, with_level = np.mean(off, axis=0)
    assert without > 0.2 and with_level < 0.06


def test_a_season_is_seen_from_two_years_on() -> None:
    """Smoothing alone takes three years to see one, and the third year's map would know none."""
    whole = history(seasonal(36))
    levels = levels_of({"theft": whole})["theft"]
    off = {24: [], 12: []}
    for month in range(12, 36):
        start, end = float(whole.bounds[month]), float(whole.bounds[month + 1])
        came = whole.amount(start, end).sum()
        off[24 if month >= 24 else 12].append(abs(levels.per_day[start] * (end - start) / came - 1))
        assert levels.forms[start].endswith(LOG_LINEAR) == (month >= 24)
    assert np.mean(off[24]) < 0.5 * np.mean(off[12])


def test_two_forecasts_weigh_by_what_they_missed() -> None:
    """Worked by hand: a regression that runs wild after a break must lose its weight in the next month."""
    nan = float("nan")
    came = np.array([10.0, 10.0, 10.0, 10.0, 10.0])
    first = np.array([7.0, 11.0, 11.0, 12.0, 11.0])
    second = np.array([nan, nan, 14.0, 13.0, 12.0])
    # Squared errors by then: none; 1 and 16; the means of 1 and 4, and of 16 and 9.
    weights = [1 / 2, 16 / 17, 12.5 / 15.0]
    by_hand = [w * a + (1 - w) * b for w, a, b in zip(weights, first[2:], second[2:], strict=True)]
    assert combined(first, second, came) == pytest.approx([7.0, 11.0, *by_hand])
    exact = np.full(5, 10.0)
    assert combined(exact, exact, came) == pytest.approx(exact)


def test_only_the_last_six_errors_weigh() -> None:
    """A break of years ago would keep its say for ever."""
    came, first = np.full(9, 10.0), np.full(9, 11.0)
    second = np.array([900.0, 900.0, *np.full(7, 13.0)])
    # The ninth has errors of 1 and of 9 behind it; the eighth one of 890 among six.
    of_eighth = (890.0**2 + 5 * 9.0) / 6
    assert combined(first, second, came)[8] == pytest.approx(0.9 * 11 + 0.1 * 13)
    assert combined(first, second, came)[7] == pytest.approx(11 + 2 / (of_eighth + 1))


def test_the_regression_fades_its_trend_and_is_cut() -> None:
    """A trend that is drawn on doubles or ends a force within a year."""
    days = np.full(40, 30.0)
    falling = 1000 * np.exp(-0.02 * np.arange(40))
    # Nine tenths of a month on from the last one.
    assert _seasonal_rate(falling, days) == pytest.approx(1000 * np.exp(-0.02 * 39.9) / 30)
    assert _seasonal_rate(falling[::-1], days) == pytest.approx(1000 / 30)


def test_the_regression_has_a_half_year_from_three_years_on() -> None:
    """What has two peaks a year, such as terms of a university, would be told as if it had none."""
    twice = 1000 * np.exp(0.3 * np.cos(4 * np.pi * np.arange(49) / 12))
    days = np.full(49, 30.0)
    assert _seasonal_rate(twice[:48], days[:48]) == pytest.approx(twice[48] / 30, rel=0.01)
    assert _seasonal_rate(twice[:24], days[:24]) != pytest.approx(twice[24] / 30, rel=0.1)


def test_what_falls_below_nothing_has_the_mean_of_a_year() -> None:
    """An additive season under a small level may expect less than nothing, and no map can be scaled to it."""
    below = Smoothing("ETS(A,N,N)", -0.1, 0.0, np.zeros(0), 0.5, 0.0, 0.0, 1.0, 0.1, 20, 1.0)
    values, days = np.arange(24.0), np.full(24, 30.0)
    assert _smoothed_rate(below, values, days) == (values[12:].sum() / 360, PLAIN_MEAN)


def test_a_level_has_no_trend() -> None:
    """A line through some years, drawn on from a last month of chance, is no better over one month."""
    levels = levels_of({"theft": history(np.round(200 * 1.03 ** np.arange(60)))})["theft"]
    forms = {form.removesuffix(f" and {LOG_LINEAR}") for form in levels.forms.values()} - {PLAIN_MEAN}
    assert forms and all(form.split(",")[1] == "N" for form in forms)


@given(st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_a_combination_lies_between(count: int, seed: int) -> None:
    """A weight below 0 or above 1 would forecast what neither did."""
    random = np.random.default_rng(seed)
    first, second, came = random.gamma(2.0, 50.0, (3, count))
    second[: count // 2] = np.nan
    both = combined(first, second, came)
    lower, upper = np.fmin(first, second), np.fmax(first, second)
    assert ((both >= lower - 1e-9) & (both <= upper + 1e-9)).all()


def test_places_keep_their_order_and_their_shares() -> None:
    """Whatever scales one area and not another would move officers for a reason that nobody judged."""
    whole = history(seasonal(30))
    levels = levels_of({"theft": whole})["theft"]
    until = whole.end + 31
    plain = PeriodMean(12).fit(whole).predict(until)
    levelled = Levelled(PeriodMean(12), levels).fit(whole).predict(until)
    assert levelled / levelled.sum() == pytest.approx(plain / plain.sum())
    assert levelled.sum() == pytest.approx(31 * levels.per_day[whole.end])
    assert (scaled(np.zeros(3), 5.0) == 0).all()


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (31, "as it is"),
        (7, "2024-07 alone, until day 19936; asked was until day 19912: forecast each later month"),
        (62, "2024-07 alone, until day 19936; asked was until day 19967"),
        (0, "asked was until day 19905"),
    ],
)
def test_a_level_is_that_of_one_month(days: int, told: str) -> None:
    """July's rate drawn out over August, or cut to a week, would be told as if somebody had forecast it."""
    whole = history(seasonal(30))
    model = Levelled(PeriodMean(12), levels_of({"theft": whole})["theft"])
    until = whole.end + days
    # As it comes back from a file.
    held = json.loads(json.dumps(stored(model, whole, whole.end + 31)))
    if days == 31:
        assert (expected(held, whole, until) == model.fit(whole).predict(until)).all()
        return
    for forecast in (model.fit(whole).predict, partial(expected, held, whole)):
        with pytest.raises(ValueError, match=told):
            forecast(until)


def test_a_level_of_a_leap_year_and_of_no_month() -> None:
    """February has 29 days once in four years, and weeks that are taken for months would pass unseen."""
    february = float(np.datetime64("2024-02-01").astype(int))
    assert days_told(february, february + 29) == 29
    with pytest.raises(ValueError, match="until day 19783; asked was until day 19782"):
        days_told(february, february + 28)
    for day in (february + 7, february + 0.5):
        with pytest.raises(ValueError, match="begins none: give a history whose bounds are first days"):
            days_told(day, day + 29)


def test_no_later_month_tells_an_earlier_level() -> None:
    """A level that has seen its own month would win every backtest."""
    sums = seasonal(40)
    other = np.concatenate([sums[:30], sums[30:][::-1] * 3])
    known, changed = (levels_of({"theft": history(one)})["theft"] for one in (sums, other))
    alone = levels_of({"theft": history(sums[:30])})["theft"]
    days = history(sums).bounds[1:31].tolist()
    # To rounding: some processors' sums of a fit differ in the last digit by how many fits lie beside it.
    for other_levels in (changed, alone):
        for day in days:
            assert other_levels.per_day[day] == pytest.approx(known.per_day[day], rel=1e-12)
    assert known.forms[days[-1]] == changed.forms[days[-1]] == alone.forms[days[-1]]
    assert known.per_day[history(sums).end] != changed.per_day[history(sums).end]


def test_crime_groups_add_up_to_all_crime() -> None:
    """Groups that say more together than all crime does leave the reader to choose whom to believe."""
    parts = {"theft": history(seasonal(40, 91)), "burglary": history(np.full(40, 200.0))}
    both = history(seasonal(40, 91) + 200.0)
    levels = levels_of({ALL_CRIME: both, **parts})
    alone = levels_of({ALL_CRIME: both})
    for day in both.bounds[1:].tolist():
        whole = levels[ALL_CRIME].per_day[day]
        assert whole == alone[ALL_CRIME].per_day[day]
        assert levels["theft"].per_day[day] + levels["burglary"].per_day[day] == pytest.approx(whole)


def test_what_cannot_be_smoothed_has_its_mean() -> None:
    """The first months of a force, and a group without a record, must not stop the job."""
    levels = levels_of({"theft": history(seasonal(3)), "other": history(np.zeros(3))})
    end = history(np.zeros(3)).end
    assert levels["theft"].forms[end] == levels["other"].forms[end] == PLAIN_MEAN
    assert levels["other"].per_day[end] == 0.0
    known = history(seasonal(3))
    assert levels["theft"].per_day[end] == pytest.approx(known.amount(known.start, end).sum() / 90)


def test_what_is_published_has_the_season_and_adds_up() -> None:
    """The level must reach the tables: map, backtest and the sums that a reader checks first."""
    months = months_of(36)
    table = pd.concat(
        [
            records(months[place : place + 1], place, mean=8.0 * SEASON[place % 12])
            for place in range(len(months))
        ]
    )
    study = lsoa_study(table, neighbourhoods(), months)
    judged = judge(study)
    rows = forecast_table(study, judged, "seed_article")
    sums = rows.groupby("crime_group")["expected_crime_count"].sum()
    levels = levels_of(study.counts)
    for one in judged:
        if one.champion in BASELINES:
            assert "form" not in one.learned["count"]
            continue
        day = study.counts[one.group].end
        assert sums[one.group] == pytest.approx(31 * levels[one.group].per_day[day]), one.group
        assert one.learned["count"]["form"] == levels[one.group].forms[day]
    whole = next(one for one in judged if one.group == ALL_CRIME)
    assert whole.champion not in BASELINES
    assert sums[ALL_CRIME] == pytest.approx(25 * 4 * 8 * SEASON[0], rel=0.15)
    backtest = backtest_table(study, judged)
    own = backtest[
        (backtest["crime_group"] == ALL_CRIME)
        & (backtest["metric"] == "total_error_share")
        & (backtest["force_slug"] == EVERY_FORCE)
    ].set_index("model")["metric_value"]
    assert own[whole.champion] < own["mean_12"] - 0.1
