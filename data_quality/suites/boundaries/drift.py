"""How far the mix of crime types of a month lies from the same force's own months before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

HISTORY_MONTHS = 12
FEWEST_MONTHS = 3
FEWEST_CRIMES = 100


def mix_drift(counts: pd.DataFrame) -> pd.DataFrame:
    """Measure the drift of each force's mix of crime types, month by month.

    Parameters
    ----------
    counts
        Shape (n, 4): ``force_slug``, ``crime_month`` (datetime), ``crime_type`` and ``crime_count``, one row
        a combination; a type that is left out counts nothing.

    Returns
    -------
    pandas.DataFrame
        ``force_slug``, ``crime_month`` and ``mix_drift``: the Jensen-Shannon divergence, in bits from 0 (the
        same mix) to 1 (no type in common), between a month's mix and that of the up to twelve months before
        it; null with fewer than three months of history or a hundred crimes in the month.

    Notes
    -----
    Unlike the population stability index it stays finite where a type has no crime (Lin, 1991, "Divergence
    measures based on the Shannon entropy"). Chance alone gives some 13 / (8 ln 2 n) bits for 14 types and n
    crimes: 0.02 for a hundred, which is why smaller months are not judged.
    """
    import numpy as np

    if not len(counts):
        return counts[["force_slug", "crime_month"]].assign(mix_drift=np.empty(0))
    table = counts.pivot_table(
        index=["force_slug", "crime_month"],
        columns="crime_type",
        values="crime_count",
        aggfunc="sum",
        fill_value=0,
    )
    drifts = [_force_drift(months.droplevel(0)) for _, months in table.groupby(level=0, sort=True)]
    return table.index.to_frame(index=False).assign(mix_drift=np.concatenate(drifts))


def _force_drift(months: pd.DataFrame) -> np.ndarray:
    """Return the drift of each month of one force, in order."""
    import numpy as np

    dates = months.index.to_numpy(dtype="datetime64[M]")
    counts = months.to_numpy(dtype=float)
    age = (dates[:, None] - dates[None, :]).astype(int)
    is_history = (age > 0) & (age <= HISTORY_MONTHS)
    past = is_history.astype(float) @ counts
    divergence = _jensen_shannon(_shares(counts), _shares(past))
    is_judged = (is_history.sum(axis=1) >= FEWEST_MONTHS) & (counts.sum(axis=1) >= FEWEST_CRIMES)
    return np.where(is_judged & (past.sum(axis=1) > 0), divergence, np.nan)


def _shares(counts: np.ndarray) -> np.ndarray:
    import numpy as np

    totals = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)


def _jensen_shannon(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    middle = (one + other) / 2
    return (_relative_entropy(one, middle) + _relative_entropy(other, middle)) / 2


def _relative_entropy(shares: np.ndarray, middle: np.ndarray) -> np.ndarray:
    import numpy as np

    ratio = np.divide(shares, middle, out=np.ones_like(shares), where=shares > 0)
    return (shares * np.log2(ratio)).sum(axis=1)
