"""The model card of predicted call priority: which model is published, or why only the look-up is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ml.common.model_card import Metric, ModelCard
from ml.priority.choose import CALIBRATED, champion, is_look_up, main_scores
from ml.priority.features import KNOWN_AT_CALL
from ml.priority.models import LOOK_UP
from ml.priority.refit import BY_MONTH, base_name
from ml.priority.rows import DANGEROUS, PRIORITY
from ml.priority.search import Search
from ml.priority.threshold import MISS_COST

if TYPE_CHECKING:
    import pandas as pd


def priority_card(
    scores: pd.DataFrame,
    *,
    version: str,
    months: tuple[str, str],
    searches: Mapping[str, Mapping[str, Search]],
    errors: Sequence[Metric] = (),
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
    searches : mapping of str to dict of str to Search
        What was drawn in the main scenario, by target and learner.
    errors : sequence of Metric
        By group of calls, as `ml.priority.groups.errors_by_group` gives them.

    Returns
    -------
    ModelCard
        Every measure of the main scenario for the published model, beside the look-up's.
    """
    name = champion(scores)
    return ModelCard(
        name="Priority of calls for service",
        version=version,
        purpose="Says how likely a call is of priority 1 or 2, and which level it has, when it is answered.",
        data=_calls(scores),
        period=months,
        champion=name,
        baseline=f"{LOOK_UP}: the smoothed share of each priority by call type",
        verdict=f"{_gain(scores, name)}; {_calibration(scores, name)}",
        metrics=(*_metrics(scores, name), *errors),
        features=KNOWN_AT_CALL,
        search=search_lines(searches),
        limits=(
            *_how_often(name),
            "Who set the call type often set the priority with it: a high score mostly repeats that.",
            "Agencies may publish the call type as it was last changed, which can be later than the call.",
            f"A missed dangerous call is taken to cost {MISS_COST:g} false alarms, which is an assumption.",
            "Types, hours, places and priorities of calls are held against the months before (ml_drift); who "
            "uses an older fit should look there first.",
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


def _calls(scores: pd.DataFrame) -> str:
    main = main_scores(scores, DANGEROUS).iloc[0]
    train, test = int(main["train_call_count"]), int(main["test_call_count"])
    return (
        f"{train + test:,} calls for service of {main['agency']}, one record an incident, with their "
        f"priority; the newest {test:,} of them are the test"
    )


def search_lines(searches: Mapping[str, Mapping[str, Search]]) -> tuple[str, ...]:
    """Say of each learner that was searched what was drawn, by what it was judged, and what was taken."""
    return tuple(
        f"{target}, {name}: {len(one.drawn) - 1} settings were drawn beside the usual ones, and judged on "
        f"later calls within the older half of the training calls. Loss by settings: {_drawn(one)}. "
        f"Taken: {_settings(one.chosen.settings)}."
        for target, held in searches.items()
        for name, one in held.items()
    )


def _drawn(one: Search) -> str:
    held = zip(one.drawn, one.losses, strict=True)
    return "; ".join(f"{_settings(settings)}: {loss:.4f}" for settings, loss in held)


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in settings.items()) or "the usual ones"


def _gain(scores: pd.DataFrame, model: str) -> str:
    """Say what the published model adds to the look-up, and what it does not."""
    if is_look_up(model):
        return (
            "no model clearly adds to the look-up of the call type, so that the look-up is what is published"
        )
    rows = main_scores(scores, DANGEROUS)
    is_clear = rows[rows["model"] == model].set_index("metric")["is_clear_gain"]
    if is_clear["roc_auc"]:
        return f"{model} tells dangerous calls apart clearly better than the look-up"
    return (
        f"{model} gives clearly better chances than the look-up by their log loss, and does not clearly tell "
        "dangerous calls apart better"
    )


def _by_target(scores: pd.DataFrame, model: str) -> dict[str, pd.DataFrame]:
    """Rows of the published model in the main scenario by target."""
    import pandas as pd

    return published_rows(pd.concat([main_scores(scores, one) for one in (DANGEROUS, PRIORITY)]), model)


def published_rows(scores: pd.DataFrame, model: str) -> dict[str, pd.DataFrame]:
    """Return the rows of what is published by target: levels are fitted once, whatever danger is.

    Parameters
    ----------
    scores : DataFrame
        Rows of ``ml_call_priority_scores`` of one scenario.
    model : str
        The model of dangerous calls, as `ml.priority.choose.chosen` names it.
    """
    names = {DANGEROUS: model, PRIORITY: base_name(model)}
    return {
        target: scores[(scores["target"] == target) & (scores["model"] == name)]
        for target, name in names.items()
    }


def _metrics(scores: pd.DataFrame, model: str) -> list[Metric]:
    columns = ["metric", "value", "value_lower", "value_upper", "look_up_value"]
    return [
        Metric(str(name), float(value), float(lower), float(upper), float(baseline), target)
        for target, rows in _by_target(scores, model).items()
        for name, value, lower, upper, baseline in rows[columns].to_numpy(dtype=object)
    ]


def _calibration(scores: pd.DataFrame, model: str) -> str:
    """Say the calibration errors on the test, of danger and of levels, each beside the target."""
    told = _by_target(scores, model)
    said = f"its calibration error is {calibration_words(told[DANGEROUS])}"
    levels = told[PRIORITY]
    return said if levels.empty else f"{said}; that of its six levels is {calibration_words(levels)}"


def calibration_words(rows: pd.DataFrame) -> str:
    """Say a calibration error, how it lies to the target, and what chance alone makes of it.

    It meets the target when its whole interval lies below, and misses it when the interval lies above and
    the error beyond what chance makes: without a fault an error is above zero too, and so are its bounds.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``ml_call_priority_scores`` of one scenario, target and model.
    """
    figures = rows.set_index("metric")
    columns = ("value", "value_lower", "value_upper")
    error, lower, upper = (float(figures[name]["expected_calibration_error"]) for name in columns)
    floor, most = (float(figures["value"][name]) for name in ("calibration_floor", "calibration_floor_upper"))
    if math.isnan(error):
        return "not known"
    interval = "no interval" if math.isnan(lower) else f"95% interval {lower:.4f} to {upper:.4f}"
    return (
        f"{error:.4f} ({interval}), which {_beside_target(error, lower, upper, most)}; chance alone makes "
        f"{floor:.4f}, and stays below {most:.4f} in 95% of draws, which lifts the bounds too"
    )


def _beside_target(error: float, lower: float, upper: float, most_by_chance: float) -> str:
    target = f"the target of {CALIBRATED:g}"
    if upper < CALIBRATED:
        return f"meets {target}"
    if lower >= CALIBRATED:
        is_beyond = error > most_by_chance
        return f"misses {target}" if is_beyond else f"lies above {target}, but not beyond chance"
    # The interval holds the target, or there is none.
    return f"lies {'below' if error < CALIBRATED else 'above'} {target}, but not clearly"


def _how_often(model: str) -> tuple[str, ...]:
    if not model.endswith(BY_MONTH):
        return ()
    return (
        "Figures of danger are of fits that are made anew each month, and say nothing of one that is left.",
    )
