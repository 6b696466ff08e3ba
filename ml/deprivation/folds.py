"""How areas are held out: whole regions, or areas here and there, whose neighbours tell on them."""

from __future__ import annotations

import numpy as np

from ml.deprivation.sample import Floats, Ints

SEED = 20250711
BLOCKS = 10


def spatial_blocks(place: Floats, count: int = BLOCKS) -> Ints:
    """Return the block of each area: regions by k-means on the centroids, each held out as a whole.

    Parameters
    ----------
    place : ndarray, shape (areas, 2)
        Centroids, in metres.
    count : int
        Blocks.

    Returns
    -------
    ndarray of int, shape (areas,)
        From 0 to below ``count``.

    References
    ----------
    Roberts, D. R. et al. (2017), Ecography 40(8), 913-929 (block cross-validation);
    Brenning, A. (2012), IEEE IGARSS, 5372-5375 (k-means blocks).
    """
    from sklearn.cluster import KMeans

    found = KMeans(count, n_init=5, random_state=SEED).fit_predict(place - place.mean(axis=0))
    return np.asarray(found, dtype=np.int64)


def random_folds(size: int, count: int = BLOCKS) -> Ints:
    """Return folds of near equal size that take no account of place.

    Parameters
    ----------
    size : int
        Areas.
    count : int
        Folds.

    Returns
    -------
    ndarray of int, shape (size,)
        The fold of each area, from 0 to below ``count``; always the same for the same numbers.
    """
    return np.random.default_rng(SEED).permutation(np.arange(size) % count)
