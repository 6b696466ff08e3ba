"""Models of the older half of the training calls, tried on the months of the newer half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.priority.choose import VALIDATION
from ml.priority.features import Floats, Ints, Precision, fit_encoder
from ml.priority.judged import Judged, answer, has_both_kinds
from ml.priority.metrics import calibration_floor, expected_calibration_error, roc_auc
from ml.priority.models import LOOK_UP, MODELS, Effort
from ml.priority.refit import judged_by_month, months_of

if TYPE_CHECKING:
    import pandas as pd

#: Beside the look-up and the kind that does best when it is fitted once.
ALWAYS_TRIED = (LOOK_UP, "logistic_regression")
_SHARE = 0.5


@dataclass(frozen=True)
class Trial:
    """What models said of the validation months.

    Parameters
    ----------
    calls : DataFrame
        The newer half of the training calls.
    judged : mapping of str to Judged
        Answers to them by model, fitted once and by month.
    """

    calls: pd.DataFrame
    judged: Mapping[str, Judged]


def tried_models(judged: Mapping[str, Judged]) -> list[str]:
    """Return what is fitted each month: look-up, logistic regression, and what loses least on training calls.

    The loss is of training calls that were unseen by fold; no test call has a say.
    """
    losses = {name: one.training_loss for name, one in judged.items() if name != LOOK_UP}
    return list(dict.fromkeys([*ALWAYS_TRIED, min(losses, key=lambda name: losses[name])]))


def try_models(
    train: pd.DataFrame,
    target: Ints,
    names: Sequence[str],
    *,
    precision: Precision,
    has_call_type: bool,
    effort: Effort,
) -> Trial | None:
    """Fit models on the older half of the training calls, once and anew each month, and judge the newer half.

    Parameters
    ----------
    train : DataFrame
        Training calls in order of time.
    target : ndarray, shape (calls,)
        1 for a dangerous call.
    names : sequence of str
        Models.
    precision, has_call_type, effort
        As for `ml.priority.refit.judged_by_month`.

    Returns
    -------
    Trial or None
        None when the older half holds fewer than 20 dangerous or harmless calls.
    """
    cut = int(len(train) * _SHARE)
    known, asked = (train.iloc[:cut], train.iloc[cut:]), (target[:cut], target[cut:])
    if not has_both_kinds(asked[0]):
        return None
    encoder, seen = fit_encoder(known[0], asked[0], precision=precision, has_call_type=has_call_type)
    later = encoder.apply(known[1])
    once = {
        model.name: answer(model, encoder, seen, asked[0], later, asked[1], 2, effort)
        for model in MODELS
        if model.name in names
    }
    fresh = judged_by_month(
        *known, asked, names, precision=precision, has_call_type=has_call_type, effort=effort
    )
    return Trial(known[1], once | fresh)


def validation_figures(trial: Trial) -> dict[str, dict[str, float]]:
    """Return by model what the rule of `ml.priority.choose` reads, by the names of measures."""
    found = {}
    for name, one in trial.judged.items():
        figures = _figures(one.target, one.probability[:, 1])
        del figures["calibration_floor"]
        found[name] = {VALIDATION + measure: value for measure, value in figures.items()}
    return found


def monthly_figures(parts: Sequence[tuple[pd.DataFrame, Mapping[str, Judged]]]) -> pd.DataFrame:
    """Measure forecasts of dangerous calls month by month.

    Parameters
    ----------
    parts : sequence of pairs of DataFrame and mapping
        Calls with answers to them by model; every mapping may hold others, what all hold is measured.

    Returns
    -------
    DataFrame
        A row a model and month: ``model``, ``month``, ``call_count``, ``dangerous_count``,
        ``mean_probability``, ``roc_auc`` (NaN without calls of both kinds), ``expected_calibration_error``,
        ``calibration_floor`` and ``calibration_floor_upper``.
    """
    import pandas as pd

    month = np.concatenate([months_of(calls) for calls, _ in parts])
    shared = [name for name in parts[0][1] if all(name in judged for _, judged in parts)]
    rows: list[dict[str, Any]] = []
    for name in shared:
        target = np.concatenate([judged[name].target for _, judged in parts])
        chance = np.concatenate([judged[name].probability[:, 1] for _, judged in parts])
        for each in np.unique(month):
            is_now = month == each
            head = {
                "model": name,
                "month": pd.Timestamp(each),
                "call_count": int(is_now.sum()),
                "dangerous_count": int(target[is_now].sum()),
                "mean_probability": float(chance[is_now].mean()),
            }
            rows.append(head | _figures(target[is_now], chance[is_now]))
    return pd.DataFrame(rows)


def _figures(target: Ints, chance: Floats) -> dict[str, float]:
    ones = np.ones((1, len(target)))
    mean, upper = calibration_floor(chance)
    return {
        "roc_auc": float(roc_auc(target, chance, ones)[0]),
        "expected_calibration_error": float(expected_calibration_error(target, chance, ones)[0]),
        "calibration_floor": mean,
        "calibration_floor_upper": upper,
    }
