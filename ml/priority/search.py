"""The randomised search of the learners that may be published, forward in time within the oldest calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from ml.priority.features import SEED, Knowledge, fit_encoder
from ml.priority.judged import Labelled
from ml.priority.models import Effort, Learner, Model

#: Shares of the calls that each of two fits learns from; what follows, up to the next share, judges it.
FORWARD = (0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Search:
    """What was drawn for one learner, and what came of it.

    Parameters
    ----------
    learner : Learner
        With its usual settings.
    drawn : tuple of mapping
        Settings, the usual ones (empty) first.
    losses : tuple of float
        Mean loss of each on the calls after those that taught, comparable within the learner.
    """

    learner: Learner
    drawn: tuple[Mapping[str, Any], ...]
    losses: tuple[float, ...]

    @property
    def chosen(self) -> Learner:
        """The learner with the settings of least loss, of equals the first."""
        return replace(self.learner, settings=self.drawn[int(np.argmin(self.losses))])


def search(
    models: Iterable[Model], calls: Labelled, knowledge: Knowledge, effort: Effort
) -> dict[str, Search]:
    """Draw settings for each learner, and judge them on calls after those that they were fitted on.

    Parameters
    ----------
    models : iterable of Model
        Those that have nothing to be set are passed over.
    calls : Labelled
        Calls that neither the choice of a model nor the test is judged on.
    knowledge : Knowledge
        What may be known of a call.
    effort : Effort
        How many settings to draw, by a fixed seed, from every combination without repeats. A budget in draws
        and not in seconds, so that the same calls always give the same model.

    Returns
    -------
    dict of str to Search
        By the name of the learner; empty when nothing is drawn, or when the oldest calls are of one class.

    References
    ----------
    Bergstra, J. and Bengio, Y. (2012), JMLR 13, 281-305.
    """
    learners = [model for model in models if isinstance(model, Learner) and model.choices]
    cuts = [int(len(calls) * share) for share in FORWARD]
    if not effort.draws or len(np.unique(calls.target[: cuts[0]])) < 2:
        return {}
    drawn = {learner.name: ({}, *_drawn(learner, effort.draws)) for learner in learners}
    losses = {name: np.zeros(len(settings)) for name, settings in drawn.items()}
    for start, end in pairwise(cuts):
        past, later = calls.at(slice(None, start)), calls.at(slice(start, end))
        encoder, seen = fit_encoder(past.calls, past.target, knowledge)
        asked = encoder.apply(later.calls), later.target
        for learner in learners:
            losses[learner.name] += [
                replace(learner, settings=settings).loss(
                    (seen, past.target), asked, calls.class_count, effort
                )
                for settings in drawn[learner.name]
            ]
    return {
        learner.name: Search(
            learner, drawn[learner.name], tuple((losses[learner.name] / (len(cuts) - 1)).tolist())
        )
        for learner in learners
    }


def _drawn(learner: Learner, draws: int) -> list[dict[str, Any]]:
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    choices = dict(learner.choices)
    return list(ParameterSampler(choices, min(draws, len(ParameterGrid(choices))), random_state=SEED))
