"""Rows of tables: what was measured of each model, with paired bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.common.intervals import percentile_interval, wilson_interval
from ml.priority.choose import is_look_up
from ml.priority.features import LEVELS, Floats, Ints
from ml.priority.judged import Judged
from ml.priority.metrics import (
    BINS,
    HALF,
    LOWER_IS_BETTER,
    NEUTRAL,
    binary_metrics,
    calibration_floor,
    chance_of,
    confusion,
    level_metrics,
    probability_bin,
    resamples,
)
from ml.priority.models import LOOK_UP, Effort
from ml.priority.refit import BY_MONTH, base_name, by_days
from ml.priority.threshold import MISS_COST
from ml.priority.trial import Trial, validation_figures

if TYPE_CHECKING:
    import pandas as pd

DANGEROUS, PRIORITY = "dangerous", "priority"
_REFIT_GAIN = ("refit_gain", "refit_gain_lower", "refit_gain_upper")
_NO_REFIT = dict.fromkeys(_REFIT_GAIN, float("nan"))


def score_rows(
    target: str, judged: Mapping[str, Judged], test: pd.DataFrame, trial: Trial | None, effort: Effort
) -> Iterator[dict[str, Any]]:
    """Measure every model on the same resamples of calls, beside the look-up.

    A model that is fitted by month is held against the better of two look-ups, counted once and by month.

    Parameters
    ----------
    target : str
        ``dangerous`` or ``priority``.
    judged : mapping of str to Judged
        Answers to the test calls by model.
    test : DataFrame
        The test calls.
    trial : Trial or None
        What models said of the validation months, whose figures become rows as well.
    effort : Effort
        How many resamples to draw.

    Yields
    ------
    dict
        A row a model and measure: ``model``, ``metric``, ``value``, ``look_up_value``, ``gain`` and, of
        models that are fitted by month, ``refit_gain``, each with its bounds; ``is_clear_gain``.
    """
    weights = resamples(len(test), effort.replicates)
    tried = validation_figures(trial) if trial else {}
    beside = {name: _measure(target, one, weights) for name, one in judged.items() if is_look_up(name)}
    for name, one in judged.items():
        is_refit = name.endswith(BY_MONTH)
        is_baseline = name in beside
        look_ups = [beside[each] for each in (LOOK_UP, LOOK_UP + BY_MONTH)[: 1 + is_refit]]
        refit = _refit_gains(judged[base_name(name)], one, test, effort) if is_refit else {}
        measured = beside[name] if is_baseline else _measure(target, one, weights)
        for metric, values in measured.items():
            look_up = _best(metric, [held[metric] for held in look_ups])
            gain = np.full_like(values, np.nan) if is_baseline else _gain(metric, values, look_up)
            value, lower, upper = _interval(values)
            added, added_lower, added_upper = _interval(gain)
            yield {
                "model": name,
                "metric": metric,
                "value": value,
                "value_lower": lower,
                "value_upper": upper,
                "look_up_value": float(look_up[0]),
                "gain": added,
                "gain_lower": added_lower,
                "gain_upper": added_upper,
                "is_clear_gain": bool(added_lower > 0),
            } | refit.get(metric, _NO_REFIT)
        for metric, figure in tried.get(name, {}).items():
            yield {"model": name, "metric": metric, "value": figure, "is_clear_gain": False} | _NO_REFIT


def _gain(metric: str, values: Floats, others: Floats) -> Floats:
    """By how much values are better than others; NaN where a measure says nothing of better."""
    sign = _sign(metric)
    return sign * (values - others) if sign else np.full_like(values, np.nan)


def _best(metric: str, several: list[Floats]) -> Floats:
    """The best of several on the calls as they are, the last where a measure says nothing of better."""
    return max(reversed(several), key=lambda values: _sign(metric) * float(values[0]))


def _sign(metric: str) -> float:
    return 0.0 if metric in NEUTRAL else -1.0 if metric in LOWER_IS_BETTER else 1.0


def _refit_gains(
    once: Judged, fresh: Judged, test: pd.DataFrame, effort: Effort
) -> dict[str, dict[str, float]]:
    """What fitting anew adds to fitting once, with intervals over days: calls of a day are alike."""
    weights = by_days(test, effort.replicates)
    before, after = (_measure(DANGEROUS, one, weights) for one in (once, fresh))
    return {
        metric: dict(zip(_REFIT_GAIN, _interval(_gain(metric, after[metric], before[metric])), strict=True))
        for metric in before
    }


def _measure(target: str, judged: Judged, weights: Floats) -> dict[str, Floats]:
    if target == PRIORITY:
        measured = level_metrics(judged.target, judged.probability, judged.classes, weights)
        promised = chance_of(judged.probability, judged.classes)
    else:
        promised = judged.probability[:, 1]
        measured = binary_metrics(
            judged.target, promised, weights, threshold=judged.threshold, miss_cost=MISS_COST
        )
    mean, upper = calibration_floor(promised)
    stated = {
        "training_log_loss": judged.training_loss,
        "calibration_floor": mean,
        "calibration_floor_upper": upper,
    }
    return measured | {name: np.full(len(weights), value) for name, value in stated.items()}


def _interval(values: Floats) -> tuple[float, float, float]:
    """The value of the calls as they are, and the middle 95% of the resamples, widened to hold it."""
    value, (lower, upper) = float(values[0]), percentile_interval(values[1:])
    if np.isnan(value) or np.isnan(lower):
        return value, float("nan"), float("nan")
    return value, min(lower, value), max(upper, value)


def confusion_rows(target: str, judged: Judged) -> pd.DataFrame:
    """Return how many test calls of each true level were given each level, cells without calls among them.

    Parameters
    ----------
    target : str
        ``dangerous`` or ``priority``.
    judged : Judged
        A model's answers.

    Returns
    -------
    DataFrame
        ``decision`` (``at_half``: dangerous from a chance of 0.5 on; ``at_least_cost``: from the threshold of
        least cost on; ``likeliest``: the level that the model gives), ``true_level`` and ``given_level`` (1
        to 6, or 1 for dangerous and 0 for not) and ``call_count``.
    """
    import pandas as pd

    if target == PRIORITY:
        return _confused("likeliest", judged.target, judged.classes, np.arange(LEVELS) + 1)
    chance, kinds = judged.probability[:, 1], np.arange(2)
    thresholds = {"at_half": HALF, "at_least_cost": judged.threshold}
    return pd.concat(
        [
            _confused(decision, judged.target, (chance >= threshold).astype(np.int64), kinds)
            for decision, threshold in thresholds.items()
        ]
    )


def _confused(decision: str, target: Ints, given: Ints, names: Ints) -> pd.DataFrame:
    import pandas as pd

    table = confusion(target, given, len(names), np.ones((1, len(target))))[0]
    return pd.DataFrame(
        {
            "decision": decision,
            "true_level": np.repeat(names, len(names)),
            "given_level": np.tile(names, len(names)),
            "call_count": table.ravel().astype(np.int64),
        }
    )


def bin_rows(judged: Judged) -> pd.DataFrame:
    """Return promised and observed shares of danger by tenth of the chance that holds calls."""
    import pandas as pd

    probability, place = judged.probability[:, 1], probability_bin(judged.probability[:, 1])
    count = np.bincount(place, minlength=BINS)
    promised = np.bincount(place, probability, minlength=BINS)
    came = np.bincount(place, judged.target, minlength=BINS)
    lower, upper = wilson_interval(came, count)
    held = np.flatnonzero(count)
    return pd.DataFrame(
        {
            "probability_bin": held + 1,
            "call_count": count[held],
            "mean_probability": promised[held] / count[held],
            "observed_share": came[held] / count[held],
            "observed_share_lower": lower[held],
            "observed_share_upper": upper[held],
        }
    )
