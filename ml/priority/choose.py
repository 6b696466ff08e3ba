"""The rule by which one model of dangerous calls is chosen, on calls that are not judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.priority.models import LOOK_UP
from ml.priority.refit import BY_MONTH, base_name

if TYPE_CHECKING:
    import pandas as pd

#: Target of the calibration error. The choice takes the figure alone; a card asks its interval as well.
CALIBRATED = 0.02
VALIDATION = "validation_"
#: A clear gain in one of them is what a model is published for.
GAINS = ("roc_auc", "log_loss")
_MAIN = {"split": "time_ordered", "has_call_type": True, "has_officer_calls": True}


def champion(scores: pd.DataFrame) -> str:
    """Return the model of dangerous calls to publish, by the main scenario.

    Parameters
    ----------
    scores : DataFrame
        ``ml_call_priority_scores`` of one agency; not empty.

    Returns
    -------
    str
        As :func:`chosen`.
    """
    return chosen(main_scores(scores, "dangerous"))


def chosen(rows: pd.DataFrame) -> str:
    """Choose among the models that were tried on validation months, fitted once or anew each month.

    Of those whose calibration error on the validation months is at most 0.02, or what chance alone stays
    below in 95% of draws, the one of greatest AUC there is the candidate; when none is, the one of least
    error. It is published when its gain over the look-up on the test is clear, in AUC or in log loss (which
    counts kept chances as well); otherwise a look-up is, once or by month by the same rule.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``ml_call_priority_scores`` of one scenario and of dangerous calls; not empty.

    Returns
    -------
    str
        ``look_up`` when there were too few calls to try anything.
    """
    wide = rows.pivot(index="model", columns="metric", values="value")
    if f"{VALIDATION}roc_auc" not in wide:
        return LOOK_UP
    tried = wide[wide[f"{VALIDATION}roc_auc"].notna()]
    candidate = _best(tried)
    gains = rows[(rows["model"] == candidate) & rows["metric"].isin(GAINS)]
    if gains["is_clear_gain"].any():
        return candidate
    return _best(tried.loc[[LOOK_UP, LOOK_UP + BY_MONTH]])


def _best(tried: pd.DataFrame) -> str:
    error = tried[f"{VALIDATION}expected_calibration_error"]
    limit = tried[f"{VALIDATION}calibration_floor_upper"].clip(lower=CALIBRATED)
    kept = tried[error <= limit]
    return str(error.idxmin() if kept.empty else kept[f"{VALIDATION}roc_auc"].idxmax())


def main_scores(scores: pd.DataFrame, target: str) -> pd.DataFrame:
    """Return the rows in order of time, everything known, at the finest precision that was judged."""
    rows = scores[scores["target"] == target]
    for column, value in _MAIN.items():
        rows = rows[rows[column] == value]
    finest = [held for held in ("exact", "none") if (rows["location_precision"] == held).any()][:1]
    return rows[rows["location_precision"].isin(finest)]


def is_look_up(model: str) -> bool:
    """Tell whether a model is the baseline, however often it is counted."""
    return base_name(model) == LOOK_UP
