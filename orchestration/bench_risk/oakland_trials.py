"""What was tried to come closer to Oakland's targets, chosen on the days before those that are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ml.risk.cells import Floats, Ints
    from ml.risk.history import History

SEED = 20210321
_ALL_DAYS = 1e6
_COUNTS = (3.0, 7.0, 15.0, 30.0, 60.0, 120.0, 365.0, _ALL_DAYS)
_DAYS = (15.0, 60.0, 200.0, _ALL_DAYS)
# Trees are grown anew every two months, on at most 500 days before.
_STEP, _LEARNED, _FIRST = 60, 500, 120


def days_with_arrest(history: History, days: Ints) -> Floats:
    """Days on which a bin had any arrest, with half-lives of 60 and 365 days; shape (days, bins).

    Several are arrested at once, which says of a place no more than one arrest does.
    """
    had = (history.table() > 0).astype(np.float64)
    return np.asarray((decayed(had, 60.0) + decayed(had, 365.0))[days] / 2)


def boosted_counts(history: History, days: Ints) -> Floats:
    """Boosted trees on counts of many half-lives, averaged with the days with an arrest; shape (days, bins).

    A tree learns whether a bin has an arrest on a day from what was known the evening before.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    from ml.common.threads import one_thread

    came = history.table()
    had = (came > 0).astype(np.float64)
    features = _features(came, had)
    scores = np.zeros((len(days), came.shape[1]))
    with one_thread():
        for start in range(int(days[0]), int(days[-1]) + 1, _STEP):
            seen = np.arange(max(_FIRST, start - _LEARNED), start)
            trees = HistGradientBoostingRegressor(
                loss="poisson",
                max_iter=60,
                learning_rate=0.05,
                max_leaf_nodes=6,
                min_samples_leaf=500,
                early_stopping=False,
                random_state=SEED,
            ).fit(features[seen].reshape(-1, features.shape[2]), had[seen].ravel())
            for place in np.flatnonzero((days >= start) & (days < start + _STEP)):
                scores[place] = trees.predict(features[days[place]])
    return _shares(scores) + _shares(decayed(had, 200.0)[days])


def other_days(history: History, days: Ints) -> Floats:
    """Arrests on every other day of those that are judged, for the days between; shape (days, bins).

    No forecast: it knows half of the very period, of other arrests than those that it is judged by.
    """
    came = history.table()[days]
    is_even = np.arange(len(days)) % 2 == 0
    return np.where(is_even[:, None], came[~is_even].sum(axis=0), came[is_even].sum(axis=0))


def decayed(amount: Floats, half_life: float) -> Floats:
    """Decayed mean of each bin as it was known before each day, shape (days + 1, bins).

    Parameters
    ----------
    amount : ndarray, shape (days, bins)
        Amount of each day.
    half_life : float
        In days.
    """
    from scipy.signal import lfilter

    keep = 0.5 ** (1 / half_life)
    sums = lfilter([1.0], [1.0, -keep], np.vstack([np.zeros((1, amount.shape[1])), amount]), axis=0)
    weight = lfilter([1.0], [1.0, -keep], np.append(0.0, np.ones(len(amount))))
    return np.asarray(sums / np.maximum(weight, 1.0)[:, None])


def _features(came: Floats, had: Floats) -> Floats:
    """What is known before each day, shape (days + 1, bins, columns)."""
    counts = {half_life: decayed(came, half_life) for half_life in _COUNTS}
    columns = [*counts.values(), *(decayed(had, half_life) for half_life in _DAYS)]
    shape = columns[0].shape
    weekday = np.broadcast_to(np.arange(shape[0])[:, None] % 7, shape)
    level = np.broadcast_to(counts[30.0].sum(axis=1)[:, None], shape)
    ranks = [np.argsort(np.argsort(-counts[half_life], axis=1), axis=1) for half_life in (120.0, _ALL_DAYS)]
    return np.stack([*columns, weekday, level, *ranks], axis=2)


def _shares(score: Floats) -> Floats:
    return np.asarray(score / np.maximum(score.sum(axis=1, keepdims=True), 1e-12))
