"""A model's answers to calls that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.priority.features import Cases, Encoder, Floats, Ints
from ml.priority.models import Effort, Fitted, Model
from ml.priority.threshold import choose_threshold

#: With fewer training calls that are dangerous, or harmless, nothing is learned.
FEWEST_OF_A_CLASS = 20


def has_both_kinds(target: Ints) -> bool:
    """Tell whether training calls have enough of both kinds to learn from.

    Parameters
    ----------
    target : ndarray, shape (calls,)
        1 for a dangerous call.
    """
    return bool(min(target.sum(), len(target) - target.sum()) >= FEWEST_OF_A_CLASS)


@dataclass(frozen=True)
class Judged:
    """One model's answers to the test calls of a scenario.

    Parameters
    ----------
    target : ndarray, shape (calls,)
        True class, counted from 0.
    probability : ndarray, shape (calls, classes)
        Chance of each class.
    classes : ndarray, shape (calls,)
        Class given.
    threshold : float or ndarray, shape (calls,)
        Probability of least cost on unseen training calls, of each call where fits change; NaN for levels.
    training_loss : float
        Mean log loss on unseen training calls.
    fitted : Fitted
        The model itself, the newest where there are more.
    encoder : Encoder
        What turned calls into its features.
    """

    target: Ints
    probability: Floats
    classes: Ints
    threshold: float | Floats
    training_loss: float
    fitted: Fitted
    encoder: Encoder


def answer(
    model: Model,
    encoder: Encoder,
    seen: Cases,
    seen_target: Ints,
    later: Cases,
    later_target: Ints,
    class_count: int,
    effort: Effort,
) -> Judged:
    """Fit a model on seen calls and let it answer later ones.

    Parameters
    ----------
    model : Model
        What learns.
    encoder : Encoder
        What made the cases.
    seen, later : Cases
        Training calls, in order of time, and the calls to answer.
    seen_target, later_target : ndarray, shape (calls,)
        Their classes; those of later calls are only handed on.
    class_count : int
        Two, or the number of levels.
    effort : Effort
        How much to spend.
    """
    fitted = model.fit(seen, seen_target, class_count, effort)
    is_binary = class_count == 2
    threshold = choose_threshold(seen_target, fitted.unseen[:, 1]) if is_binary else float("nan")
    truly = fitted.unseen[np.arange(len(seen_target)), seen_target]
    loss = float(-np.log(np.clip(truly, 1e-12, 1)).mean())
    chances, classes = fitted.probabilities(later), fitted.classes(later)
    return Judged(later_target, chances, classes, threshold, loss, fitted, encoder)
