"""Plain names of models and harm schemes: one map for the front page and the audit pack."""

from __future__ import annotations

import re

from orchestration.publishing import formats

#: Name of each model by its id, as it is written inside a sentence.
_MODELS = {
    "arima": "ARIMA",
    "calendar_regression": "log-linear regression with weekends and bank holidays",
    "count_regression": "log-linear regression",
    "decision_tree": "decision tree",
    "deprivation_forest": "random forest on deprivation",
    "drift": "straight line (drift)",
    "empirical_bayes_365": "Empirical Bayes over 365 days",
    "ets": "exponential smoothing (ETS)",
    "half_life_180": "count with a half-life of 180 days",
    "forest_regression": "forest regression",
    "gradient_boosting": "gradient boosting",
    "kernel": "kernel density",
    "linear_regression": "linear regression",
    "logistic_regression": "logistic regression",
    "look_up": "look-up of the call type",
    "mean_12": "mean of 12 months",
    "mixture": "mixture of counts",
    "mixture_learners": "mixture of counts and learners",
    "naive": "last month",
    "naive_bayes": "naive Bayes",
    "near_repeat": "near repeats",
    "neural_network": "neural network",
    "poisson_glm": "Poisson regression",
    "random_forest": "random forest",
    "seasonal_naive": "same month last year",
    "self_exciting_730": "self-exciting process over 730 days",
}
_SCHEMES = {
    "cchi_2026": "weights of the Cambridge Crime Harm Index 2026",
    "ons_severity": "weights of the ONS Crime Severity Score",
    "seed_article": "weights of the article Beyond the Numbers",
}
_NAMES = {**_MODELS, **_SCHEMES}
_BY_MONTH = "_by_month"
# An id of one word is also a word, and is left to stand in a sentence.
_IDS = re.compile(rf"\b({'|'.join(name for name in _NAMES if '_' in name)})({_BY_MONTH})?\b")


def model_name(model: str) -> str:
    """Return the plain name of a model, as it stands alone; of an unknown one its id in words."""
    return formats.plain(_MODELS.get(model, model))


def model_and_id(model: str) -> str:
    """Return the plain name of a model inside a sentence, and its id; of an unknown one the id alone."""
    return f"{_MODELS[model]}, {model}" if model in _MODELS else model


def spelled(text: str) -> str:
    """Write out the ids in a sentence; each is kept in parentheses where it comes first.

    Parameters
    ----------
    text
        A sentence, such as one of a model card.

    Returns
    -------
    str
        Such as ``mean of 12 months (mean_12)``.
    """
    seen: set[str] = set()

    def plain(found: re.Match[str]) -> str:
        name = found[0]
        words = _NAMES[found[1]] + (", fitted anew each month" if found[2] else "")
        is_first = name not in seen
        seen.add(name)
        return f"{words} ({name})" if is_first else words

    return _IDS.sub(plain, text)
