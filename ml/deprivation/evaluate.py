"""Held-out rates and how good they are, with intervals from resampled blocks of neighbouring areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.common.intervals import percentile_interval
from ml.common.ratios import ratio
from ml.deprivation.folds import SEED
from ml.deprivation.models import Model, Predict
from ml.deprivation.sample import Floats, Ints, Sample

RESAMPLES = 199
DEVIANCE_EXPLAINED = "deviance_explained"
MEAN_ABSOLUTE_ERROR = "mean_absolute_error"
RANK_CORRELATION = "rank_correlation"
METRICS = (DEVIANCE_EXPLAINED, MEAN_ABSOLUTE_ERROR, RANK_CORRELATION)


def fit_folds(model: Model, sample: Sample, folds: Ints) -> list[Predict]:
    """Fit the model once for each fold, on all areas outside it.

    Parameters
    ----------
    model : Model
        What learns rates.
    sample : Sample
        The areas.
    folds : ndarray of int, shape (areas,)
        Fold of each area, numbered from 0 without gaps.

    Returns
    -------
    list of callable
        One for each fold, in order: gives the rates of other areas.
    """
    return [model.fit(sample.take(folds != fold)) for fold in range(folds.max() + 1)]


def held_out(fitted: Sequence[Predict], sample: Sample, folds: Ints) -> Floats:
    """Return each area's rate by the model that has not seen its fold.

    Parameters
    ----------
    fitted : sequence of callable
        As :func:`fit_folds` gives them for the same sample and folds.
    sample, folds
        As there.

    Returns
    -------
    ndarray, shape (areas,)
        Amounts per 1,000 residents and year.
    """
    rates = np.empty(len(folds))
    for fold, predict in enumerate(fitted):
        rates[folds == fold] = predict(sample.take(folds == fold))
    return rates


def block_weights(blocks: Ints, resamples: int = RESAMPLES) -> Floats:
    """Return a row of ones, then how often each area is in samples of whole blocks.

    Neighbours err alike, so that a bootstrap over areas would promise too narrow an interval.

    Parameters
    ----------
    blocks : ndarray of int, shape (areas,)
        From :func:`ml.deprivation.folds.spatial_blocks`.
    resamples : int
        Samples of as many blocks as there are, with replacement.

    Returns
    -------
    ndarray, shape (1 + resamples, areas)
    """
    count = int(blocks.max()) + 1
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), size=resamples)
    return np.vstack([np.ones(len(blocks)), drawn[:, blocks]])


def deviance(sample: Sample, rate: Floats) -> Floats:
    """Poisson deviance of each area; for harm a quasi-likelihood, whose ratio has no unit.

    Parameters
    ----------
    sample : Sample
        The areas, with the amounts that came.
    rate : ndarray, shape (areas,)
        Expected amount per 1,000 residents and year; above 0.

    Returns
    -------
    ndarray, shape (areas,)
        2 (y log(y/m) - y + m), m being the expected amount.
    """
    from scipy.special import xlogy

    expected = rate * sample.exposure
    return np.asarray(2 * (xlogy(sample.amount, sample.amount / expected) - (sample.amount - expected)))


def measures(sample: Sample, rate: Floats, mean_rate: Floats, weights: Floats) -> dict[str, Floats]:
    """Measure held-out rates for many weightings of the same areas at once.

    Parameters
    ----------
    sample : Sample
        The areas.
    rate : ndarray, shape (areas,)
        Held-out rates of the model.
    mean_rate : ndarray, shape (areas,)
        Held-out rates of the mean, which deviance is explained beyond.
    weights : ndarray, shape (weightings, areas)
        From :func:`block_weights`.

    Returns
    -------
    dict of str to ndarray, shape (weightings,)
        Share of deviance explained; mean absolute error in rates per 1,000; correlation of ranks, which
        are those among all areas. NaN for 0/0.
    """
    explained = 1 - ratio(weights @ deviance(sample, rate), weights @ deviance(sample, mean_rate))
    error = ratio(weights @ np.abs(sample.rate - rate), weights.sum(axis=1))
    return {
        DEVIANCE_EXPLAINED: explained,
        MEAN_ABSOLUTE_ERROR: error,
        RANK_CORRELATION: _rank_correlation(sample.rate, rate, weights),
    }


def interval(values: Floats) -> tuple[float, float, float]:
    """Return the value of all areas (the first), and the 2.5% and 97.5% percentiles of the rest.

    Parameters
    ----------
    values : ndarray, shape (weightings,)
        One of :func:`measures`; NaN is passed over, and bounds without any other value are NaN.
    """
    return float(values[0]), *percentile_interval(values[1:])


def _rank_correlation(came: Floats, expected: Floats, weights: Floats) -> Floats:
    from scipy.stats import rankdata

    total = weights.sum(axis=1)
    x, y = rankdata(came), rankdata(expected)
    x_mean, y_mean = (weights @ x) / total, (weights @ y) / total
    covariance = (weights @ (x * y)) / total - x_mean * y_mean
    spread = ((weights @ x**2) / total - x_mean**2) * ((weights @ y**2) / total - y_mean**2)
    return ratio(covariance, np.sqrt(np.maximum(spread, 0.0)))
