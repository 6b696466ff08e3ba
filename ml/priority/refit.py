"""Models that are fitted anew each month, with all that became known before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.priority.features import Encoder, Floats, Knowledge, fit_encoder, is_dangerous
from ml.priority.judged import Judged, Labelled, answers
from ml.priority.metrics import resamples
from ml.priority.models import Effort, Fitted, Model

if TYPE_CHECKING:
    import pandas as pd

#: Ends the name of a model that is fitted anew each month.
BY_MONTH = "_by_month"


def base_name(model: str) -> str:
    """Return the name of the model itself, however often it is fitted."""
    return model.removesuffix(BY_MONTH)


def months_of(calls: pd.DataFrame) -> npt.NDArray[np.datetime64]:
    """Return the local month of each call: shape (calls,)."""
    return np.asarray(calls["called_at_local"].to_numpy().astype("datetime64[M]"))


def judged_by_month(
    models: Sequence[Model], train: Labelled, test: Labelled, knowledge: Knowledge, effort: Effort
) -> dict[str, Judged]:
    """Answer each month's test calls by models of the training calls and the test calls of earlier months.

    Parameters
    ----------
    models : sequence of Model
        What learns.
    train, test : Labelled
        Calls with whether they were dangerous. Outcomes of a test month teach later months only.
    knowledge : Knowledge
        What may be known of a call.
    effort : Effort
        How much to spend on a fit.

    Returns
    -------
    dict of str to Judged
        By the name of the model and ``_by_month``. In the first month the training calls alone have taught.
        Thresholds are each month's own; the training loss is NaN, as there are many fits.
    """
    month = months_of(test.calls)
    by_month = [
        answers(models, _known_before(each, train, test), test.at(month == each), knowledge, effort)
        for each in np.unique(month)
    ]
    return {model.name + BY_MONTH: _joined([one[model.name] for one in by_month]) for model in models}


def _known_before(month: np.datetime64, train: Labelled, test: Labelled) -> Labelled:
    """The training calls and the test calls of earlier months, in order of time."""
    import pandas as pd

    earlier = test.at(months_of(test.calls) < month)
    calls = pd.concat([train.calls, earlier.calls], ignore_index=True)
    order = np.argsort(calls["called_at_local"].to_numpy(), kind="stable")
    return Labelled(calls.iloc[order], np.concatenate([train.target, earlier.target])[order])


def _joined(parts: Sequence[Judged]) -> Judged:
    """Answers to calls that follow each other, as one; of the fits the newest."""
    return replace(
        parts[-1],
        target=np.concatenate([one.target for one in parts]),
        probability=np.concatenate([one.probability for one in parts]),
        classes=np.concatenate([one.classes for one in parts]),
        threshold=np.concatenate([np.full(len(one.target), one.threshold) for one in parts]),
        training_loss=float("nan"),
    )


def newest_fit(calls: pd.DataFrame, name: str, judged: Judged, effort: Effort) -> tuple[Encoder, Fitted]:
    """Return what is to be used in the month after the calls.

    Parameters
    ----------
    calls : DataFrame
        Every call that is held, in order of time.
    name : str
        The model.
    judged : Judged
        Its answers, with what gave them.
    effort : Effort
        How much to spend.

    Returns
    -------
    tuple of Encoder and Fitted
        Of a model that is fitted by month, one of all calls; otherwise the one that was judged.
    """
    if not name.endswith(BY_MONTH):
        return judged.encoder, judged.fitted
    target = is_dangerous(calls)
    encoder, seen = fit_encoder(calls, target, judged.encoder.knowledge)
    return encoder, judged.model.fit(seen, target, 2, effort)


def by_days(calls: pd.DataFrame, replicates: int) -> Floats:
    """Return a row of ones, then calls' weights when days are drawn: shape (1 + replicates, calls)."""
    names, day = np.unique(calls["called_at_local"].to_numpy().astype("datetime64[D]"), return_inverse=True)
    return np.asarray(resamples(len(names), replicates)[:, day])
