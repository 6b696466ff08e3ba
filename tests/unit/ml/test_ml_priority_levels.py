"""Measures of levels beside scikit-learn's; which calls train, test and are told of; figures by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import ml.priority.evaluate
from ml.priority import Effort, Knowledge, Scenario
from ml.priority.figures import confusion_figure, reliability_figure, roc_figure
from ml.priority.groups import FEWEST, _groups, _share
from ml.priority.judged import Judged, Labelled, answers, has_both_kinds
from ml.priority.metrics import level_metrics
from ml.priority.models import LOOK_UP, Learner, model_named
from ml.priority.search import search
from ml.priority.splits import Split, random_split, time_ordered_split, usual_scenarios
from ml.priority.threshold import choose_threshold

SMALL = Effort(draws=2, folds=2, trees=2, passes=1, replicates=40)
STOP, FIGHT = "TRAFFIC STOP", "FIGHT"


def calls(priority: list[int], call_type: str = FIGHT) -> pd.DataFrame:
    """Calls an hour apart, from midnight on."""
    count = len(priority)
    return pd.DataFrame(
        {
            "agency": "somewhere",
            "called_at_local": pd.date_range("2024-01-01", periods=count, freq="h"),
            "priority": priority,
            "call_type": call_type,
            "block_low": pd.array([None] * count, dtype="Int32"),
            "street": "A ST",
            "cross_street": None,
            "longitude": np.nan,
            "latitude": np.nan,
        }
    )


def test_measures_of_levels_are_means_over_those_that_came() -> None:
    """A level that no test call has would pull each mean down; one that is never given has no precision."""
    from sklearn import metrics as known

    random = np.random.default_rng(7)
    target = random.choice([0, 1, 3, 5], 200)
    probability = random.dirichlet(np.ones(6), 200)
    probability[np.arange(200), target] += 0.4
    probability /= probability.sum(axis=1, keepdims=True)
    # Never given: the last.
    given = probability[:, :5].argmax(axis=1)
    found = level_metrics(target, probability, given, np.ones((1, 200)))
    held = {"labels": [0, 1, 3, 5], "average": "macro", "zero_division": 0}
    of_each = [(target == level, probability[:, level]) for level in (0, 1, 3, 5)]
    expected = {
        "accuracy": known.accuracy_score(target, given),
        "precision": known.precision_score(target, given, **held),
        "recall": known.recall_score(target, given, **held),
        "f1": known.f1_score(target, given, **held),
        "roc_auc": np.mean([known.roc_auc_score(*one) for one in of_each]),
        "pr_auc": np.mean([known.average_precision_score(*one) for one in of_each]),
        "quadratic_kappa": known.cohen_kappa_score(target, given, weights="quadratic", labels=range(6)),
        "recall_priority_1": (given == 0)[target == 0].mean(),
    }
    assert {name: found[name][0] for name in expected} == pytest.approx(expected)
    assert expected["precision"] != known.precision_score(target, given, average="macro", zero_division=0)


def test_a_dearer_threshold_is_not_taken_for_being_nearer() -> None:
    """Eleven false alarms cost more than ten misses of the same weight, though a half lies among them."""
    target, same = np.repeat([0, 1], [11, 10]), np.full(21, 0.7)
    assert choose_threshold(target, same, 1.0) == np.nextafter(0.7, 1)
    assert choose_threshold(np.array([0, 1]), np.array([0.1, 0.9])) == pytest.approx(1 / 6)
    with pytest.raises(ValueError, match="a probability is NaN"):
        choose_threshold(target, np.append(same[1:], np.nan), 1.0)


@pytest.mark.parametrize(("count", "tested"), [(8, 2), (10, 3), (1, 1)])
def test_the_newest_quarter_is_tested(count: int, tested: int) -> None:
    """A call more or less, or calls of one moment on both sides by chance, would move every figure."""
    held = calls([1] * count)
    expected = [False] * (count - tested) + [True] * tested
    for one in (held, held.assign(called_at_local=held["called_at_local"].iloc[0])):
        split = time_ordered_split(one)
        assert split.is_test.tolist() == expected and (split.is_train == ~split.is_test).all()
    assert random_split(calls([1] * 2_000)).is_test.mean() == pytest.approx(0.25, abs=0.03)


def test_the_usual_questions() -> None:
    """One change at a time: two at once could not be told apart."""
    held = calls([1] * 40).assign(longitude=-75.0, latitude=40.0)
    told = [
        (one.split.name, one.knowledge.precision, one.knowledge.has_call_type, one.has_officer_calls)
        for one in usual_scenarios(held)
    ]
    assert told == [
        ("time_ordered", "exact", True, True),
        ("random", "exact", True, True),
        ("time_ordered", "none", True, True),
        ("time_ordered", "rounded_1", True, True),
        ("time_ordered", "rounded_2", True, True),
        ("time_ordered", "exact", False, True),
        ("time_ordered", "exact", True, False),
    ]
    assert [one.has_refits for one in usual_scenarios(held)] == [True, *[False] * 4, True, False]


@pytest.mark.parametrize(
    ("of_each", "officers", "targets"),
    [
        ({1: 20, 3: 40, 4: 40}, 0, ["dangerous", "priority"]),
        ({1: 20, 3: 80}, 0, ["dangerous"]),
        ({1: 20, 3: 40, 4: 39}, 0, []),
        ({1: 19, 3: 41, 4: 40}, 0, []),
        ({1: 20, 3: 40, 4: 40}, 50, ["dangerous", "priority"]),
        ({1: 20, 3: 40, 4: 39}, 50, []),
    ],
)
def test_what_can_be_learned(
    monkeypatch: pytest.MonkeyPatch, of_each: dict[int, int], officers: int, targets: list[str]
) -> None:
    """Of too few calls chance would be learned; officers' own would make up the number of the others."""
    monkeypatch.setattr(ml.priority.evaluate, "_found", lambda target, *_: target)
    train = calls(np.repeat(list(of_each), list(of_each.values())).tolist())
    held = pd.concat([train, calls([2] * officers, STOP), calls([1, 3])], ignore_index=True)
    is_test = np.arange(len(held)) >= len(held) - 2
    scenario = Scenario(Split("made", ~is_test, is_test), has_officer_calls=False)
    assert list(ml.priority.evaluate._judge(held, scenario, SMALL)) == targets
    nobody = Scenario(Split("made", ~is_test, is_test & False), has_officer_calls=False)
    assert list(ml.priority.evaluate._judge(held, nobody, SMALL)) == []
    assert has_both_kinds(np.repeat([0, 1], [20, 20])) and not has_both_kinds(np.repeat([0, 1], [20, 19]))


def test_the_loss_in_training_is_of_unseen_calls() -> None:
    """Turned round, or of calls that it remembers, it would choose what learned the least, or all."""
    held = calls([1, 3, 4, 4] * 30)
    whole = Labelled(held, (held["priority"] == 1).to_numpy().astype(np.int64))
    train, test = whole.at(slice(None, 100)), whole.at(slice(100, None))
    (found,) = answers([model_named(LOOK_UP)], train, test, Knowledge(), SMALL).values()
    # One type: of the other 99 a known number was dangerous, and five calls' worth of the whole share.
    chance = np.where(train.target == 1, 24 + 5 * 0.25, 74 + 5 * 0.75) / 104
    assert found.training_loss == pytest.approx(-np.log(chance).mean(), rel=1e-2)


def test_a_search_tells_the_mean_loss_of_its_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of two, or a third of it, would be told beside losses of other models."""
    losses = iter([1.0, 2.0, 3.0, 5.0, 4.0, 5.0])
    monkeypatch.setattr(Learner, "loss", lambda *_: next(losses))
    held = calls([1, 3, 4, 4] * 10)
    whole = Labelled(held, (held["priority"] == 1).to_numpy().astype(np.int64))
    (found,) = search([model_named("logistic_regression")], whole, Knowledge(), SMALL).values()
    assert found.losses == (3.0, 3.0, 4.0) and found.chosen.settings == {}


def test_groups_of_calls_by_hand() -> None:
    """Six in the morning is no night; a ninth city, or one of few calls, stands with the others."""
    held = calls([1] * 24)
    told = dict(_groups(held))
    night = told["called from 00:00 to 06:00"]
    assert night.tolist() == [True] * 6 + [False] * 18
    assert (
        np.sum([mask for name, mask in told.items() if name.startswith("called")], axis=0).tolist()
        == [1] * 24
    )
    sizes = {f"city {place}": FEWEST + place for place in range(9)} | {"small": FEWEST - 1}
    named = calls([1] * sum(sizes.values())).assign(city=np.repeat(list(sizes), list(sizes.values())))
    groups = {name: int(mask.sum()) for name, mask in _groups(named)}
    cities = [name for name in groups if name.startswith("city")]
    assert cities == [f"city city {place}" for place in range(1, 9)]
    assert groups["no city, or a smaller one"] == FEWEST + FEWEST - 1
    assert groups["begun by officers"] == 0 and groups["begun by others"] == len(named)
    # 15 of 30, with Wilson's bounds; of 29 nothing is told.
    assert _share(15, 30) == pytest.approx((0.5, 0.3315, 0.6685), abs=5e-5)
    assert np.isnan(_share(15, 29)).all()


def judged(chance: list[float]) -> Judged:
    """Answers to two harmless calls and two dangerous ones."""
    danger = np.array(chance)
    nothing = cast(Any, SimpleNamespace())
    probability = np.column_stack([1 - danger, danger])
    return Judged(np.array([0, 0, 1, 1]), probability, np.zeros(4, int), 0.5, 0.1, nothing, nothing, nothing)


def test_pictures_show_what_they_say() -> None:
    """A curve of harmless calls, or true and given turned round, would praise the wrong model."""
    answers_of = {LOOK_UP: judged([0.5] * 4), "network": judged([0.1, 0.2, 0.8, 0.9])}
    look_up, network, chance = roc_figure(answers_of).axes[0].lines
    assert (look_up.get_color(), look_up.get_label()) == ("black", LOOK_UP) and network.get_color() != "black"
    # All dangerous calls are caught before the first false alarm.
    assert (0.0, 1.0) in list(zip(network.get_xdata(), network.get_ydata(), strict=True))
    assert chance.get_linestyle() == ":"
    matrix = pd.DataFrame(
        [("network", 1, 1, 50), ("network", 1, 2, 3), ("network", 2, 1, 7), ("network", 2, 2, 40)],
        columns=["model", "true_level", "given_level", "call_count"],
    )
    axes = confusion_figure(matrix).axes[0]
    written = {text.get_position(): text.get_text() for text in axes.texts}
    # Across is what is given, down what is true.
    assert written == {(0, 0): "50", (1, 0): "3", (0, 1): "7", (1, 1): "40"}
    assert axes.images[0].get_array()[1].tolist() == pytest.approx([7 / 47, 40 / 47])
    bins = pd.DataFrame({"model": LOOK_UP, "mean_probability": [0.1, 0.4], "observed_share": [0.2, 0.5]})
    line = reliability_figure(bins).axes[0].lines[0]
    assert list(line.get_xdata()) == [0.1, 0.4] and list(line.get_ydata()) == [0.2, 0.5]
    assert line.get_color() == "black"
