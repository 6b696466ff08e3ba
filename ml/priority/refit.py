"""Models that are fitted anew each month, with all that became known before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.priority.features import Encoder, Floats, Ints, Precision, fit_encoder, is_dangerous
from ml.priority.judged import Judged, answer
from ml.priority.metrics import resamples
from ml.priority.models import Effort, Fitted, model_named

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
    train: pd.DataFrame,
    test: pd.DataFrame,
    target: Sequence[Ints],
    names: Sequence[str],
    *,
    precision: Precision,
    has_call_type: bool,
    effort: Effort,
) -> dict[str, Judged]:
    """Answer each month's test calls by models of the training calls and the test calls of earlier months.

    Parameters
    ----------
    train, test : DataFrame
        Calls as for `ml.priority.assess`, each in order of time.
    target : sequence of two ndarrays, shape (calls,)
        1 for a dangerous call, of the training and of the test calls. Those of a month teach later months
        only.
    names : sequence of str
        Models.
    precision : str
        How exactly the place is known.
    has_call_type : bool
        Whether the call type may be used.
    effort : Effort
        How much to spend on a fit.

    Returns
    -------
    dict of str to Judged
        By the name of the model and ``_by_month``. In the first month the training calls alone have taught.
        Thresholds are each month's own; the training loss is NaN, as there are many fits.
    """
    import pandas as pd

    month = months_of(test)
    whole, known = pd.concat([train, test], ignore_index=True), np.concatenate(target)
    moment = whole["called_at_local"].to_numpy()
    chances = {name: np.empty((len(test), 2)) for name in names}
    thresholds = {name: np.empty(len(test)) for name in names}
    newest: dict[str, Judged] = {}
    for each in np.unique(month):
        is_now = month == each
        rows = np.flatnonzero(np.r_[np.ones(len(train), dtype=bool), month < each])
        # Learners hold out the newest calls, so that these must come last.
        rows = rows[np.argsort(moment[rows], kind="stable")]
        encoder, seen = fit_encoder(
            whole.iloc[rows], known[rows], precision=precision, has_call_type=has_call_type
        )
        later = encoder.apply(test[is_now])
        for name in names:
            one = answer(model_named(name), encoder, seen, known[rows], later, target[1][is_now], 2, effort)
            chances[name][is_now], thresholds[name][is_now] = one.probability, one.threshold
            newest[name] = one
    return {
        name + BY_MONTH: Judged(
            target[1],
            chances[name],
            chances[name].argmax(axis=1),
            thresholds[name],
            float("nan"),
            newest[name].fitted,
            newest[name].encoder,
        )
        for name in names
    }


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
    kept = judged.encoder
    target = is_dangerous(calls)
    encoder, seen = fit_encoder(calls, target, precision=kept.precision, has_call_type=kept.has_call_type)
    return encoder, model_named(base_name(name)).fit(seen, target, 2, effort)


def by_days(calls: pd.DataFrame, replicates: int) -> Floats:
    """Return a row of ones, then calls' weights when days are drawn: shape (1 + replicates, calls)."""
    names, day = np.unique(calls["called_at_local"].to_numpy().astype("datetime64[D]"), return_inverse=True)
    return np.asarray(resamples(len(names), replicates)[:, day])
