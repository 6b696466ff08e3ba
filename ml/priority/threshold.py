"""From which probability a call is sent as dangerous, given what missing one costs."""

from __future__ import annotations

import numpy as np

from ml.priority.features import Floats, Ints

#: A missed dangerous call costs as much as five false alarms: an assumption, to be set by who answers for it.
MISS_COST = 5.0


def choose_threshold(target: Ints, probability: Floats, miss_cost: float = MISS_COST) -> float:
    """Return the threshold of least cost on calls that the probabilities were not fitted on.

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
        A call at or above it is sent. The lowest of equally cheap ones, as it misses fewest; above 1 when
        nothing should be sent. It never rises with ``miss_cost``.

    Raises
    ------
    ValueError
        When the cost is not positive.

    References
    ----------
    Elkan, C. (2001), The foundations of cost-sensitive learning, IJCAI 17, 973-978.
    """
    if not miss_cost > 0:
        raise ValueError(f"choose_threshold: miss_cost is {miss_cost}, it must be positive")
    order = np.argsort(probability, kind="stable")
    rising, danger = probability[order], target[order]
    starts = np.flatnonzero(np.r_[True, np.diff(rising) > 0])
    # At each distinct probability: dangerous calls below it are missed, harmless ones from it on alarm.
    missed = np.r_[0, np.cumsum(danger)][np.r_[starts, len(rising)]]
    harmless = np.r_[0, np.cumsum(1 - danger)]
    alarms = harmless[-1] - harmless[np.r_[starts, len(rising)]]
    best = int(np.argmin(miss_cost * missed + alarms))
    return float(np.r_[rising[starts], np.nextafter(1.0, 2.0)][best])
