"""Risk on the sandbox's declared truth, and futures that must change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.risk.backtest import every_origin
from ml.risk.groups import GROUP_NAMES
from ml.risk.judged import Judged, judge
from ml.risk.study import DOMAINS, Study, grid_study, lsoa_study
from ml.risk.tables import backtest_table, forecast_table
from orchestration.sandbox.categories import NAMES
from orchestration.sandbox.city import City
from orchestration.sandbox.plan import CityPlan
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

PLAN = CityPlan(first_month="2024-01", last_month="2025-12", crimes=108_000)


@pytest.fixture(scope="module")
def truth() -> tuple[Study, list[Judged]]:
    """Two years drawn from the sandbox's declared intensity, judged by neighbourhood."""
    expected = City(PLAN).intensity
    count = len(expected)
    drawn = np.random.default_rng(80).poisson(expected)
    lsoa, kind, month = np.nonzero(drawn)
    months = np.array(PLAN.months, dtype="datetime64[M]")
    codes = np.array([f"E01{i:06d}" for i in range(count)], dtype=object)
    table = pd.DataFrame(
        {
            "lsoa_code": codes[lsoa],
            "crime_month": months[month].astype("datetime64[s]"),
            "crime_type": np.array(NAMES, dtype=object)[kind],
            "crime_count": drawn[lsoa, kind, month],
            "harm_days": 10.0 * drawn[lsoa, kind, month],
        }
    )
    side = np.ceil(np.sqrt(count))
    place = np.arange(count)
    lsoas = pd.DataFrame({"lsoa_code": codes, "easting_m": place % side, "northing_m": place // side})
    lsoas[["easting_m", "northing_m"]] *= 600.0
    lsoas = lsoas.assign(area_km2=0.4, population_count=1500, **{f"{name}_score": 0.0 for name in DOMAINS})
    study = lsoa_study(table, lsoas, months)
    return study, judge(study)


def test_published_intervals_cover_what_they_say(truth: tuple[Study, list[Judged]]) -> None:
    """An 80% interval that held 60% of months would be believed, and planned by.

    Whole numbers can only come near a level where areas have several records a month, so plain coverage is
    asked of those groups; the central share has no such excess, and is asked of every group.
    """
    study, judged = truth
    table = backtest_table(study, judged)
    champions = table[table["is_champion"] & (table["area_share"] == 1.0)]
    own = champions.pivot(index="crime_group", columns="metric", values="metric_value")
    assert set(own.index) == set(GROUP_NAMES)
    for name in ("all_crime", "violence_robbery", "damage_disorder"):
        assert 0.76 <= own.loc[name, "coverage_80_share"] <= 0.84, name
        assert 0.92 <= own.loc[name, "coverage_95_share"] <= 0.98, name
    assert own["central_80_share"].between(0.76, 0.84).all(), own["central_80_share"]
    assert own["central_95_share"].between(0.92, 0.98).all(), own["central_95_share"]


def test_the_backtest_beats_the_last_month_and_says_so(truth: tuple[Study, list[Judged]]) -> None:
    """On a city of steady risk the last month must lose, in every crime group."""
    _, judged = truth
    for one in judged:
        means = one.scores.groupby("model")["poisson_deviance"].mean()
        assert means[one.champion] < means["naive"], one.group
        assert one.champion in one.verdict


def test_forecasts_are_near_the_declared_truth(truth: tuple[Study, list[Judged]]) -> None:
    """Areas in the wrong order, or a lost month, would show in no figure of the backtest's own."""
    study, judged = truth
    expected = City(PLAN).intensity[:, :, -12:].sum(axis=(1, 2)) / 12
    forecast = next(one for one in judged if one.group == "all_crime").count.mean
    assert np.corrcoef(forecast, expected)[0, 1] > 0.9
    assert forecast.sum() == pytest.approx(expected.sum(), rel=0.1)
    assert study.left_out_count == 0


@pytest.fixture(scope="module")
def past() -> dict[str, pd.DataFrame]:
    """Forecasts of the month after fourteen, from the records of those months alone."""
    return _forecasts(records(months_of(16), 81), months_of(16)[:14])


def _forecasts(table: pd.DataFrame, months: np.ndarray) -> dict[str, pd.DataFrame]:
    studies = (build(table, neighbourhoods(), months) for build in (lsoa_study, grid_study))
    return {study.area_kind: forecast_table(study, judge(study), "a") for study in studies}


@settings(max_examples=2, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_future_changes_no_published_forecast(past: dict[str, pd.DataFrame], seed: int) -> None:
    """A later month that reaches a forecast makes every backtest look better than use will be."""
    months = months_of(16)
    table = records(months, 81)
    is_later = (table["crime_month"].to_numpy().astype("datetime64[M]") > months[13]).nonzero()[0]
    random = np.random.default_rng(seed)
    shuffled = table.copy()
    columns = ["lsoa_code", "cell_easting_m", "cell_northing_m", "crime_type", "harm_days"]
    taken = table.iloc[random.permutation(is_later)][columns]
    shuffled.loc[is_later, columns] = taken.to_numpy()
    shuffled.loc[is_later, "crime_count"] = random.integers(1, 9, len(is_later))
    later = _forecasts(shuffled, months[:14])
    for kind, before in past.items():
        pd.testing.assert_frame_equal(later[kind], before)


def test_the_future_changes_no_backtest_row_of_the_job() -> None:
    """A model, a memory or a choice of cells that saw a later month would change earlier origins."""
    months = months_of(15)
    table = records(months, 81)
    other = table.copy()
    is_later = table["crime_month"].to_numpy().astype("datetime64[M]") > months[13]
    other.loc[is_later, "crime_count"] = 7
    for build in (lsoa_study, grid_study):
        first, second = (judge(build(frame, neighbourhoods(), months)) for frame in (table, other))
        cut = every_origin(build(table, neighbourhoods(), months).counts["all_crime"], shortest=14)[0][0]
        for one, two in zip(first, second, strict=True):
            for early, late in ((one.scores, two.scores), (one.captures, two.captures)):
                is_over = early["end_day"] <= cut
                assert is_over.any()
                # The test can fail: what comes after does change the rows after.
                assert one.group != "all_crime" or not early[~is_over].equals(late[~is_over])
                pd.testing.assert_frame_equal(early[is_over], late[is_over])
