"""Deprivation by hand: which areas are taken, what is held out, how far off, and what shuffling costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.deprivation.errors import errors_by_tenth
from ml.deprivation.evaluate import deviance, fit_folds, held_out, interval, measures
from ml.deprivation.importance import permutation_importance
from ml.deprivation.models import Forest, Mean, SpatialLag, rate_bounds
from ml.deprivation.sample import DOMAINS, INDEX_YEARS, Sample, sample_of
from ml.deprivation.study import _measured

HARM = "harm_days_rate_per_1000"


def sample(amount: list[float], exposure: list[float] | float = 1.0) -> Sample:
    """Areas on a line, 100 m apart."""
    count = len(amount)
    place = np.column_stack([100.0 * np.arange(count), np.zeros(count)])
    features = np.zeros((count, len(DOMAINS)))
    return Sample(place, features, np.array(amount), np.broadcast_to(exposure, count).astype(float))


def described(count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Areas with an amount each, and scores that tell area, domain and edition apart."""
    codes = [f"E{place:03d}" for place in range(count)]
    areas = pd.DataFrame(
        {
            "lsoa_code": codes,
            "easting_m": np.arange(count) * 1.0,
            "northing_m": 0.0,
            "resident_count": 500,
            "month_count": 24,
            "crime_count": 1,
            "harm_days": 3.0,
        }
    )
    rows = [
        (code, year, domain, 1000 * (year == 2025) + 10 * place + number)
        for place, code in enumerate(codes)
        for year in INDEX_YEARS
        for number, domain in enumerate((*DOMAINS, "crime"))
    ]
    return areas, pd.DataFrame(rows, columns=["lsoa_code", "index_year", "domain", "domain_score"])


def test_fifty_areas_with_an_amount_are_enough() -> None:
    """Of fewer, ten regions would be judged by a handful; areas of nothing tell of no rate."""
    areas, domains = described(60)
    for nothing, is_enough in ((10, True), (11, False)):
        few = areas.assign(harm_days=areas["harm_days"].where(areas.index >= nothing, 0.0))
        assert (sample_of(few, domains, HARM, 2025) is not None) == is_enough


def test_a_sample_by_hand() -> None:
    """Scores of another domain or edition, or areas that nobody lives in, would teach what is not so."""
    areas, domains = described(56)
    areas["resident_count"] = areas["resident_count"].astype("Int64")
    areas.loc[1, "resident_count"] = 0
    areas.loc[2, "month_count"] = 0
    areas.loc[3, "northing_m"] = np.nan
    of_four = (domains["lsoa_code"] == "E004") & (domains["domain"] == "health")
    found = sample_of(areas.iloc[::-1], domains[~of_four].iloc[::-1], HARM, 2025)
    assert found is not None and found.place[:, 0].tolist() == [0.0, *range(5, 56)]
    assert found.features[1].tolist() == [1050.0, 1051.0, 1052.0, 1053.0, 1054.0, 1055.0]
    # Three days of half a thousand residents in two years.
    assert set(found.exposure) == {1.0} and set(found.rate) == {3.0}
    other = sample_of(areas, domains, "crime_rate_per_1000", 2019)
    assert other is not None and other.features[2, 0] == 50.0 and set(other.rate) == {1.0}


def test_a_rate_is_held_out_of_what_gives_it() -> None:
    """An area that taught its own rate would make any model look right."""
    areas = sample([1.0, 2.0, 6.0, 12.0], [1.0, 1.0, 2.0, 4.0])
    folds = np.array([0, 0, 1, 2])
    rates = held_out(fit_folds(Mean(), areas, folds), areas, folds)
    assert rates == pytest.approx([18 / 6, 18 / 6, 15 / 6, 9 / 4])


def test_rates_stay_between_a_hundredth_of_the_mean_and_the_highest() -> None:
    """A rate of nothing is infinitely wrong where anything comes, and one beyond all seen is an accident."""
    areas = sample([0.0, 30.0, 6.0], [1.0, 2.0, 1.0])
    assert rate_bounds(areas) == pytest.approx((0.09, 15.0))
    nearest = SpatialLag(neighbours=1).fit(areas)
    assert nearest(areas) == pytest.approx([0.09, 15.0, 6.0])
    # Of eight neighbours by default, the ninth is none: eight of 1 and one of 91.
    line = sample([1.0] * 8 + [91.0])
    assert SpatialLag().fit(line)(line)[[0, 8]] == pytest.approx([1.0, 98 / 8])


def test_trees_are_grown_on_few_areas_and_their_leaves_hold_several() -> None:
    """Leaves of one area would repeat it; trees of all areas would take hours over a country."""
    random = np.random.default_rng(4)
    areas = sample(list(random.poisson(5, 300) * 1.0))
    areas = replace(areas, features=random.uniform(size=(300, len(DOMAINS))))
    forest = Forest(trees=4, rows=60).grow(areas)
    assert forest.criterion == "poisson"
    for tree in (one.tree_ for one in forest.estimators_):
        leaves = tree.n_node_samples[tree.children_left < 0]
        assert tree.n_node_samples[0] <= 60 and len(leaves) > 1 and leaves.min() >= 5


def test_measures_by_hand() -> None:
    """Shares of deviance and correlations of drawn areas would be those of others."""
    areas, rate = sample([0.0, 2.0, 8.0], [1.0, 1.0, 2.0]), np.array([1.0, 3.0, 2.0])
    own = np.array([2.0, 2 * (2 * np.log(2 / 3) + 1), 2 * (8 * np.log(2) - 4)])
    assert deviance(areas, rate) == pytest.approx(own)
    mean = np.full(3, 2.5)
    weights = np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.0]])
    found = measures(areas, rate, mean, weights)
    of_mean = deviance(areas, mean)
    assert found["deviance_explained"] == pytest.approx(
        [1 - own.sum() / of_mean.sum(), 1 - (2 * own[0] + own[1]) / (2 * of_mean[0] + of_mean[1])]
    )
    # Rates of 0, 2 and 4: one off each, and two off the last.
    assert found["mean_absolute_error"] == pytest.approx([4 / 3, 1.0])
    # Ranks 1, 2, 3 beside 1, 3, 2; drawn: 1, 1, 2 beside 1, 1, 3.
    assert found["rank_correlation"] == pytest.approx([0.5, 1.0])


def test_an_interval_is_of_the_draws_alone() -> None:
    """The figure of all areas among them would draw its own bounds in."""
    assert interval(np.array([9.0, *range(41)])) == pytest.approx((9.0, 1.0, 39.0))


def test_gains_are_over_the_best_baseline() -> None:
    """Against the worst of three any forest would be a find; the order of one rate is that of its folds."""
    areas = sample([1.0, 2.0, 3.0, 6.0])
    rates = {
        "forest": np.array([1.0, 2.0, 3.0, 6.0]),
        "poisson_glm": np.array([1.0, 2.0, 3.0, 3.0]),
        "spatial_lag": np.array([2.0, 2.0, 2.0, 3.0]),
        "mean": np.full(4, 3.0),
    }
    found = _measured(areas, rates, np.ones((1, 4)))
    lost = deviance(areas, rates["poisson_glm"]).sum() / deviance(areas, rates["mean"]).sum()
    assert found["forest", "deviance_explained_gain"] == pytest.approx([lost])
    assert ("mean", "rank_correlation") not in found and ("forest", "rank_correlation") in found


def test_importance_is_the_share_of_deviance_that_shuffles_add() -> None:
    """Two areas a fold can only change places: each of five shuffles costs all of that, or nothing."""
    areas = sample([2.0, 8.0, 3.0, 6.0])
    features = areas.features.copy()
    features[:, 2] = [2.0, 7.0, 3.0, 5.0]
    areas, folds = replace(areas, features=features), np.array([0, 0, 1, 1])

    def predict(other: Sample) -> np.ndarray:
        return other.features[:, 2]

    found = permutation_importance([predict] * 2, areas, folds, np.full(4, 4.0))
    swapped = replace(areas, features=features[[1, 0, 3, 2]])
    cost = (deviance(swapped, predict(swapped)) - deviance(areas, predict(areas))).reshape(2, 2).sum(axis=1)
    whole = deviance(areas, np.full(4, 4.0)).sum()
    possible = [(one * cost[0] + other * cost[1]) / 5 / whole for one in range(6) for other in range(6)]
    value, lower, upper = found[DOMAINS[2]]
    assert np.abs(np.array(possible[1:]) - value).min() < 1e-12 and lower <= value <= upper
    # Of folds drawn anew, no share is beyond that of the fold in which changing places costs the most.
    of_folds = cost / deviance(areas, np.full(4, 4.0)).reshape(2, 2).sum(axis=1)
    assert lower >= 0 and upper <= of_folds.max() + 1e-12
    assert found[DOMAINS[0]] == (0.0, 0.0, 0.0)


def test_errors_of_a_tenth_weigh_by_residents_and_need_three_regions() -> None:
    """An area of a handful would count as a town; two regions drawn anew say nothing of others."""
    areas = sample([10.0] * 200, [1.0, 3.0] * 100)
    areas = replace(areas, features=np.repeat(np.arange(200.0)[:, None], len(DOMAINS), axis=1))
    rates = {"forest": np.full(200, 6.0), "mean": areas.rate + np.tile([1.0, 2.0], 100)}
    rows = errors_by_tenth(areas, rates, np.arange(200) % 3, model="forest", beside="mean")
    # Recorded are 10 and 10 / 3: expected less that is -4 for one resident, and 8 / 3 for three.
    assert rows[0]["mean_error"] == pytest.approx((-4 + 8) / 4) and rows[0]["area_count"] == 20
    assert rows[0]["baseline"] == pytest.approx((1 + 3 * 2) / 4)
    two = errors_by_tenth(areas, rates, np.arange(200) % 2, model="forest", beside="mean")
    assert np.isnan([row["mean_error"] for row in two]).all()
    fewer = errors_by_tenth(
        areas.take(np.arange(199)),
        {name: rate[:199] for name, rate in rates.items()},
        np.arange(199) % 3,
        model="forest",
        beside="mean",
    )
    assert [np.isnan(row["mean_error"]) for row in fewer] == [False] * 9 + [True]
