"""Parts of call priority by known answers: nothing learns from itself, gains have a sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.priority import Effort, Scenario, assess, time_ordered_split
from ml.priority.calibrate import calibrate, calibrated
from ml.priority.features import Cases, Knowledge, fit_encoder, is_officer_initiated
from ml.priority.judged import Labelled, answers
from ml.priority.metrics import roc_auc
from ml.priority.models import Learner, model_named
from ml.priority.rows import _gain
from ml.priority.threshold import choose_threshold
from tests.unit.ml.test_ml_priority import made_up_calls

SMALL = Effort(draws=0, folds=2, trees=2, passes=1, replicates=40)
COUNT = 600
CHANCE = np.random.default_rng(3).integers(0, 2, COUNT)


def area(target: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve."""
    return float(roc_auc(target, score, np.ones((1, len(target))))[0])


def greedy_tree() -> Learner:
    """A tree that remembers every call."""
    tree = model_named("decision_tree")
    assert isinstance(tree, Learner)
    return replace(tree, settings={"smallest": 1})


def test_no_call_helps_to_encode_itself() -> None:
    """A block of one call would tell its priority, and every model would learn to trust blocks."""
    calls = made_up_calls(COUNT).assign(block_low=pd.array(np.arange(COUNT), dtype="Int32"))
    _, cases = fit_encoder(calls, CHANCE, Knowledge())
    assert max(area(CHANCE, column) for column in cases.matrix.T) < 0.6


def test_unseen_chances_are_of_fits_without_the_call() -> None:
    """Calibration and threshold from calls that a model remembers would take it for certain."""
    noise = Cases(np.random.default_rng(4).normal(size=(COUNT, 3)), np.full(COUNT, "", dtype=object))
    fitted = greedy_tree().fit(noise, CHANCE, 2, SMALL)
    assert area(CHANCE, fitted.estimator.predict_proba(noise.matrix)[:, 1]) == 1.0
    assert abs(area(CHANCE, fitted.unseen[:, 1]) - 0.5) < 0.1


def test_the_threshold_is_of_unseen_chances() -> None:
    """On calls that it remembers any threshold is free, and the one taken says nothing of later calls."""
    calls = made_up_calls(COUNT)
    whole = Labelled(calls, (calls["priority"].to_numpy() <= 2).astype(np.int64))
    train, test = whole.at(slice(None, 400)), whole.at(slice(400, None))
    (found,) = answers([greedy_tree()], train, test, Knowledge(), SMALL).values()
    assert found.threshold == choose_threshold(train.target, found.fitted.unseen[:, 1])


@pytest.mark.parametrize(("class_count", "is_temperature"), [(2, False), (6, True)])
def test_chances_that_are_too_sure_are_set_right(class_count: int, is_temperature: bool) -> None:
    """Half as sure as they say must come out as the chances that outcomes were drawn from."""
    random = np.random.default_rng(5)
    kept = random.dirichlet(np.ones(class_count), 6_000)
    target = (random.random((6_000, 1)) > kept.cumsum(axis=1)).sum(axis=1)
    sure = 2 * np.log(kept)
    scores = sure - np.log(np.exp(sure).sum(axis=1, keepdims=True))
    right = calibrated(calibrate(scores, target, is_temperature), scores, class_count)
    assert np.abs(right - kept).mean() < 0.02 < np.abs(np.exp(scores) - kept).mean()


def test_less_is_a_gain_where_less_is_better() -> None:
    """A model of greater loss would be published for it; how many are sent is neither better nor worse."""
    values, others = np.array([0.3, 0.6]), np.array([0.5, 0.5])
    assert _gain("log_loss", values, others) == pytest.approx([0.2, -0.1])
    assert _gain("roc_auc", values, others) == pytest.approx([-0.2, 0.1])
    assert np.isnan(_gain("flagged_share_at_cost", values, others)).all()


def test_without_officers_calls_they_neither_teach_nor_test() -> None:
    """Their one level would flatter every figure that is said to be without them."""
    calls = made_up_calls(COUNT)
    split = time_ordered_split(calls)
    scores = assess(calls, (Scenario(split, has_officer_calls=False),), SMALL).scores
    others = ~is_officer_initiated(calls["call_type"]).to_numpy()
    counts = scores[["train_call_count", "test_call_count"]].drop_duplicates().to_numpy().tolist()
    assert counts == [[int((part & others).sum()) for part in (split.is_train, split.is_test)]]
    gains = scores["gain_lower"].to_numpy(dtype=float) > 0
    assert (scores["is_clear_gain"].to_numpy(dtype=bool) == gains).all()
    assert (scores["gain"].to_numpy(dtype=float) > 0).sum() > gains.sum()
