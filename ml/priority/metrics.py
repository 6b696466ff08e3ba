"""Measures of ranked calls, each for many weightings of the same calls at once, as a bootstrap needs them.

``weights`` has one row for each weighting (a row of ones for the calls as they are) and one column for each
call; every function gives one value for each row, NaN for 0/0.
"""

from __future__ import annotations

import numpy as np

from ml.common.ratios import ratio
from ml.priority.features import SEED, Floats, Ints

BINS = 10
#: The chance from which a call counts as dangerous in accuracy, precision, recall and F1.
HALF = 0.5
#: Measures of which less is better.
LOWER_IS_BETTER = ("expected_calibration_error", "cost_per_call", "log_loss")
#: Measures that say how a threshold is used, and not how good a model is.
NEUTRAL = (
    "flagged_share_at_cost",
    "cost_threshold",
    "training_log_loss",
    "calibration_floor",
    "calibration_floor_upper",
)


def resamples(count: int, replicates: int) -> Floats:
    """Return a row of ones, then the counts of seeded bootstrap samples: shape (1 + replicates, count)."""
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), size=replicates)
    return np.vstack([np.ones(count), drawn])


def roc_auc(target: Ints, score: Floats, weights: Floats) -> Floats:
    """Chance that a positive call scores above a negative one, ties counting half."""
    positive, negative = _by_score(target, score, weights)
    below = np.cumsum(negative, axis=1) - negative
    won = (positive * (below + negative / 2)).sum(axis=1)
    return ratio(won, positive.sum(axis=1) * negative.sum(axis=1))


def average_precision(target: Ints, score: Floats, weights: Floats) -> Floats:
    """Area under the precision-recall curve as a sum of steps, not interpolated."""
    positive, negative = (part[:, ::-1] for part in _by_score(target, score, weights))
    hits = np.cumsum(positive, axis=1)
    precision = ratio(hits, hits + np.cumsum(negative, axis=1))
    return ratio(np.nansum(precision * positive, axis=1), hits[:, -1])


def expected_calibration_error(target: Ints, probability: Floats, weights: Floats) -> Floats:
    """Mean gap between promised and observed share over ten bins of equal width, weighted by their calls.

    References
    ----------
    Naeini, M. P., Cooper, G. F. and Hauskrecht, M. (2015), AAAI 29, 2901-2907.
    """
    member = np.eye(BINS)[probability_bin(probability)]
    gaps = np.abs((weights * (probability - target)) @ member)
    return ratio(gaps.sum(axis=1), weights.sum(axis=1))


def calibration_floor(probability: Floats, draws: int = 500) -> tuple[float, float]:
    """Calibration error that chance alone gives to forecasts that are kept exactly.

    Outcomes are drawn from the forecasts themselves, so that what an error has above this is excess.

    Parameters
    ----------
    probability : ndarray, shape (calls,)
        Of being dangerous, or of the level given.
    draws : int
        Seeded draws of all outcomes.

    Returns
    -------
    mean, upper : float
        Mean error over the draws, and the error that 95% of them stay below; NaN without a call.
    """
    if not len(probability):
        return float("nan"), float("nan")
    came = np.random.default_rng(SEED).random((draws, len(probability))) < probability
    member = np.eye(BINS)[probability_bin(probability)]
    errors = np.abs((came - probability) @ member).sum(axis=1) / len(probability)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def probability_bin(probability: Floats) -> Ints:
    """Return the bin of each probability, 0 to 9; 1.0 belongs to the last."""
    return np.minimum((probability * BINS).astype(np.int64), BINS - 1)


def chance_of(probability: Floats, classes: Ints) -> Floats:
    """Return the chance of the class given to each call, which for a regression may not be the likeliest."""
    return probability[np.arange(len(classes)), classes]


def confusion(target: Ints, classes: Ints, class_count: int, weights: Floats) -> Floats:
    """Calls by true and by given class: shape (weightings, classes, classes)."""
    cell = np.eye(class_count * class_count)[target * class_count + classes]
    return (weights @ cell).reshape(-1, class_count, class_count)


def quadratic_kappa(table: Floats) -> Floats:
    """Agreement beyond chance, an error of two levels weighing four times that of one.

    References
    ----------
    Cohen, J. (1968), Psychological Bulletin 70(4), 213-220.
    """
    steps = np.arange(table.shape[-1])
    cost = (steps[:, None] - steps[None, :]) ** 2.0
    chance = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
    expected = ratio((cost * chance).sum(axis=(1, 2)), table.sum(axis=(1, 2)))
    return 1 - ratio((cost * table).sum(axis=(1, 2)), expected)


def binary_metrics(
    target: Ints, probability: Floats, weights: Floats, *, threshold: float | Floats, miss_cost: float
) -> dict[str, Floats]:
    """Every measure of the dangerous calls.

    Parameters
    ----------
    target : ndarray, shape (calls,)
        1 for dangerous.
    probability : ndarray, shape (calls,)
        Of being dangerous.
    weights : ndarray, shape (weightings, calls)
        From :func:`resamples`.
    threshold : float or ndarray, shape (calls,)
        From which a call is sent as dangerous, chosen beforehand by cost; the mean is told.
    miss_cost : float
        Cost of a missed dangerous call, in false alarms.

    Returns
    -------
    dict of str to ndarray, shape (weightings,)
    """
    table = confusion(target, (probability >= HALF).astype(np.int64), 2, weights)
    sent = confusion(target, (probability >= threshold).astype(np.int64), 2, weights)
    precision = ratio(table[:, 1, 1], table[:, :, 1].sum(axis=1))
    recall = ratio(table[:, 1, 1], table[:, 1].sum(axis=1))
    total = weights.sum(axis=1)
    loss = -np.log(np.clip(np.where(target == 1, probability, 1 - probability), 1e-12, 1))
    return {
        "accuracy": ratio(table[:, 0, 0] + table[:, 1, 1], total),
        "precision": precision,
        "recall": recall,
        "f1": ratio(2 * table[:, 1, 1], table[:, :, 1].sum(axis=1) + table[:, 1].sum(axis=1)),
        "roc_auc": roc_auc(target, probability, weights),
        "pr_auc": average_precision(target, probability, weights),
        "log_loss": ratio(weights @ loss, total),
        "expected_calibration_error": expected_calibration_error(target, probability, weights),
        "cost_threshold": np.full(len(weights), np.mean(threshold)),
        "recall_at_cost": ratio(sent[:, 1, 1], sent[:, 1].sum(axis=1)),
        "flagged_share_at_cost": ratio(sent[:, :, 1].sum(axis=1), total),
        "cost_per_call": ratio(miss_cost * sent[:, 1, 0] + sent[:, 0, 1], total),
    }


def level_metrics(target: Ints, probability: Floats, classes: Ints, weights: Floats) -> dict[str, Floats]:
    """Every measure of the priority levels; means are over the levels that the test calls have.

    Parameters
    ----------
    target, classes : ndarray, shape (calls,)
        True and given level, counted from 0.
    probability : ndarray, shape (calls, levels)
        Rows sum to 1.
    weights : ndarray, shape (weightings, calls)
        From :func:`resamples`.

    Returns
    -------
    dict of str to ndarray, shape (weightings,)
    """
    table = confusion(target, classes, probability.shape[1], weights)
    held = np.unique(target)
    right = np.diagonal(table, axis1=1, axis2=2)[:, held]
    given, true = table.sum(axis=1)[:, held], table.sum(axis=2)[:, held]
    total = weights.sum(axis=1)
    is_right, promised = (classes == target).astype(np.int64), chance_of(probability, classes)
    each = [((target == level).astype(np.int64), probability[:, level]) for level in held]
    return {
        "accuracy": ratio(weights @ is_right, total),
        "precision": _mean(np.where(given > 0, ratio(right, given), 0.0)),
        "recall": _mean(ratio(right, true)),
        "f1": _mean(ratio(2 * right, given + true)),
        "roc_auc": _mean(np.column_stack([roc_auc(*one, weights) for one in each])),
        "pr_auc": _mean(np.column_stack([average_precision(*one, weights) for one in each])),
        "expected_calibration_error": expected_calibration_error(is_right, promised, weights),
        "quadratic_kappa": quadratic_kappa(table),
        "recall_priority_1": ratio(table[:, 0, 0], table[:, 0].sum(axis=1)),
    }


def _by_score(target: Ints, score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weights of positive and of negative calls at each distinct score, rising."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    ordered, is_positive = weights[:, order], target[order] == 1
    positive = np.add.reduceat(ordered * is_positive, starts, axis=1)
    return positive, np.add.reduceat(ordered * ~is_positive, starts, axis=1)


def _mean(values: Floats) -> Floats:
    """Mean over the last axis of what is defined; NaN when nothing is."""
    is_there = ~np.isnan(values)
    return ratio(np.where(is_there, values, 0).sum(axis=-1), is_there.sum(axis=-1).astype(np.float64))
