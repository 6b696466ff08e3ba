"""Call priority: measures against hand-worked numbers, no knowledge of the future, thresholds by cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.common.contracts import CONTRACTS, conform
from ml.priority import Assessment, Effort, Scenario, assess, assess_agency, time_ordered_split, year_split
from ml.priority.card import calibration_words, priority_card
from ml.priority.choose import champion
from ml.priority.features import (
    KNOWN_AT_CALL,
    KNOWN_LATER,
    Cases,
    Knowledge,
    fit_encoder,
    is_officer_initiated,
)
from ml.priority.groups import FEWEST, errors_by_group
from ml.priority.metrics import (
    average_precision,
    binary_metrics,
    chance_of,
    confusion,
    expected_calibration_error,
    level_metrics,
    quadratic_kappa,
    resamples,
    roc_auc,
)
from ml.priority.models import LookUp
from ml.priority.splits import random_split
from ml.priority.threshold import choose_threshold

ONE = np.ones((1, 4))
TARGET = np.array([0, 1, 0, 1])
LATER = {
    "disposition_code": "A",
    "disposition": "Arrest made",
    "last_changed_at": pd.Timestamp("2024-02-01"),
    "cleared_at": pd.Timestamp("2024-02-01"),
}


def made_up_calls(count: int = 700) -> pd.DataFrame:
    """Calls whose danger hangs on the type, and on one street."""
    rng = np.random.default_rng(5)
    kind, street = rng.integers(0, 4, count), rng.integers(0, 6, count)
    chance = np.array([0.05, 0.3, 0.6, 0.9])[kind] * np.where(street == 0, 0.3, 1.0)
    dangerous = rng.random(count) < chance
    priority = np.where(dangerous, rng.integers(1, 3, count), rng.integers(3, 7, count))
    return pd.DataFrame(
        {
            "agency": "somewhere",
            "called_at_local": pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(count), unit="h"),
            "priority": priority,
            "call_type": np.array(["NOISE", "VEHICLE STOP", "FIGHT", "SHOTS"])[kind],
            "block_low": pd.array(rng.integers(0, 20, count) * 100, dtype="Int32"),
            "street": np.array(["N A ST", "B AVE", "C RD", "D ST", "E ST", "F ST"])[street],
            "cross_street": pd.Series([None] * count, dtype="str"),
            "longitude": np.nan,
            "latitude": np.nan,
            **LATER,
        }
    )


@pytest.fixture(scope="module")
def calls() -> pd.DataFrame:
    """The made-up calls."""
    return made_up_calls()


@pytest.fixture(scope="module")
def found(calls: pd.DataFrame) -> Assessment:
    """What is measured of them."""
    return assess_agency(calls)


def main_matrices(found: Assessment, decision: str) -> pd.DataFrame:
    """Confusion matrices of the first scenario."""
    rows = found.confusion
    scenario = list(rows.columns[:5])
    return rows[(rows[scenario] == rows[scenario].iloc[0]).all(axis=1) & (rows["decision"] == decision)]


def test_areas_under_curves_by_hand() -> None:
    """A tie between a dangerous and a harmless call is half a success: 2.5 of 4 pairs here."""
    score = np.array([0.1, 0.4, 0.4, 0.3])
    assert roc_auc(TARGET, score, ONE)[0] == pytest.approx(2.5 / 4)
    # At 0.4 one of two is dangerous, at 0.3 two of three: 1/2 * 1/2 + 1/2 * 2/3.
    assert average_precision(TARGET, score, ONE)[0] == pytest.approx(7 / 12)
    assert np.isnan(roc_auc(np.zeros(4, dtype=int), score, ONE)[0])


def test_measures_agree_with_scikit_learn() -> None:
    """Our own formulas take weights of resamples; unweighted they must be what everybody else reports."""
    from sklearn import metrics as known

    rng = np.random.default_rng(1)
    target = rng.integers(0, 2, 300)
    score = np.round(np.clip(rng.normal(0.4 + 0.2 * target, 0.2), 0, 1), 2)
    ones = np.ones((1, 300))
    ours = binary_metrics(target, score, ones, threshold=0.3, miss_cost=5.0)
    sure = (score >= 0.5).astype(int)
    assert ours["roc_auc"][0] == pytest.approx(known.roc_auc_score(target, score))
    assert ours["pr_auc"][0] == pytest.approx(known.average_precision_score(target, score))
    assert ours["f1"][0] == pytest.approx(known.f1_score(target, sure))
    assert ours["precision"][0] == pytest.approx(known.precision_score(target, sure))
    levels, given_levels = rng.integers(0, 6, 300), rng.integers(0, 6, 300)
    table = confusion(levels, given_levels, 6, ones)
    assert (table[0] == known.confusion_matrix(levels, given_levels)).all()
    kappa = known.cohen_kappa_score(levels, given_levels, weights="quadratic")
    assert quadratic_kappa(table)[0] == pytest.approx(kappa)


def test_weights_stand_for_repeated_calls() -> None:
    """A bootstrap by weights must be one of calls, or its intervals mean nothing."""
    rng = np.random.default_rng(2)
    target, score = rng.integers(0, 2, 40), rng.random(40).round(1)
    weights = resamples(40, 3)
    for row in weights:
        again = np.repeat(np.arange(40), row.astype(int))
        alone = np.ones((1, len(again)))
        expected = roc_auc(target[again], score[again], alone)[0]
        assert roc_auc(target, score, row[None, :])[0] == pytest.approx(expected)


def test_calibration_error_by_hand() -> None:
    """Two bins of two calls: 0.15 promised and 0 come, 0.95 promised and half come."""
    probability, target = np.array([0.1, 0.19, 0.9, 1.0]), np.array([0, 0, 1, 0])
    assert expected_calibration_error(target, probability, ONE)[0] == pytest.approx((0.29 + 0.9) / 4)


def test_calibration_of_levels_is_of_the_level_that_is_given() -> None:
    """A regression may give another level than the likeliest, whose chance says nothing of being right."""
    probability = np.array([[0.45, 0.15, 0.4], [0.45, 0.15, 0.4], [0.1, 0.8, 0.1], [0.1, 0.8, 0.1]])
    target, given = np.array([0, 2, 1, 0]), np.array([1, 1, 1, 1])
    error = level_metrics(target, probability, given, ONE)["expected_calibration_error"][0]
    # Of two calls 0.15 is promised and none comes, of two 0.8 and half come.
    assert error == pytest.approx((2 * 0.15 + 2 * 0.3) / 4)
    assert chance_of(probability, given).tolist() == [0.15, 0.15, 0.8, 0.8]


def test_look_up_is_smoothed_by_the_training_shares() -> None:
    """One dangerous call of a rare type must not make that type certain."""
    cases = Cases(np.zeros((4, 0)), np.array(["a", "a", "a", "b"], dtype=object))
    fitted = LookUp().fit(cases, np.array([0, 0, 1, 1]), 2, Effort())
    asked = Cases(np.zeros((3, 0)), np.array(["a", "b", "new"], dtype=object))
    # Five calls' worth of the overall share, one half.
    expected = [(1 + 2.5) / 8, (1 + 2.5) / 6, 0.5]
    assert fitted.probabilities(asked)[:, 1] == pytest.approx(expected)
    # Without itself, the only call of type b is unknown.
    assert fitted.unseen[3, 1] == pytest.approx(0.5)


def test_nothing_known_only_later_is_a_feature(calls: pd.DataFrame) -> None:
    """A model that reads how a call ended looks brilliant in every test and is useless in use."""
    assert not set(KNOWN_AT_CALL) & set(KNOWN_LATER)
    assert set(LATER) <= set(KNOWN_LATER)
    target = (calls["priority"] <= 2).to_numpy(np.int64)
    encoder, seen = fit_encoder(calls, target, Knowledge())
    spoilt = calls.assign(**dict.fromkeys(KNOWN_LATER, "spoilt"))
    other, spoilt_seen = fit_encoder(spoilt, target, Knowledge())
    assert (seen.matrix == spoilt_seen.matrix).all()
    assert (encoder.apply(calls).matrix == other.apply(spoilt).matrix).all()
    bare = calls[list(KNOWN_AT_CALL)]
    assert (encoder.apply(bare).matrix == encoder.apply(calls).matrix).all()


def test_what_is_held_back_changes_nothing(calls: pd.DataFrame) -> None:
    """A result "without the call type" would be false if the type came in by another way."""
    target = (calls["priority"] <= 2).to_numpy(np.int64)
    kept = fit_encoder(calls, target, Knowledge("none", has_call_type=False))[1]
    other = calls.assign(call_type="X", street="Y", block_low=1, longitude=1.0, latitude=1.0)
    changed = fit_encoder(other, target, Knowledge("none", has_call_type=False))[1]
    assert (kept.matrix == changed.matrix).all() and (changed.call_type == "").all()


def test_rounded_places_keep_no_more_than_their_decimals(calls: pd.DataFrame) -> None:
    """A "rounded" place that still tells a house apart would be exact under another name."""
    rng = np.random.default_rng(3)
    placed = calls.assign(longitude=-121.9 + rng.random(len(calls)), latitude=37.3 + rng.random(len(calls)))
    target = (calls["priority"] <= 2).to_numpy(np.int64)
    rounded = placed.assign(longitude=placed["longitude"].round(1), latitude=placed["latitude"].round(1))
    one = fit_encoder(placed, target, Knowledge("rounded_1"))[1]
    other = fit_encoder(rounded, target, Knowledge("rounded_1"))[1]
    assert one.matrix == pytest.approx(other.matrix)


def test_officer_calls_are_told_by_their_words() -> None:
    """A vehicle stop is no call from the public; a stolen vehicle is."""
    types = pd.Series(["VEHICLE STOP ON FEMALE", "STOLEN VEHICLE", "TRAFFIC STOP - OFFICER INITIATED ONVIEW"])
    assert is_officer_initiated(types).tolist() == [True, False, True]


def test_later_calls_are_the_test(calls: pd.DataFrame) -> None:
    """A split that mixed days would hide that the world changes."""
    shuffled = calls.sample(frac=1, random_state=0)
    split = time_ordered_split(shuffled)
    moment = shuffled["called_at_local"]
    assert moment[split.is_train].max() < moment[split.is_test].min()
    assert not (random_split(calls).is_train & random_split(calls).is_test).any()
    assert not year_split(calls, 2023, 2024).is_test.any()


@pytest.mark.parametrize(
    ("target", "probability", "cost", "expected"),
    [
        ([0, 0, 1, 1], [0.1, 0.1, 0.9, 0.9], 5.0, 1 / 6),
        ([0, 0, 1, 1], [0.1, 0.1, 0.9, 0.9], 1.0, 0.5),
        # All of (0.2, 0.3] costs nothing, and the rule's sixth lies below it, or a half above it.
        ([0, 1], [0.2, 0.3], 5.0, np.nextafter(0.2, 1)),
        ([0, 1], [0.2, 0.3], 1.0, 0.3),
        # One alarm or one miss: up to 0.1 and above 0.3 cost alike, and 0.3 is nearer to a half.
        ([1, 0], [0.1, 0.3], 1.0, 0.5),
        ([1, 0], [0.1, 0.7], 1.0, np.nextafter(0.7, 1)),
        ([1, 0], [0.25, 0.875], 1.0, 0.25),
        ([0, 0], [0.4, 1.0], 5.0, np.nextafter(1, 2)),
        ([1, 1], [0.0, 0.4], 5.0, 0.0),
    ],
)
def test_threshold_by_hand(target: list[int], probability: list[float], cost: float, expected: float) -> None:
    """A gap's upper edge sends no call that scores between: those of an unseen type, danger or not."""
    assert choose_threshold(np.array(target), np.array(probability), cost) == expected


@settings(max_examples=60, deadline=None)
@given(
    calls=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=1, max_size=40),
    cost=st.sampled_from([0.1, 0.25, 1.0, 3.0, 5.0, 19.0]),
)
def test_the_chosen_threshold_is_the_cheapest_one_nearest_to_the_rule(
    calls: list[tuple[int, int]], cost: float
) -> None:
    """A dearer one sends or misses too many; a farther one goes by where these few calls happen to lie."""
    target, probability = np.array(calls)[:, 0], np.array(calls)[:, 1] / 20

    def price(threshold: float) -> float:
        sent = probability >= threshold
        return cost * float((~sent & (target == 1)).sum()) + float((sent & (target == 0)).sum())

    rule = 1 / (1 + cost)
    # What lies between two scores does as the upper one does, and the nearest of it is the rule or an edge.
    edges = np.arange(21) / 20
    others = np.r_[rule, edges, np.nextafter(edges, 2)]
    prices = np.array([price(other) for other in others])
    cheapest = others[np.isclose(prices, prices.min())]
    chosen = choose_threshold(target, probability, cost)
    assert price(chosen) == pytest.approx(prices.min())
    assert abs(chosen - rule) == np.abs(cheapest - rule).min()
    assert choose_threshold(target, probability, cost * 3) <= chosen


def test_a_free_miss_is_refused() -> None:
    """A cost of zero or less would make sending nobody the best plan, in silence."""
    with pytest.raises(ValueError, match="must be positive"):
        choose_threshold(TARGET, np.full(4, 0.5), 0.0)


def test_assessment_keeps_its_contracts(found: Assessment) -> None:
    """What the asset writes would be refused on the first real run."""
    scores = conform(found.scores, CONTRACTS["ml_call_priority_scores"])
    conform(found.calibration, CONTRACTS["ml_call_priority_calibration"])
    assert set(scores["split"]) == {"random", "time_ordered"}
    assert set(scores["target"]) == {"dangerous", "priority"}
    conform(found.months, CONTRACTS["ml_call_priority_months"])
    conform(found.confusion, CONTRACTS["ml_call_priority_confusion"])
    by_month = scores["model"].str.endswith("_by_month")
    assert scores.loc[~by_month, "model"].nunique() == 9
    assert scores.loc[~by_month, "refit_gain"].isna().all() and scores["refit_gain"].notna().any()
    texts = set(made_up_calls()["street"]) | set(made_up_calls()["call_type"])
    assert not texts & set(scores.astype("str").to_numpy().ravel())


def test_models_find_what_the_look_up_cannot(found: Assessment) -> None:
    """The street matters in these calls: a comparison that cannot see it could never speak for a model."""
    scores = found.scores[(found.scores["split"] == "time_ordered") & found.scores["has_officer_calls"]]
    wide = scores[(scores["metric"] == "roc_auc") & (scores["target"] == "dangerous")].set_index(
        ["location_precision", "has_call_type", "model"]
    )["value"]
    assert wide["exact", True, "logistic_regression"] > wide["exact", True, "look_up"] + 0.01
    assert wide["exact", False, "look_up"] == 0.5
    assert wide["none", True, "look_up"] == wide["exact", True, "look_up"]


def test_matrices_say_what_the_measures_say(found: Assessment) -> None:
    """Counts of other calls, or at another threshold, would contradict the accuracy beside them."""
    judged = found.main["dangerous"]
    for decision, threshold in (("at_half", None), ("at_least_cost", "own")):
        for name, rows in main_matrices(found, decision).groupby("model"):
            counts = rows.set_index(["true_level", "given_level"])["call_count"]
            one = judged[str(name)]
            sent = one.probability[:, 1] >= (0.5 if threshold is None else one.threshold)
            assert counts[1, 1] == (sent & (one.target == 1)).sum()
            assert counts[0, 1] == (sent & (one.target == 0)).sum()
            assert counts.sum() == len(one.target)
    scores = found.scores[(found.scores["target"] == "priority") & (found.scores["metric"] == "accuracy")]
    levels = main_matrices(found, "likeliest")
    for name, rows in levels.groupby("model"):
        right = rows.loc[rows["true_level"] == rows["given_level"], "call_count"].sum()
        value = scores.loc[scores["model"] == name, "value"].iloc[0]
        assert len(rows) == 36 and value == pytest.approx(right / rows["call_count"].sum())


def test_levels_are_asked_for_with_and_without_officers_calls(found: Assessment) -> None:
    """Calls that officers begin are nearly all of one level: levels with them alone flatter every model."""
    levels = found.scores[found.scores["target"] == "priority"]
    assert set(levels["has_officer_calls"]) == set(levels["has_call_type"]) == {True, False}
    assert set(levels["location_precision"]) == {"none", "exact"}


def test_a_model_without_a_clear_gain_is_not_published(found: Assessment) -> None:
    """The card would praise a model for what one column does."""
    flat = found.scores.assign(is_clear_gain=False)
    name = champion(flat)
    assert name.startswith("look_up")
    card = priority_card(flat, version="v", months=("2023-01", "2023-01"), searches={})
    assert card.champion == name and "no model clearly adds" in card.verdict
    assert any(metric.name == "quadratic_kappa" for metric in card.metrics)


def errors_of(error: float, lower: float, upper: float, floor: float, most: float) -> pd.DataFrame:
    """Rows of one model: its calibration error with bounds, and what chance makes."""
    names = ("expected_calibration_error", "calibration_floor", "calibration_floor_upper")
    bounds = {"value_lower": [lower, floor, most], "value_upper": [upper, floor, most]}
    return pd.DataFrame({"metric": names, "value": [error, floor, most]} | bounds)


NAN = float("nan")


@pytest.mark.parametrize(
    ("error", "lower", "upper", "most", "words"),
    [
        (0.0150, 0.0120, 0.0199, 0.0110, "meets the target of 0.02"),
        (0.0150, 0.0120, 0.0200, 0.0110, "lies below the target of 0.02, but not clearly"),
        (0.0262, 0.0173, 0.0372, 0.0110, "lies above the target of 0.02, but not clearly"),
        (0.0451, 0.0200, 0.0600, 0.0450, "misses the target of 0.02"),
        (0.1200, 0.0900, 0.2100, 0.1200, "lies above the target of 0.02, but not beyond chance"),
        (0.0150, NAN, NAN, 0.0110, "lies below the target of 0.02, but not clearly"),
        (0.0451, NAN, NAN, 0.0110, "lies above the target of 0.02, but not clearly"),
    ],
)
def test_an_interval_says_whether_the_target_of_calibration_is_met(
    error: float, lower: float, upper: float, most: float, words: str
) -> None:
    """A figure that chance put on one side of the target would be told as met, or as a model's fault."""
    told = calibration_words(errors_of(error, lower, upper, 0.01, most))
    interval = "no interval" if np.isnan(lower) else f"95% interval {lower:.4f} to {upper:.4f}"
    assert told.startswith(f"{error:.4f} ({interval}), which {words}; chance alone makes 0.0100, and stays")


def test_an_error_that_is_not_known_meets_and_misses_nothing() -> None:
    """A model that was judged on no call would be told as one that misses the target."""
    assert calibration_words(errors_of(NAN, NAN, NAN, NAN, NAN)) == "not known"


def test_the_card_says_how_chances_of_levels_are_kept(found: Assessment) -> None:
    """Danger's calibration alone would let levels pass that miss the target by more than twice."""
    scores = found.scores.copy()
    of_levels = (scores["target"] == "priority") & (scores["metric"] == "expected_calibration_error")
    scores.loc[of_levels, ["value", "value_lower", "value_upper"]] = 0.9, 0.8, 1.0
    told = priority_card(scores, version="v", months=("2023-01", "2023-01"), searches={}).verdict
    stated = "that of its six levels is 0.9000 (95% interval 0.8000 to 1.0000)"
    assert f"{stated}, which misses the target of 0.02" in told
    binary = priority_card(
        scores[scores["target"] == "dangerous"], version="v", months=("a", "b"), searches={}
    ).verdict
    assert "its calibration error is" in binary and "levels" not in binary


def test_errors_are_told_by_group_of_calls(calls: pd.DataFrame, found: Assessment) -> None:
    """A model that misses the danger of calls at night looks as good as any in the mean."""
    named = calls.assign(city=np.where(calls["street"] == "N A ST", "A|ville", None))
    judged = found.main["dangerous"]
    told = {(one.group, one.name): one for one in errors_by_group(named, judged, "gradient_boosting")}
    groups = list(dict.fromkeys(group for group, _ in told))
    assert groups[0] == "called from 00:00 to 06:00" and groups[-2] == "city A|ville"
    test = named[time_ordered_split(named).is_test]
    own = judged["gradient_boosting"]
    is_officer = (test["call_type"] == "VEHICLE STOP").to_numpy()
    sent, danger = own.probability[:, 1] >= own.threshold, own.target == 1
    for group, mask in (("begun by officers", is_officer), ("begun by others", ~is_officer)):
        assert told[group, "calls"].value == mask.sum()
        for name, whole in (("recall at cost", danger & mask), ("false alarm share at cost", ~danger & mask)):
            share = told[group, name]
            if whole.sum() < FEWEST:
                assert np.isnan(share.value) and np.isnan(share.lower)
            else:
                assert share.value == pytest.approx(sent[whole].mean())
                assert share.lower <= share.value <= share.upper
        gap = told[group, "promised less observed share"]
        assert gap.value == pytest.approx(own.probability[mask, 1].mean() - danger[mask].mean())
        assert gap.lower < gap.value < gap.upper
    assert not np.isnan(told["begun by others", "recall at cost"].value)
    told_of = priority_card(
        found.scores,
        version="v",
        months=("a", "b"),
        searches=found.searches,
        errors=errors_by_group(calls, judged, "look_up"),
    )
    assert not any(metric.group.startswith("city") for metric in told_of.metrics)


def test_the_same_calls_give_the_same_scores(calls: pd.DataFrame) -> None:
    """A seed left out would change published figures from run to run."""
    cheap = Effort(draws=2, folds=2, trees=3, passes=2, replicates=5)
    asked = (Scenario(time_ordered_split(calls)),)
    pd.testing.assert_frame_equal(assess(calls, asked, cheap).scores, assess(calls, asked, cheap).scores)


def test_without_calls_the_tables_are_empty(calls: pd.DataFrame) -> None:
    """Calls are optional: a run without any must not fail, and too few must not be learned from."""
    for few in (calls.iloc[:0], calls.iloc[:50]):
        nothing = assess_agency(few)
        assert conform(nothing.scores, CONTRACTS["ml_call_priority_scores"]).empty
        assert conform(nothing.calibration, CONTRACTS["ml_call_priority_calibration"]).empty
        assert conform(nothing.confusion, CONTRACTS["ml_call_priority_confusion"]).empty
        assert conform(nothing.months, CONTRACTS["ml_call_priority_months"]).empty


def test_figures_are_drawn(found: Assessment) -> None:
    """A figure that fails would fail the asset after everything was measured."""
    from ml.priority.figures import confusion_figure, reliability_figure, roc_figure

    assert len(roc_figure(found.main["dangerous"]).axes[0].lines) == len(found.main["dangerous"]) + 1
    levels = main_matrices(found, "likeliest")
    assert len(confusion_figure(levels).axes) == levels["model"].nunique() > 1
    assert reliability_figure(found.calibration.iloc[:5]).axes[0].get_title() == "Calibration by tenths"
