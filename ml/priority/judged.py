"""A model's answers to calls that it has not seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.priority.features import Encoder, Floats, Ints, Knowledge, fit_encoder
from ml.priority.models import Effort, Fitted, Model
from ml.priority.threshold import choose_threshold

if TYPE_CHECKING:
    import pandas as pd

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
class Labelled:
    """Calls in order of time, with what each turned out to be.

    Parameters
    ----------
    calls : DataFrame
        As for `ml.priority.assess`.
    target : ndarray, shape (calls,)
        Class of each, counted from 0.
    class_count : int
        Two (1 for a dangerous call), or the number of levels.
    """

    calls: pd.DataFrame
    target: Ints
    class_count: int = 2

    def at(self, rows: npt.NDArray[np.bool_] | slice) -> Labelled:
        """Return some of the calls."""
        return Labelled(self.calls[rows], self.target[rows], self.class_count)

    def __len__(self) -> int:
        return len(self.target)


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
    model : Model
        What learned, with its settings.
    fitted : Fitted
        What it learned, the newest where there are more.
    encoder : Encoder
        What turned calls into its features.
    """

    target: Ints
    probability: Floats
    classes: Ints
    threshold: float | Floats
    training_loss: float
    model: Model
    fitted: Fitted
    encoder: Encoder


def answers(
    models: Iterable[Model], train: Labelled, test: Labelled, knowledge: Knowledge, effort: Effort
) -> dict[str, Judged]:
    """Fit models on training calls and let them answer later ones.

    Parameters
    ----------
    models : iterable of Model
        What learns.
    train, test : Labelled
        Calls that teach, and calls to answer; the classes of the latter are only handed on.
    knowledge : Knowledge
        What may be known of a call.
    effort : Effort
        How much to spend on a fit.

    Returns
    -------
    dict of str to Judged
        By the name of the model.
    """
    encoder, seen = fit_encoder(train.calls, train.target, knowledge)
    later = encoder.apply(test.calls)
    found = {}
    for model in models:
        fitted = model.fit(seen, train.target, train.class_count, effort)
        is_binary = train.class_count == 2
        threshold = choose_threshold(train.target, fitted.unseen[:, 1]) if is_binary else float("nan")
        truly = fitted.unseen[np.arange(len(train)), train.target]
        found[model.name] = Judged(
            test.target,
            fitted.probabilities(later),
            fitted.classes(later),
            threshold,
            float(-np.log(np.clip(truly, 1e-12, 1)).mean()),
            model,
            fitted,
            encoder,
        )
    return found
