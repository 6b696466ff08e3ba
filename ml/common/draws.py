"""How many draws a percentile interval needs; apart from intervals, as contracts say it without arrays."""

from __future__ import annotations

import math


def fewest_draws(confidence: float = 0.95) -> int:
    """Return how many draws a percentile interval needs: with fewer, none is expected beyond a bound.

    Parameters
    ----------
    confidence : float
        Two-sided confidence level.

    Returns
    -------
    int
        The least n of which (n + 1) (1 - ``confidence``) / 2 is 1 or more: 39 for 95%, 9 for 80%.

    References
    ----------
    Davison, A. C. and Hinkley, D. V. (1997), *Bootstrap Methods and their Application*, chapter 5.
    """
    # Rounded, as 1 - 0.8 is not 0.2 to the last digit.
    return math.ceil(round(2 / (1 - confidence), 9)) - 1
