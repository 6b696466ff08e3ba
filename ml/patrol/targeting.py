"""How concentrated a series of patrol maps is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.spatial.concentration import gini


@dataclass(frozen=True)
class Targeting:
    """What a series of maps singled out.

    Parameters
    ----------
    ever_flagged_count
        Places flagged at least once.
    ever_flagged_share
        Their share of all places.
    flagging_gini
        Gini coefficient of the days on which places were flagged: 0 when all were flagged alike.
    """

    ever_flagged_count: int
    ever_flagged_share: float
    flagging_gini: float


def measure_targeting(flagged_days: npt.ArrayLike) -> Targeting:
    """Measure how concentrated flagging was.

    Parameters
    ----------
    flagged_days
        Shape (places,): days on which each place was flagged, those never flagged included.

    Returns
    -------
    Targeting
        The Gini coefficient is NaN when no place was ever flagged.
    """
    days = np.asarray(flagged_days, dtype=float)
    ever = int((days > 0).sum())
    return Targeting(ever, ever / len(days), gini(days))


def flagged_days(scores: npt.ArrayLike, count: int) -> npt.NDArray[np.int64]:
    """Return on how many days each place was among those with the highest scores.

    Parameters
    ----------
    scores
        Shape (days, places).
    count
        Places flagged a day; of equal scores the first places win.

    Returns
    -------
    ndarray of int
        Shape (places,).
    """
    ranked = np.argsort(-np.asarray(scores, dtype=float), axis=1, kind="stable")[:, :count]
    return np.bincount(ranked.ravel(), minlength=np.shape(scores)[1])
