"""From which probability a call is sent as dangerous, given what missing one costs."""

from __future__ import annotations

import numpy as np

from ml.priority.features import Floats, Ints

#: A missed dangerous call costs as much as five false alarms: an assumption, to be set by who answers for it.
MISS_COST = 5.0


def choose_threshold(target: Ints, probability: Floats, miss_cost: float = MISS_COST) -> float:
    """Return, of the thresholds of least cost on calls that were not fitted on, the one nearest to the rule.

    The rule of least cost for kept probabilities is to send from 1 / (1 + ``miss_cost``) on. Calls are few,
    so that whole intervals between neighbouring scores cost the least on them; within these the calls say no
    more, and the rule decides. It matters for calls that score in between, such as those of an unseen type.

    Parameters
    ----------
    target : ndarray, shape (calls,)
        1 for dangerous.
    probability : ndarray, shape (calls,)
        Of being dangerous.
    miss_cost : float
        Cost of a missed dangerous call, in false alarms; positive.

    Returns
    -------
    float
        A call at or above it is sent: 1 / (1 + ``miss_cost``) where that costs least on these calls,
        otherwise the nearest edge of what does; the lower of two as near, as it misses fewer. It never rises
        with ``miss_cost``.

    Raises
    ------
    ValueError
        When the cost is not positive, or a probability is not known.

    References
    ----------
    Elkan, C. (2001), The foundations of cost-sensitive learning, IJCAI 17, 973-978.
    """
    if not miss_cost > 0:
        raise ValueError(f"choose_threshold: miss_cost is {miss_cost}, it must be positive")
    if np.isnan(probability).any():
        raise ValueError("choose_threshold: a probability is NaN, it must be known")
    scores, rank = np.unique(probability, return_inverse=True)
    danger = np.bincount(rank, weights=target, minlength=len(scores))
    harmless = np.bincount(rank, weights=1 - target, minlength=len(scores))
    # Place i sends the calls from the i-th score on; the last sends none.
    missed = np.r_[0, np.cumsum(danger)]
    alarms = harmless.sum() - np.r_[0, np.cumsum(harmless)]
    cost = miss_cost * missed + alarms
    is_least = np.isclose(cost, cost.min(), rtol=1e-12, atol=0)
    # A place's thresholds: above the score before it, up to its own.
    lowest = np.r_[-np.inf, np.nextafter(scores, np.inf)][is_least]
    highest = np.r_[scores, np.inf][is_least]
    rule = 1 / (1 + miss_cost)
    nearest = np.clip(rule, lowest, highest)
    return float(nearest[np.argmin(np.abs(nearest - rule))])
