"""Turns a model's scores into chances that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.priority.features import Floats, Ints


@dataclass(frozen=True)
class _Temperature:
    """Logs of probabilities times one number: a model that is too sure of levels is made less sure."""

    factor: float

    def predict_proba(self, scores: Floats) -> Floats:
        grown = np.exp(scores * self.factor)
        return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def calibrate(scores: Floats, target: Ints, is_temperature: bool) -> Any:
    """Learn from scores of unseen calls how likely each class is.

    Parameters
    ----------
    scores : ndarray, shape (calls, columns)
        Logs of probabilities, or a regression's value and its square, of calls that the model had not seen.
    target : ndarray, shape (calls,)
        Class of each, counted from 0.
    is_temperature : bool
        Whether one factor for all classes is learned in place of a regression.

    Returns
    -------
    object
        What :func:`calibrated` takes.

    References
    ----------
    Kull, M., Silva Filho, T. and Flach, P. (2017), AISTATS 54, 623-631 (two classes: a logistic regression on
    the logs of both shares); Guo, C. et al. (2017), ICML 34, 1321-1330 (the temperature).
    """
    from scipy.optimize import minimize_scalar
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if not is_temperature:
        return make_pipeline(StandardScaler(), LogisticRegression(C=10.0, max_iter=100)).fit(scores, target)
    rows = np.arange(len(target))

    def loss(factor: float) -> float:
        return float(-np.log(_Temperature(factor).predict_proba(scores)[rows, target]).mean())

    return _Temperature(float(minimize_scalar(loss, bounds=(0.2, 3.0), method="bounded").x))


def calibrated(calibrator: Any, scores: Floats, class_count: int) -> Floats:
    """Return the chances of every class: shape (calls, classes), rows summing to 1."""
    if isinstance(calibrator, _Temperature):
        return calibrator.predict_proba(scores)
    return spread(calibrator, calibrator.predict_proba(scores), class_count)


def spread(estimator: Any, probability: Floats, class_count: int) -> Floats:
    """Give every class its column: those that never came have the chance zero."""
    whole = np.zeros((len(probability), class_count))
    whole[:, estimator.classes_.astype(np.int64)] = probability
    return whole
