"""Sets forecasts right month by month, by what came of the calls of earlier months."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ml.priority.features import Floats, Ints

#: How far the log odds of a class, and the log of how sure a model is, are thought to move in a year: few
#: calls have come in the first months. Chosen on the second halves of the training years.
OFFSET_SPREAD, FACTOR_SPREAD = 0.2, 0.1
_SMALLEST = 1e-6


def recalibrated_by_month(probability: Floats, target: Ints, month: npt.ArrayLike) -> Floats:
    """Move the forecasts of each month by an offset a class and one factor, learned from earlier months.

    Who uses a model learns the priorities of last month's calls. The share of dangerous calls moves, and so
    may how sure a model should be. Two classes keep their order within a month. The first month stays as it
    is.

    Parameters
    ----------
    probability : ndarray, shape (calls, classes)
        Chances by a model that has seen none of these calls; rows sum to 1.
    target : ndarray, shape (calls,)
        Class that each turned out to have, counted from 0.
    month : array_like, shape (calls,)
        Month of each call, in any type that sorts.

    Returns
    -------
    ndarray, shape (calls, classes)
        Rows sum to 1. Those of a month depend on targets of months strictly before it.

    References
    ----------
    Platt, J. C. (1999), in Advances in Large Margin Classifiers, 61-74, for one factor and one offset; normal
    priors keep them near 1 and 0.
    """
    months = np.asarray(month)
    logs = np.log(np.clip(probability, _SMALLEST, 1.0))
    moved = np.array(probability, dtype=np.float64)
    for each in np.unique(months)[1:]:
        is_earlier, is_now = months < each, months == each
        offsets, factor = _learned(logs[is_earlier], target[is_earlier])
        moved[is_now] = _softmax(factor * logs[is_now] + offsets)
    return moved


def _learned(logs: Floats, target: Ints) -> tuple[Floats, float]:
    """Offsets and factor of greatest posterior density."""
    from scipy.optimize import minimize

    came = np.eye(logs.shape[1])[target]

    def loss(values: Floats) -> tuple[float, Floats]:
        offsets, factor = values[:-1], np.exp(values[-1])
        chances = _softmax(factor * logs + offsets)
        missed = -np.log(np.clip((chances * came).sum(axis=1), 1e-300, None)).sum()
        prior = (offsets**2).sum() / OFFSET_SPREAD**2 + values[-1] ** 2 / FACTOR_SPREAD**2
        gap = chances - came
        slope = np.append(gap.sum(axis=0), factor * (gap * logs).sum())
        slope += values / np.append(np.full(len(offsets), OFFSET_SPREAD**2), FACTOR_SPREAD**2)
        return float(missed + prior / 2), slope

    found = minimize(loss, np.zeros(logs.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return found[:-1], float(np.exp(found[-1]))


def _softmax(scores: Floats) -> Floats:
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))
