"""Every model in every scenario, with paired bootstrap intervals of what it adds to the look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.common.threads import one_thread
from ml.priority.choose import chosen
from ml.priority.features import LEVELS, Ints, fit_encoder, is_dangerous, is_officer_initiated
from ml.priority.judged import Judged, answer, has_both_kinds
from ml.priority.models import MODELS, QUICK, Effort
from ml.priority.refit import judged_by_month
from ml.priority.rows import DANGEROUS, PRIORITY, bin_rows, score_rows
from ml.priority.splits import Scenario, usual_scenarios
from ml.priority.trial import Trial, monthly_figures, tried_models, try_models

if TYPE_CHECKING:
    import pandas as pd

#: With fewer training calls nothing is learned.
FEWEST_CALLS = 100


@dataclass(frozen=True)
class Assessment:
    """What was measured.

    Parameters
    ----------
    scores : DataFrame
        One row a scenario, target, model and measure.
    calibration : DataFrame
        One row a scenario, model and bin of probability with calls in it, of the dangerous calls.
    months : DataFrame
        One row a scenario with refits, model and month of validation or test, of the dangerous calls.
    main : mapping of str to dict of str to Judged
        Answers in the first scenario by target and model, for figures and to store the model; encoders hold
        names of streets.
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame
    months: pd.DataFrame
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
    months: list[pd.DataFrame] = []
    main: dict[str, dict[str, Judged]] = {}
    for number, scenario in enumerate(scenarios):
        for target, judged, parts, trial in _on_one_thread(_judge, calls, scenario, effort):
            head = _head(calls, scenario)
            counts = {"train_call_count": len(parts[0]), "test_call_count": len(parts[1])}
            rows = [
                head | counts | {"target": target} | row
                for row in score_rows(target, judged, parts[1], trial, effort)
            ]
            scores += rows
            if target == DANGEROUS:
                bins += [bin_rows(one).assign(**head, model=name) for name, one in judged.items()]
            if trial is not None:
                name = chosen(pd.DataFrame(rows))
                figures = monthly_figures([(trial.calls, trial.judged), (parts[1], judged)])
                months.append(figures.assign(**head, is_chosen=figures["model"] == name))
            if number == 0:
                main[target] = judged
    found, by_month = (
        (pd.concat(held, ignore_index=True) if held else pd.DataFrame(columns=columns))[columns]
        for held, columns in ((bins, _CALIBRATION), (months, _MONTHS))
    )
    return Assessment(pd.DataFrame(scores, columns=_SCORES), found, by_month, main)


def _on_one_thread(judge: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
    """Judge without threads: the fits are many and small, and threads would only wait for each other."""
    with one_thread("sklearn.ensemble"):
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
_MONTHS = [
    *_HEAD,
    "model",
    "month",
    "is_chosen",
    "call_count",
    "dangerous_count",
    "mean_probability",
    "roc_auc",
    "expected_calibration_error",
    "calibration_floor",
    "calibration_floor_upper",
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
    "refit_gain",
    "refit_gain_lower",
    "refit_gain_upper",
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
) -> Iterator[tuple[str, dict[str, Judged], tuple[pd.DataFrame, pd.DataFrame], Trial | None]]:
    """Yield each target that can be learned: every model's answers, both parts and the trial of refits."""
    is_kept = np.ones(len(calls), dtype=bool)
    if not scenario.has_officer_calls:
        is_kept = ~is_officer_initiated(calls["call_type"]).to_numpy()
    train, test = calls[scenario.split.is_train & is_kept], calls[scenario.split.is_test & is_kept]
    levels = [part["priority"].to_numpy(np.int64) - 1 for part in (train, test)]
    danger = [is_dangerous(part) for part in (train, test)]
    if len(train) < FEWEST_CALLS or not has_both_kinds(danger[0]) or len(test) == 0:
        return
    judged, trial = _fit_all(train, test, danger, 2, scenario, effort), None
    if scenario.has_refits:
        names = tried_models(judged)
        known: dict[str, Any] = {"precision": scenario.precision, "has_call_type": scenario.has_call_type}
        trial = try_models(train, danger[0], names, **known, effort=effort)
        judged |= judged_by_month(train, test, danger, names, **known, effort=effort) if trial else {}
    yield DANGEROUS, judged, (train, test), trial
    if scenario.has_levels and len(np.unique(levels[0])) > 2:
        yield PRIORITY, _fit_all(train, test, levels, LEVELS, scenario, effort), (train, test), None


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
    return {
        model.name: answer(model, encoder, seen, target[0], later, target[1], class_count, effort)
        for model in MODELS
    }
