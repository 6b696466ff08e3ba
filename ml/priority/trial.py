"""Models of the older half of the training calls, tried on the months of the newer half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.priority.choose import VALIDATION
from ml.priority.features import Floats, Ints, Knowledge
from ml.priority.judged import Judged, Labelled, answers
from ml.priority.metrics import calibration_floor, expected_calibration_error, roc_auc
from ml.priority.models import LOOK_UP, Effort, Model
from ml.priority.refit import judged_by_month, months_of

if TYPE_CHECKING:
    import pandas as pd

#: Beside the kind that does best when it is fitted once.
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


def candidates(judged: Mapping[str, Judged]) -> list[Model]:
    """Return what may be published: look-up, logistic regression, and the other that loses least in training.

    The loss is of training calls that were unseen by fold; no test call has a say.
    """
    others = [one for name, one in judged.items() if name not in ALWAYS_TRIED]
    return [judged[name].model for name in ALWAYS_TRIED] + [
        min(others, key=lambda one: one.training_loss).model
    ]


def halves(train: Labelled) -> tuple[Labelled, Labelled]:
    """Return the older training calls, which candidates are set and fitted on, and the newer to choose by."""
    cut = int(len(train) * _SHARE)
    return train.at(slice(None, cut)), train.at(slice(cut, None))


def try_models(
    models: Sequence[Model], older: Labelled, newer: Labelled, knowledge: Knowledge, effort: Effort
) -> Trial:
    """Fit models on the older half of the training calls, once and anew each month, and judge the newer half.

    Parameters
    ----------
    models : sequence of Model
        What learns.
    older, newer : Labelled
        As :func:`halves` gives them, with whether calls were dangerous.
    knowledge : Knowledge
        What may be known of a call.
    effort : Effort
        How much to spend on a fit.
    """
    asked = (models, older, newer, knowledge, effort)
    return Trial(newer.calls, answers(*asked) | judged_by_month(*asked))


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
