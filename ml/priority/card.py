"""The model card of predicted call priority: which model is published, or why only the look-up is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml.common.model_card import Metric, ModelCard
from ml.priority.features import KNOWN_AT_CALL
from ml.priority.models import LOOK_UP
from ml.priority.threshold import MISS_COST

if TYPE_CHECKING:
    import pandas as pd

_MAIN = {"split": "time_ordered", "has_call_type": True, "has_officer_calls": True}


def champion(scores: pd.DataFrame) -> str:
    """Return the model to publish.

    The candidate is the one of least log loss on unseen training calls, so that the test does not choose
    it; it is published when it then tells danger apart clearly better than the look-up does.

    Parameters
    ----------
    scores : DataFrame
        ``ml_call_priority_scores`` of one agency; not empty.

    Returns
    -------
    str
        ``look_up`` when nothing clearly adds to it.
    """
    main = _main_scores(scores, "dangerous")
    losses = main[main["metric"] == "training_log_loss"].set_index("model")["value"].drop(LOOK_UP)
    candidate = str(losses.idxmin())
    is_it = (main["model"] == candidate) & (main["metric"] == "roc_auc")
    return candidate if bool(main.loc[is_it, "is_clear_gain"].iloc[0]) else LOOK_UP


def priority_card(
    scores: pd.DataFrame, *, version: str, months: tuple[str, str], errors: Sequence[Metric] = ()
) -> ModelCard:
    """Return the card of the published model.

    Parameters
    ----------
    scores : DataFrame
        ``ml_call_priority_scores`` of one agency; not empty.
    version : str
        Code and data.
    months : tuple of str
        First and last month of the calls.
    errors : sequence of Metric
        By group of calls, as `ml.priority.groups.errors_by_group` gives them.

    Returns
    -------
    ModelCard
        Every measure of the main scenario for the published model, beside the look-up's.
    """
    name = champion(scores)
    verdict = (
        f"{name} tells dangerous calls apart clearly better than the look-up"
        if name != LOOK_UP
        else "no model clearly adds to the look-up of the call type, so that the look-up is what is published"
    )
    return ModelCard(
        name="Priority of calls for service",
        version=version,
        purpose="Says how likely a call is of priority 1 or 2, and which level it has, when it is answered.",
        data=f"Calls for service of {scores['agency'].iloc[0]}, one record an incident, with their priority",
        period=months,
        champion=name,
        baseline=f"{LOOK_UP}: the smoothed share of each priority by call type",
        verdict=verdict,
        metrics=(*_metrics(scores, name), *errors),
        features=KNOWN_AT_CALL,
        limits=(
            "Who set the call type often set the priority with it: a high score mostly repeats that.",
            "Agencies may publish the call type as it was last changed, which can be later than the call.",
            f"A missed dangerous call is taken to cost {MISS_COST:g} false alarms, which is an assumption.",
            "Calls are reports, not crimes. No help may be sent, delayed or withheld by it alone.",
        ),
        fairness=(
            "Errors are told by hour, by who began the call, and by city where the agency names one.",
            "By groups of people they are not: calls name no person, and places have no census areas.",
        ),
        source=(
            "Elkan, C. (2001), The foundations of cost-sensitive learning",
            "Naeini, M. P. et al. (2015), Obtaining well calibrated probabilities using Bayesian binning",
        ),
    )


def _metrics(scores: pd.DataFrame, model: str) -> list[Metric]:
    rows = [_main_scores(scores, target) for target in ("dangerous", "priority")]
    columns = ["metric", "value", "value_lower", "value_upper", "look_up_value", "target"]
    return [
        Metric(str(name), float(value), float(lower), float(upper), float(baseline), str(target))
        for part in rows
        for name, value, lower, upper, baseline, target in part.loc[part["model"] == model, columns].to_numpy(
            dtype=object
        )
    ]


def _main_scores(scores: pd.DataFrame, target: str) -> pd.DataFrame:
    """The rows in order of time, everything known, at the finest precision that was judged."""
    chosen = scores[scores["target"] == target]
    for column, value in _MAIN.items():
        chosen = chosen[chosen[column] == value]
    finest = [held for held in ("exact", "none") if (chosen["location_precision"] == held).any()][:1]
    return chosen[chosen["location_precision"].isin(finest)]
