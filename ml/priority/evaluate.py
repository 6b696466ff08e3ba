"""Every model in every scenario, with paired bootstrap intervals of what it adds to the look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.common.intervals import wilson_interval
from ml.priority.features import LEVELS, Cases, Encoder, Floats, Ints, fit_encoder, is_officer_initiated
from ml.priority.metrics import (
    BINS,
    LOWER_IS_BETTER,
    NEUTRAL,
    binary_metrics,
    level_metrics,
    probability_bin,
    resamples,
)
from ml.priority.models import LOOK_UP, MODELS, QUICK, Effort, Fitted, Model
from ml.priority.splits import Scenario, usual_scenarios
from ml.priority.threshold import MISS_COST, choose_threshold

if TYPE_CHECKING:
    import pandas as pd

DANGEROUS, PRIORITY = "dangerous", "priority"
MOST_DANGEROUS_LEVEL = 2
#: With fewer training calls, or fewer of them dangerous or harmless, nothing is learned.
FEWEST_CALLS, FEWEST_OF_A_CLASS = 100, 20
_TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Judged:
    """One model's answers to the test calls of a scenario.

    Parameters
    ----------
    target : ndarray, shape (calls,)
        True class, counted from 0.
    probability : ndarray, shape (calls, classes)
        Chance of each class.
    classes : ndarray, shape (calls,)
        Class given.
    threshold : float
        Probability of least cost on unseen training calls; NaN for levels.
    training_loss : float
        Mean log loss on unseen training calls.
    fitted : Fitted
        The model itself.
    encoder : Encoder
        What turned calls into its features.
    """

    target: Ints
    probability: Floats
    classes: Ints
    threshold: float
    training_loss: float
    fitted: Fitted
    encoder: Encoder


@dataclass(frozen=True)
class Assessment:
    """What was measured.

    Parameters
    ----------
    scores : DataFrame
        One row a scenario, target, model and measure.
    calibration : DataFrame
        One row a scenario, model and bin of probability with calls in it, of the dangerous calls.
    main : mapping of str to dict of str to Judged
        Answers in the first scenario by target and model, for figures and to store the model; encoders hold
        names of streets.
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame
    main: Mapping[str, Mapping[str, Judged]]


def assess_agency(calls: pd.DataFrame) -> Assessment:
    """Assess one agency's calls in the usual scenarios, in seconds.

    Parameters
    ----------
    calls : DataFrame
        As for :func:`assess`; may be empty.

    Returns
    -------
    Assessment
        Without rows when there are too few calls to learn from.
    """
    return assess(calls, usual_scenarios(calls) if len(calls) else (), QUICK)


def assess(calls: pd.DataFrame, scenarios: Sequence[Scenario], effort: Effort) -> Assessment:
    """Fit every model in every scenario and measure it on the test calls.

    Parameters
    ----------
    calls : DataFrame
        One row an incident that has a priority, in order of time: ``agency``, ``priority`` (1 to 6) and the
        columns of ``ml.priority.features.KNOWN_AT_CALL``.
    scenarios : sequence of Scenario
        What to ask; one with too few calls is passed over.
    effort : Effort
        How much to spend.

    Returns
    -------
    Assessment
        Figures only.
    """
    import pandas as pd

    scores: list[dict[str, Any]] = []
    bins: list[pd.DataFrame] = []
    main: dict[str, dict[str, Judged]] = {}
    for number, scenario in enumerate(scenarios):
        for target, judged, train_count in _on_one_thread(_judge, calls, scenario, effort):
            head = _head(calls, scenario)
            test_count = len(judged[LOOK_UP].target)
            counts = {"train_call_count": train_count, "test_call_count": test_count}
            scores += [head | counts | {"target": target} | row for row in _rows(target, judged, effort)]
            if target == DANGEROUS:
                bins += [_bins(one).assign(**head, model=name) for name, one in judged.items()]
            if number == 0:
                main[target] = judged
    found = pd.concat(bins, ignore_index=True) if bins else pd.DataFrame(columns=_CALIBRATION)
    return Assessment(pd.DataFrame(scores, columns=_SCORES), found[_CALIBRATION], main)


def _on_one_thread(judge: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
    """Judge without threads: the fits are many and small, and threads would only wait for each other."""
    # A library that is loaded later would not be limited.
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield from judge(*arguments)


_HEAD = ["agency", "split", "location_precision", "has_call_type", "has_officer_calls"]
_CALIBRATION = [
    *_HEAD,
    "model",
    "probability_bin",
    "call_count",
    "mean_probability",
    "observed_share",
    "observed_share_lower",
    "observed_share_upper",
]
_SCORES = [
    *_HEAD,
    "target",
    "model",
    "metric",
    "train_call_count",
    "test_call_count",
    "value",
    "value_lower",
    "value_upper",
    "look_up_value",
    "gain",
    "gain_lower",
    "gain_upper",
    "is_clear_gain",
]


def _head(calls: pd.DataFrame, scenario: Scenario) -> dict[str, Any]:
    values = (
        calls["agency"].iloc[0],
        scenario.split.name,
        scenario.precision,
        scenario.has_call_type,
        scenario.has_officer_calls,
    )
    return dict(zip(_HEAD, values, strict=True))


def _judge(
    calls: pd.DataFrame, scenario: Scenario, effort: Effort
) -> Iterator[tuple[str, dict[str, Judged], int]]:
    """Yield each target that can be learned, with every model's answers and the number of training calls."""
    is_kept = np.ones(len(calls), dtype=bool)
    if not scenario.has_officer_calls:
        is_kept = ~is_officer_initiated(calls["call_type"]).to_numpy()
    train, test = calls[scenario.split.is_train & is_kept], calls[scenario.split.is_test & is_kept]
    levels = [part["priority"].to_numpy(np.int64) - 1 for part in (train, test)]
    danger = [(level < MOST_DANGEROUS_LEVEL).astype(np.int64) for level in levels]
    rarest = min(danger[0].sum(), len(train) - danger[0].sum())
    if len(train) < FEWEST_CALLS or rarest < FEWEST_OF_A_CLASS or len(test) == 0:
        return
    yield DANGEROUS, _fit_all(train, test, danger, 2, scenario, effort), len(train)
    if scenario.has_levels and len(np.unique(levels[0])) > 2:
        yield PRIORITY, _fit_all(train, test, levels, LEVELS, scenario, effort), len(train)


def _fit_all(
    train: pd.DataFrame,
    test: pd.DataFrame,
    target: Sequence[Ints],
    class_count: int,
    scenario: Scenario,
    effort: Effort,
) -> dict[str, Judged]:
    encoder, seen = fit_encoder(
        train, target[0], precision=scenario.precision, has_call_type=scenario.has_call_type
    )
    later = encoder.apply(test)
    return {model.name: _answer(model, encoder, seen, later, target, class_count, effort) for model in MODELS}


def _answer(
    model: Model,
    encoder: Encoder,
    seen: Cases,
    later: Cases,
    target: Sequence[Ints],
    class_count: int,
    effort: Effort,
) -> Judged:
    fitted: Fitted = model.fit(seen, target[0], class_count, effort)
    is_binary = class_count == 2
    threshold = choose_threshold(target[0], fitted.unseen[:, 1]) if is_binary else float("nan")
    truly = fitted.unseen[np.arange(len(target[0])), target[0]]
    loss = float(-np.log(np.clip(truly, 1e-12, 1)).mean())
    chances, classes = fitted.probabilities(later), fitted.classes(later)
    return Judged(target[1], chances, classes, threshold, loss, fitted, encoder)


def _rows(target: str, judged: Mapping[str, Judged], effort: Effort) -> Iterator[dict[str, Any]]:
    """Measure every model on the same resamples of the same calls, the look-up first."""
    weights = resamples(len(judged[LOOK_UP].target), effort.replicates)
    look_up = _measure(target, judged[LOOK_UP], weights)
    for name, one in judged.items():
        for metric, values in _measure(target, one, weights).items():
            sign = 0.0 if metric in NEUTRAL else -1.0 if metric in LOWER_IS_BETTER else 1.0
            gain = (
                sign * (values - look_up[metric])
                if sign and name != LOOK_UP
                else np.full_like(values, np.nan)
            )
            value, lower, upper = _interval(values)
            added, added_lower, added_upper = _interval(gain)
            yield {
                "model": name,
                "metric": metric,
                "value": value,
                "value_lower": lower,
                "value_upper": upper,
                "look_up_value": float(look_up[metric][0]),
                "gain": added,
                "gain_lower": added_lower,
                "gain_upper": added_upper,
                "is_clear_gain": bool(added_lower > 0),
            }


def _measure(target: str, judged: Judged, weights: Floats) -> dict[str, Floats]:
    if target == PRIORITY:
        return level_metrics(judged.target, judged.probability, judged.classes, weights)
    measured = binary_metrics(
        judged.target, judged.probability[:, 1], weights, threshold=judged.threshold, miss_cost=MISS_COST
    )
    return {**measured, "training_log_loss": np.full(len(weights), judged.training_loss)}


def _interval(values: Floats) -> tuple[float, float, float]:
    """The value of the calls as they are, and the middle 95% of the resamples, widened to hold it."""
    value, drawn = float(values[0]), values[1:][~np.isnan(values[1:])]
    if np.isnan(value) or len(drawn) == 0:
        return value, float("nan"), float("nan")
    lower, upper = np.quantile(drawn, _TAILS)
    return value, min(float(lower), value), max(float(upper), value)


def _bins(judged: Judged) -> pd.DataFrame:
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
