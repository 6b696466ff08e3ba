"""What single events weigh: all the same, or harm of different offences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.risk.cells import Floats


@dataclass(frozen=True, eq=False)
class Sizes:
    """Weights of events, and how often each occurs.

    Parameters
    ----------
    amount : ndarray, shape (sizes,)
        Distinct weights.
    share : ndarray, shape (sizes,)
        Share of the events that each is of; sums to 1.
    """

    amount: Floats
    share: Floats

    @property
    def is_one(self) -> bool:
        """Whether all events weigh the same."""
        return len(self.amount) == 1

    @property
    def mean(self) -> float:
        """Mean weight of an event."""
        return float(self.share @ self.amount)

    @property
    def unit(self) -> float:
        """Typical weight: mean of the squares over the mean; see `ml.risk.history.History.unit`."""
        return float(self.share @ self.amount**2) / self.mean


def one_size(amount: float = 1.0) -> Sizes:
    """All events weigh the same; 1 for counts."""
    return Sizes(np.array([amount]), np.ones(1))


def sizes_of(weight: Floats) -> Sizes:
    """Distinct weights of events with their shares; one size of 1 where nothing weighs anything.

    Parameters
    ----------
    weight : ndarray, shape (events,)
        Weight of each event.
    """
    import pandas as pd

    if len(weight) == 0 or weight.max() == 0:
        return one_size()
    # Counts are by far the most, and a million of them are seen at once.
    if weight.min() == weight.max():
        return one_size(float(weight[0]))
    counts = pd.Series(weight).value_counts(sort=False).sort_index()
    return Sizes(counts.index.to_numpy(np.float64), counts.to_numpy(np.float64) / len(weight))
