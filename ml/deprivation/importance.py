"""What the forest relies on: permutation importance on unseen blocks, and partial dependence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.deprivation.evaluate import RESAMPLES, deviance, interval
from ml.deprivation.folds import SEED
from ml.deprivation.models import Predict
from ml.deprivation.sample import DOMAINS, Floats, Ints, Sample

if TYPE_CHECKING:
    import pandas as pd

REPEATS = 5
_BACKGROUND = 500
#: Quantiles of a score that partial dependence is worked out at.
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def permutation_importance(
    fitted: Sequence[Predict], sample: Sample, folds: Ints, mean_rate: Floats
) -> dict[str, tuple[float, float, float]]:
    """How much less deviance is explained when a domain's scores are shuffled within an unseen fold.

    Parameters
    ----------
    fitted : sequence of callable
        The forest of each fold.
    sample : Sample
        The areas.
    folds : ndarray, shape (areas,)
        Spatial folds.
    mean_rate : ndarray, shape (areas,)
        Held-out rates of the mean.

    Returns
    -------
    dict of str to (value, lower, upper)
        By domain: the mean over repeats, and the 95% percentiles when folds are resampled and a repeat is
        drawn for each. Below 0 where shuffling helps.

    References
    ----------
    Fisher, A., Rudin, C. and Dominici, F. (2019), Journal of Machine Learning Research 20(177), 1-81.
    """
    rng = np.random.default_rng(SEED)
    lost = [_lost(predict, sample.take(folds == fold), rng) for fold, predict in enumerate(fitted)]
    beyond = np.array([deviance(sample, mean_rate)[folds == fold].sum() for fold in range(len(fitted))])
    drawn = rng.multinomial(len(fitted), np.full(len(fitted), 1 / len(fitted)), size=RESAMPLES)
    repeat = rng.integers(REPEATS, size=(RESAMPLES, len(fitted)))
    found = {}
    for place, name in enumerate(DOMAINS):
        by_fold = np.array([one[place] for one in lost])
        whole = by_fold.mean(axis=1).sum() / beyond.sum()
        resampled = (drawn * by_fold[np.arange(len(fitted)), repeat]).sum(axis=1) / (drawn @ beyond)
        found[name] = interval(np.concatenate([[whole], resampled]))
    return found


def _lost(predict: Predict, unseen: Sample, rng: np.random.Generator) -> Floats:
    """Deviance added in one fold: shape (features, repeats); one prediction for all copies."""
    size, width = unseen.features.shape
    copies = np.tile(unseen.features, (width, REPEATS, 1, 1))
    for feature in range(width):
        for repeat in range(REPEATS):
            copies[feature, repeat, :, feature] = rng.permutation(unseen.features[:, feature])
    rows = np.tile(np.arange(size), width * REPEATS)
    shuffled = replace(unseen.take(rows), features=copies.reshape(-1, width))
    added = deviance(shuffled, predict(shuffled)).reshape(width, REPEATS, size).sum(axis=2)
    return np.asarray(added - deviance(unseen, predict(unseen)).sum())


def partial_dependence(predict: Predict, sample: Sample) -> pd.DataFrame:
    """Mean rate when every area is given the same score of a domain, at deciles of that score.

    Parameters
    ----------
    predict : callable
        A forest of all areas.
    sample : Sample
        The areas; at most 500 of them, by a seeded draw, are averaged over.

    Returns
    -------
    DataFrame
        ``feature``, ``quantile``, ``score``, ``rate_per_1000``.

    References
    ----------
    Friedman, J. H. (2001), Annals of Statistics 29(5), 1189-1232.
    """
    import pandas as pd

    rng = np.random.default_rng(SEED)
    count = min(_BACKGROUND, len(sample.amount))
    averaged = sample.take(np.sort(rng.choice(len(sample.amount), count, replace=False)))
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(DOMAINS):
        for quantile, score in zip(QUANTILES, np.quantile(sample.features[:, place], QUANTILES), strict=True):
            given = averaged.features.copy()
            given[:, place] = score
            rate = float(np.average(predict(replace(averaged, features=given)), weights=averaged.exposure))
            rows.append({"feature": name, "quantile": quantile, "score": score, "rate_per_1000": rate})
    return pd.DataFrame(rows)
