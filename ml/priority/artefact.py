"""The published model of a call's priority in parts that can be stored, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ml.priority.features import Encoder, Knowledge
from ml.priority.models import Fitted, FittedLearner, FittedLookUp

_KNOWLEDGE = ("precision", "has_call_type")
_LEARNED = ("estimator", "calibrator", "class_count", "is_regression")


def as_parts(encoder: Encoder, fitted: Fitted) -> dict[str, Any]:
    """Return estimators, arrays and plain values, from which `from_parts` makes the same model.

    Parameters
    ----------
    encoder : Encoder
        What was learned of categories, whose texts it holds as digests. A look-up has no use for it.
    fitted : FittedLookUp or FittedLearner
        A model of dangerous calls.
    """
    known = {name: getattr(encoder.knowledge, name) for name in _KNOWLEDGE}
    if isinstance(fitted, FittedLookUp):
        shares = np.array(list(fitted.shares.values()))
        parts = {"call_types": list(fitted.shares), "shares": shares, "overall": fitted.overall}
        return {"encoder": None, **known, **parts}
    return {"encoder": encoder.encoder, **known, **{name: getattr(fitted, name) for name in _LEARNED}}


def from_parts(parts: dict[str, Any]) -> tuple[Encoder, Fitted]:
    """Return the encoder and the model, without what the model said of its training calls."""
    encoder = Encoder(parts["encoder"], Knowledge(*(parts[name] for name in _KNOWLEDGE)))
    nothing = np.empty((0, 2))
    if "call_types" in parts:
        shares = dict(zip(parts["call_types"], parts["shares"], strict=True))
        return encoder, FittedLookUp(shares, parts["overall"], nothing)
    return encoder, FittedLearner(**{name: parts[name] for name in _LEARNED}, unseen=nothing)
