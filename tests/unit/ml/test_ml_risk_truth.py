"""Risk on the sandbox's declared truth, and futures that must change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import ml.risk.judged
from ml.common.crime_groups import GROUP_NAMES
from ml.risk.backtest import EVERY_FORCE, every_origin
from ml.risk.judged import Judged, judge
from ml.risk.study import CELL_M, DOMAINS, Study, grid_study, lsoa_study
from ml.risk.tables import backtest_table, forecast_table
from orchestration.environment import PROJECT_ROOT
from orchestration.sandbox.categories import NAMES
from orchestration.sandbox.city import City
from orchestration.sandbox.plan import CityPlan
from tests.unit.ml.risk_frames import months_of, neighbourhoods, records

PLAN = CityPlan(first_month="2024-01", last_month="2025-12", crimes=108_000)
_SEED = pd.read_csv(PROJECT_ROOT / "dbt_project" / "seeds" / "harm_weights.csv")
#: Harm days of each category: none to a thousand.
WEIGHTS = _SEED[_SEED["scheme"] == "seed_article"].set_index("category")["days"][list(NAMES)].to_numpy(float)


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
            "harm_days": WEIGHTS[kind] * drawn[lsoa, kind, month],
        }
    )
    side = np.ceil(np.sqrt(count))
    place = np.arange(count)
    lsoas = pd.DataFrame({"lsoa_code": codes, "easting_m": place % side, "northing_m": place // side})
    lsoas[["easting_m", "northing_m"]] *= 600.0
    lsoas = lsoas.assign(
        force_slug="a", area_km2=0.4, population_count=1500, **{f"{name}_score": 0.0 for name in DOMAINS}
    )
    study = lsoa_study(table, lsoas, months)
    return study, judge(study)


@pytest.fixture(scope="module")
def sparse() -> tuple[Study, list[Judged]]:
    """900 cells of 250 m with some one record a month, whose mix of light and grave differs by cell."""
    random = np.random.default_rng(82)
    months = months_of(20)
    east, north = (part.ravel() for part in np.meshgrid(np.arange(30), np.arange(30)))
    mix = random.dirichlet(20 * City(PLAN).intensity.sum(axis=(0, 2)) / City(PLAN).intensity.sum(), 900)
    drawn = random.poisson(random.gamma(2.0, 0.5, (900, 1, 1)) * mix[:, :, None] * np.ones(len(months)))
    cell, kind, month = np.nonzero(drawn)
    area = east // 3 + 10 * (north // 3)
    table = pd.DataFrame(
        {
            "lsoa_code": np.array([f"E01{i:06d}" for i in range(100)], dtype=object)[area[cell]],
            "cell_easting_m": CELL_M * east[cell],
            "cell_northing_m": CELL_M * north[cell],
            "crime_month": months[month].astype("datetime64[s]"),
            "crime_type": np.array(NAMES, dtype=object)[kind],
            "crime_count": drawn[cell, kind, month],
            "harm_days": WEIGHTS[kind] * drawn[cell, kind, month],
        }
    )
    west, south = 3 * CELL_M * (np.arange(100) % 10), 3 * CELL_M * (np.arange(100) // 10)
    lsoas = pd.DataFrame({"lsoa_code": [f"E01{i:06d}" for i in range(100)], "population_count": 1500})
    shapes = shapely.to_wkb(shapely.box(west, south, west + 3 * CELL_M, south + 3 * CELL_M))
    lsoas = lsoas.assign(
        force_slug="a", geometry_wkb=shapes, area_km2=0.5625, **{f"{name}_score": 0.0 for name in DOMAINS}
    )
    study = grid_study(table, lsoas, months)
    assert study.cells.count == 900
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ml.risk.judged, "GROUP_NAMES", ("all_crime", "violence_robbery", "theft"))
        return study, judge(study)


def champions(study: Study, judged: list[Judged]) -> pd.DataFrame:
    """Scores of the published models, a row for each crime group."""
    table = backtest_table(study, judged)
    own = table[table["is_champion"] & (table["area_share"] == 1.0) & (table["force_slug"] == EVERY_FORCE)]
    return own.pivot(index="crime_group", columns="metric", values="metric_value")


def test_published_intervals_cover_what_they_say(
    truth: tuple[Study, list[Judged]], sparse: tuple[Study, list[Judged]]
) -> None:
    """An 80% interval that held 60% of months would be believed, and planned by.

    An interval of whole numbers, or of harm that most areas have none of, cannot cover its level exactly. So
    every group is asked for the coverage with the discreteness taken out: the central share.
    """
    dense, few = champions(*truth), champions(*sparse)
    assert set(dense.index) == set(GROUP_NAMES) and len(few) == 3
    for own in (dense, few):
        for prefix in ("", "harm_"):
            assert own[f"{prefix}central_80_share"].between(0.76, 0.84).all(), own[
                f"{prefix}central_80_share"
            ]
            assert own[f"{prefix}central_95_share"].between(0.92, 0.98).all(), own[
                f"{prefix}central_95_share"
            ]


def test_intervals_of_many_records_cover_their_level_plainly(truth: tuple[Study, list[Judged]]) -> None:
    """With several records a month the plain share is near its level too, and elsewhere not below it."""
    own = champions(*truth)
    count, harm = ["all_crime", "violence_robbery", "damage_disorder"], ["all_crime", "violence_robbery"]
    for prefix, many in (("", count), ("harm_", harm)):
        for level, least, most in ((80, 0.76, 0.84), (95, 0.92, 0.98)):
            covered = own[f"{prefix}coverage_{level}_share"]
            assert covered[many].between(least, most).all(), covered
            assert (covered > least).all(), covered


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
