"""Deprivation and rates: planted relations are found, and random folds flatter where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_poisson_deviance

from ml.common.contracts import CONTRACTS, ContractError, conform
from ml.common.model_card import card_as_markdown
from ml.deprivation.card import deprivation_card
from ml.deprivation.errors import errors_by_tenth
from ml.deprivation.evaluate import block_weights, deviance, interval, measures
from ml.deprivation.figures import importance_figure, scores_figure
from ml.deprivation.folds import BLOCKS, random_folds, spatial_blocks
from ml.deprivation.importance import partial_dependence, permutation_importance
from ml.deprivation.models import Forest, PoissonGlm, SpatialLag
from ml.deprivation.sample import DOMAINS, Sample, sample_of
from ml.deprivation.study import Found, _Judged, assess_deprivation
from tests.unit.ml.broken_rules import broken_rules
from tests.unit.ml.deprivation_worlds import drawn, long_domains, make_world, percent, smooth_field, unrelated

pytestmark = pytest.mark.usefixtures("one_thread")
CRIME, HARM = "crime_rate_per_1000", "harm_days_rate_per_1000"
LABELS = {
    "harm_scheme": "seed_article",
    "window_start_month": pd.Timestamp("2025-01-01"),
    "window_end_month": pd.Timestamp("2025-12-01"),
}


@pytest.fixture(scope="module")
def planted() -> Found:
    """Records follow the income score log-linearly, harm is high at both ends of health."""
    areas, domains, fields = make_world(side=20, seed=1, width=1.0)
    areas["crime_count"] = drawn(areas, 60 * np.exp(2.5 * (percent(fields["income"]) - 0.5)), seed=2)
    areas["harm_days"] = drawn(areas, np.where(np.abs(fields["health"]) > 0.7, 300.0, 40.0), seed=3)
    return assess_deprivation(areas, domains, (2025,))


@pytest.fixture(scope="module")
def leaky() -> Found:
    """Records and deprivation are smooth over space, and have nothing to do with each other."""
    areas, domains, fields = make_world(side=24, seed=4, width=2.0)
    field = unrelated(smooth_field(np.random.default_rng(5), 24, 2.0), fields)
    areas["crime_count"] = drawn(areas, 60 * np.exp(0.8 * field), seed=6)
    return assess_deprivation(areas, domains, (2025,))


def figures(
    found: Found, target: str, kind: str, model: str, metric: str = "deviance_explained"
) -> pd.Series:
    """Value, lower and upper bound of one row of the scores."""
    rows = found.scores.set_index(["target", "fold_kind", "model", "metric"])
    return rows.loc[(target, kind, model, metric), ["value", "lower", "upper"]].astype(float)


def champion(found: Found, target: str) -> str:
    """The one champion of a target."""
    (name,) = found.scores.loc[
        found.scores["is_champion"] & (found.scores["target"] == target), "model"
    ].unique()
    return str(name)


def test_planted_relations_are_recovered(planted: Found) -> None:
    """A fault in joining scores to areas or in the importance would hide what is certainly there."""
    assert figures(planted, CRIME, "spatial", "forest")["lower"] > 0.5
    for target, domain in ((CRIME, "income"), (HARM, "health")):
        own = planted.importance[planted.importance["target"] == target].set_index("feature")
        assert own["importance"].idxmax() == domain
        assert own.loc[domain, "lower"] > 0.3
        assert own["importance"].drop(domain).max() < 0.1
    income = planted.importance.set_index(["target", "feature"]).loc[(CRIME, "income")]
    # First and ninth decile lie 0.8 apart: exp(2.5 * 0.8) is 7.4; a forest rounds off the ends.
    assert 4 < income["rate_at_high_score"] / income["rate_at_low_score"] < 8
    curve = planted.partial[(planted.partial["target"] == HARM) & (planted.partial["feature"] == "health")]
    rates = curve.sort_values("quantile")["rate_per_1000"].to_numpy()
    assert min(rates[0], rates[-1]) > 2 * rates[4]


def test_the_forest_is_champion_only_where_it_wins(planted: Found) -> None:
    """A forest that loses to a regression must not be published as if it told more."""
    assert champion(planted, CRIME) == "poisson_glm"
    assert champion(planted, HARM) == "forest"
    assert figures(planted, HARM, "spatial", "forest", "deviance_explained_gain")["lower"] > 0
    card = deprivation_card(planted.scores, planted.errors, version="1", months=("2025-01", "2025-12"))
    assert "Records, indices of 2025: the forest does not clearly beat the best baseline" in card.verdict
    assert "Harm days, indices of 2025: the forest clearly beats the best baseline" in card.verdict
    assert card.champion == "forest, poisson_glm"
    text = card_as_markdown(card)
    assert text.count("tenth 10 by income, the least deprived") == 2
    assert f"{figures(planted, CRIME, 'spatial', 'forest')['value']:,.4g}" in text


def test_errors_are_told_by_tenths_of_deprivation(planted: Found) -> None:
    """A mean over all areas would hide that the poorest are expected to have more than they have."""
    own = planted.errors[planted.errors["target"] == HARM]
    assert own["tenth"].tolist() == list(range(1, 11))
    assert ((own["lower"] <= own["mean_error"]) & (own["mean_error"] <= own["upper"])).all()
    sample = Sample(
        place=np.zeros((200, 2)),
        features=np.column_stack([np.arange(200.0)] * 6),
        amount=np.full(200, 20.0),
        exposure=np.full(200, 2.0),
    )
    # Twice the recorded rate where income deprivation is highest, and right elsewhere.
    rates = {"forest": np.where(np.arange(200) >= 180, 20.0, 10.0), "mean": np.full(200, 11.0)}
    blocks = np.arange(200) % 4
    rows = errors_by_tenth(sample, rates, blocks, model="forest", beside="mean")
    assert [row["mean_error"] for row in rows] == [10.0] + [0.0] * 9
    assert {row["baseline"] for row in rows} == {1.0}
    alone = errors_by_tenth(sample, rates, np.arange(200) // 100, model="forest", beside="mean")
    assert all(np.isnan(row["mean_error"]) for row in alone)


def test_random_folds_flatter_without_any_relation(leaky: Found) -> None:
    """Folds that leak through neighbours would sell a map of places as a law of deprivation."""
    assert figures(leaky, CRIME, "random", "forest")["lower"] > 0.2
    assert figures(leaky, CRIME, "spatial", "forest")["lower"] < 0
    difference = figures(leaky, CRIME, "random_minus_spatial", "forest")
    assert difference["lower"] > 0.1
    values = [figures(leaky, CRIME, kind, "forest")["value"] for kind in ("random", "spatial")]
    assert difference["value"] == pytest.approx(values[0] - values[1])
    # Neighbours tell nearly everything when they are known, which is what leaks.
    assert figures(leaky, CRIME, "random", "spatial_lag")["value"] > 0.6


def test_a_target_without_amounts_is_left_out(leaky: Found) -> None:
    """Rates of nothing would be divided by a deviance of 0."""
    assert set(leaky.scores["target"]) == {CRIME}


def test_tables_keep_their_contracts_and_suites(planted: Found, leaky: Found) -> None:
    """A run would fail at its last step, when a table is written or judged."""
    for found in (planted, leaky):
        for table, frame in (
            ("ml_deprivation_scores", found.scores),
            ("ml_deprivation_importance", found.importance),
        ):
            kept = conform(frame.assign(**LABELS), CONTRACTS[table])
            assert broken_rules(table, {table: kept}) == []


def test_the_suite_and_the_contract_refuse_what_is_wrong(planted: Found) -> None:
    """Two champions, or the crime domain as an explanation of crime, would be published."""
    rows = planted.scores.assign(**LABELS)
    with pytest.raises(ContractError, match="no champion, or several"):
        conform(rows.assign(is_champion=True), CONTRACTS["ml_deprivation_scores"])
    crime = planted.importance.assign(**LABELS).replace({"feature": {"income": "crime"}})
    with pytest.raises(ContractError, match="'crime' is not one of"):
        conform(crime, CONTRACTS["ml_deprivation_importance"])
    spatial_only = rows[rows["fold_kind"] == "spatial"].assign(is_champion=rows["model"] == "mean")
    assert broken_rules("ml_deprivation_scores", {"ml_deprivation_scores": spatial_only}) == [
        "both_kinds_of_folds",
        "champion_not_worse_than_baselines",
    ]
    some = planted.importance.assign(**LABELS).iloc[1:]
    assert broken_rules("ml_deprivation_importance", {"ml_deprivation_importance": some}) == [
        "every_domain_there"
    ]


def test_same_input_gives_the_same_tables_and_crime_is_no_feature() -> None:
    """Releases would differ without a reason, or recorded crime would be predicted from itself."""
    areas, domains, fields = make_world(side=8, seed=7, width=1.0)
    areas["crime_count"] = drawn(areas, 60 * np.exp(fields["income"]), seed=8)
    first = assess_deprivation(areas, domains, (2025,))
    crime = long_domains(areas, {"crime": areas["crime_count"].to_numpy(float)})
    mixed = pd.concat([crime, domains]).sample(frac=1, random_state=1)
    again = assess_deprivation(areas.sample(frac=1, random_state=2), mixed, (2025,))
    pd.testing.assert_frame_equal(first.scores, again.scores)
    pd.testing.assert_frame_equal(first.importance, again.importance)
    pd.testing.assert_frame_equal(first.partial, again.partial)


def test_too_few_areas_give_empty_tables() -> None:
    """A force of a handful of areas would stop the run, or be judged on blocks of one."""
    areas, domains, _ = make_world(side=7, seed=9, width=1.0)
    found = assess_deprivation(areas.assign(crime_count=5), domains)
    for table, frame in (
        ("ml_deprivation_scores", found.scores),
        ("ml_deprivation_importance", found.importance),
    ):
        assert conform(frame.assign(**LABELS), CONTRACTS[table]).empty
    assert found.partial.empty


def test_exposure_is_residents_times_months_seen() -> None:
    """A force that sent half a year would look half as burdened as it is."""
    areas, domains, _ = make_world(side=8, seed=10, width=1.0)
    areas = areas.assign(crime_count=6, month_count=6, resident_count=2_000)
    areas["resident_count"] = areas["resident_count"].astype("Int64")
    areas.loc[0, "resident_count"] = None
    sample = sample_of(areas, domains, CRIME, 2025)
    assert sample is not None
    assert len(sample.rate) == 63
    assert sample.rate == pytest.approx(6 / 2 / 0.5)


def test_blocks_are_regions_and_folds_are_even() -> None:
    """Blocks that mix near and far would leak as random folds do."""
    areas, _, _ = make_world(side=20, seed=11, width=1.0)
    place = areas[["easting_m", "northing_m"]].to_numpy()
    blocks, folds = spatial_blocks(place), random_folds(400)
    assert set(blocks) == set(folds) == set(range(BLOCKS))
    assert set(np.bincount(folds)) == {40}
    spread = [place[blocks == block].std(axis=0).max() for block in range(BLOCKS)]
    assert max(spread) < 0.5 * place.std(axis=0).min()


def test_the_spatial_lag_knows_only_areas_seen() -> None:
    """A baseline that sees the answer next door would beat every model, and for no good reason."""
    near = np.column_stack([np.arange(5) * 100.0, np.zeros(5)])
    place = np.vstack([near, near + 1e6])
    amount = np.r_[np.full(5, 10.0), np.full(5, 90.0)]
    sample = Sample(place, np.zeros((10, len(DOMAINS))), amount, np.full(10, 2.0))
    seen = sample.take(np.arange(10) >= 5)
    predicted = SpatialLag(neighbours=3).fit(seen)(sample.take(np.arange(10) < 5))
    assert predicted == pytest.approx(45.0)


def test_the_regression_weighs_by_residents() -> None:
    """A rate of few residents would move the regression as much as one of many."""
    rng = np.random.default_rng(12)
    features = rng.normal(size=(3_000, len(DOMAINS)))
    exposure = rng.uniform(0.5, 5.0, 3_000)
    amount = rng.poisson(20 * np.exp(0.5 * features[:, 0]) * exposure).astype(float)
    fitted = PoissonGlm().fit(Sample(np.zeros((3_000, 2)), features, amount, exposure))
    asked = np.zeros((2, len(DOMAINS)))
    asked[1, 0] = 1.0
    rates = fitted(Sample(np.zeros((2, 2)), asked, np.zeros(2), np.ones(2)))
    assert rates[0] == pytest.approx(20, rel=0.02)
    assert rates[1] / rates[0] == pytest.approx(np.exp(0.5), rel=0.02)


def test_measures_against_other_implementations() -> None:
    """A slip in the deviance or in the ranks would move every score."""
    rng = np.random.default_rng(13)
    exposure = rng.uniform(1, 3, 40)
    sample = Sample(np.zeros((40, 2)), np.zeros((40, 6)), rng.poisson(5 * exposure).astype(float), exposure)
    rate = rng.uniform(3, 7, 40)
    expected = mean_poisson_deviance(sample.amount, rate * exposure)
    assert deviance(sample, rate).mean() == pytest.approx(expected)
    weights = block_weights(np.arange(40) // 4, resamples=50)
    assert weights[0].tolist() == [1.0] * 40
    assert (weights.sum(axis=1) == 40).all() and (weights[:, 0] == weights[:, 3]).all()
    found = measures(sample, rate, np.full(40, 5.0), weights)
    spearman = pd.Series(rate).corr(pd.Series(sample.rate), method="spearman")
    assert found["rank_correlation"][0] == pytest.approx(spearman)
    assert found["mean_absolute_error"][0] == pytest.approx(np.abs(rate - sample.rate).mean())
    assert measures(sample, np.full(40, 5.0), np.full(40, 5.0), weights)["deviance_explained"][0] == 0
    assert np.isnan(interval(np.full(5, np.nan))).all()


def test_rates_are_those_of_residents_taken_together() -> None:
    """A handful of residents with a great rate would weigh as much as a town."""
    exposure = np.repeat([0.01, 1.0], 20)
    rate = np.repeat([10.0, 2.0], 20)
    areas = Sample(np.zeros((40, 2)), np.zeros((40, len(DOMAINS))), rate * exposure, exposure)
    together = (rate * exposure).sum() / exposure.sum()
    for model in (Forest(trees=20), SpatialLag(neighbours=40)):
        assert model.fit(areas)(areas) == pytest.approx(np.full(40, together), rel=0.02)


@pytest.mark.parametrize(("lowest", "champion"), [(-0.02, "poisson_glm"), (0.01, "forest")])
def test_a_gain_that_may_be_chance_makes_no_champion(lowest: float, champion: str) -> None:
    """A forest that happens to win on these regions would be published for it."""
    gains = np.concatenate([[0.1], np.linspace(lowest, 0.3, 199)])
    explained = {"forest": 0.4, "poisson_glm": 0.3, "spatial_lag": 0.1, "mean": 0.0}
    measured = {(name, "deviance_explained"): np.full(200, value) for name, value in explained.items()}
    gain = {("forest", "deviance_explained_gain"): gains}
    judged = _Judged(few_areas(), np.zeros(60, dtype=np.int64), [], {}, {"spatial": measured | gain})
    assert judged.champion == champion


def few_areas() -> Sample:
    """Areas of which those with many residents have the higher scores of employment."""
    rng = np.random.default_rng(8)
    features = rng.uniform(10, 90, (60, len(DOMAINS)))
    features[:, 1] = np.arange(60)
    return Sample(rng.uniform(0, 9, (60, 2)), features, rng.poisson(20, 60) * 1.0, 0.1 + np.arange(60) / 10)


def test_importance_is_as_unsure_as_its_shuffles() -> None:
    """Shuffles of one region differ: an interval over regions alone would have no width here."""
    areas = few_areas()
    folds, mean = np.zeros(60, dtype=np.int64), np.full(60, areas.rate.mean())
    found = permutation_importance([lambda other: 1 + other.features[:, 1]], areas, folds, mean)
    value, lower, upper = found[DOMAINS[1]]
    assert lower < value < upper
    assert found[DOMAINS[0]] == (0.0, 0.0, 0.0)


def test_partial_dependence_is_a_mean_over_residents() -> None:
    """The score that is given is that of every area, and areas count by who lives there."""
    areas = few_areas()
    table = partial_dependence(lambda other: other.features[:, 1] + 2 * other.features[:, 0], areas)
    own = table[table["feature"] == DOMAINS[0]]
    expected = np.average(areas.features[:, 1], weights=areas.exposure) + 2 * own["score"]
    assert own["rate_per_1000"].to_numpy() == pytest.approx(expected.to_numpy())
    assert own["score"].to_numpy() == pytest.approx(np.quantile(areas.features[:, 0], np.arange(1, 10) / 10))


def test_figures_are_drawn(planted: Found) -> None:
    """A figure that cannot be drawn would stop the asset after the tables were worked out."""
    assert len(scores_figure(planted.scores).axes) == 2
    assert len(importance_figure(planted.importance, planted.partial).axes) == 4
