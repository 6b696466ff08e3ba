"""What each risk model learned, apart from the history that it learned from, and the forecast from both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ml.common.artefact import ArtefactError
from ml.common.document import as_fields, from_fields
from ml.risk.cells import Floats
from ml.risk.counts import Decayed, EmpiricalBayes, PeriodMean, SameSeason
from ml.risk.history import History
from ml.risk.kernel import KernelDensity
from ml.risk.learners import Calibrated, Learned, Learner
from ml.risk.level import Levelled, days_told, scaled
from ml.risk.mixture import Mixed, Mixture
from ml.risk.model import Model, Remembered
from ml.risk.near_repeat import Alerted, NearRepeat, on_alert, raised
from ml.risk.self_exciting import Excited, SelfExciting
from ml.risk.terrain import RiskTerrain, Terrain

#: Models that only count: their parameters and the history are all there is.
_COUNTING: dict[str, type[PeriodMean | SameSeason | Decayed | KernelDensity]] = {
    "period_mean": PeriodMean,
    "same_season": SameSeason,
    "half_life": Decayed,
    "kernel": KernelDensity,
}
#: Under this key stands what JSON cannot hold: estimators, and arrays of every cell.
LEARNED = "learned"
Stored = dict[str, Any]


def stored(model: Model, history: History, until: float) -> Stored:
    """Take apart a model that was fitted to a history.

    Parameters
    ----------
    model : Model
        A candidate of `ml.risk.candidates`; one that remembers its fits is not fitted again, but learners
        learn once more.
    history : History
        Up to the origin.
    until : float
        End of the window that is forecast.

    Returns
    -------
    dict
        Plain values under ``kind`` and the names of parameters; what is none under ``learned``.

    Raises
    ------
    ArtefactError
        For a model that nobody taught to be stored.
    """
    if isinstance(model, Levelled):
        level = {"per_day": model.levels.per_day[history.end], "form": model.levels.forms[history.end]}
        return {"kind": "levelled", **level, "parts": [stored(model.model, history, until)]}
    plain: Any = model.model if isinstance(model, Remembered) else model
    fitted = model.fit(history)
    for kind, counting in _COUNTING.items():
        if isinstance(plain, counting):
            return {"kind": kind, **as_fields(plain)}
    if isinstance(plain, EmpiricalBayes):
        mean, excess = plain.prior(history)
        return {"kind": "empirical_bayes", "half_life": plain.half_life, "mean": mean, "excess": excess}
    if isinstance(plain, NearRepeat) and isinstance(fitted, Alerted):
        rule = {"radius": plain.radius, "days": plain.days, "ratio": fitted.ratio}
        return {"kind": "near_repeat", **rule, "parts": [stored(plain.base, history, until)]}
    if isinstance(plain, Mixture) and isinstance(fitted, Mixed):
        parts = [stored(part, history, until) for part in plain.parts]
        return {"kind": "mixture", "weights": fitted.weights.tolist(), "parts": parts}
    if isinstance(plain, RiskTerrain) and isinstance(fitted, Terrain):
        numbers = {
            "periods": plain.periods,
            "coefficients": [fitted.intercept, *fitted.coefficients.tolist()],
        }
        return {"kind": "risk_terrain", "features": list(fitted.features), **numbers}
    if isinstance(plain, SelfExciting) and isinstance(fitted, Excited):
        lasting = {"days": plain.days, "branching": fitted.branching, "decay": fitted.decay}
        return {"kind": "self_exciting", **lasting, LEARNED: {"background": fitted.background}}
    if isinstance(fitted, Learner):
        return _learner(fitted.learned(until))
    raise ArtefactError(f"{model.name} cannot be stored: ml.risk.stored does not know its kind")


def expected(held: Stored, history: History, until: float) -> Floats:
    """Forecast a window from what was learned and the history, shape (cells,).

    Parameters
    ----------
    held : dict
        As `stored` gave it.
    history : History
        The one that was learned from.
    until : float
        End of the window.

    Raises
    ------
    ArtefactError
        When it is nothing that `stored` gives.
    ValueError
        When it is scaled to the level of one month, and another window is asked for.
    """
    kind = held.get("kind")
    if kind in _COUNTING:
        parameters = {name: value for name, value in held.items() if name != "kind"}
        return from_fields(_COUNTING[kind], parameters).fit(history).predict(until)
    if kind not in _READERS:
        raise ArtefactError(f"{kind!r} is no kind of risk model that can be read")
    return _READERS[kind](held, history, until)


def _learner(learned: Learned | None) -> Stored:
    if learned is None:
        return {"kind": "nothing"}
    held = learned.regressor
    parts = {"scorer": held.scorer, "steps": held.steps} if isinstance(held, Calibrated) else {"trees": held}
    return {"kind": "learner", "columns": learned.columns.tolist(), LEARNED: parts}


def _from_levelled(held: Stored, history: History, until: float) -> Floats:
    days = days_told(history.end, until)
    return scaled(expected(held["parts"][0], history, until), held["per_day"] * days)


def _from_bayes(held: Stored, history: History, until: float) -> Floats:
    model = EmpiricalBayes(held["half_life"])
    return model.towards(history, held["mean"], held["excess"]).predict(until)


def _from_near_repeat(held: Stored, history: History, until: float) -> Floats:
    usual = expected(held["parts"][0], history, until)
    return raised(usual, on_alert(history, held["radius"], held["days"]), held["ratio"])


def _from_mixture(held: Stored, history: History, until: float) -> Floats:
    # As `Mixed` has it: a part that counts for nothing may be undefined.
    pairs = [
        (part, weight) for part, weight in zip(held["parts"], held["weights"], strict=True) if weight > 0
    ]
    if not pairs:
        return np.zeros(history.cells.count)
    return np.asarray(sum(weight * expected(part, history, until) for part, weight in pairs))


def _from_terrain(held: Stored, history: History, until: float) -> Floats:
    coefficients = np.array(held["coefficients"], dtype=np.float64)
    model = RiskTerrain(periods=held["periods"])
    return model.rate(history, tuple(held["features"]), coefficients).predict(until)


def _from_excited(held: Stored, history: History, until: float) -> Floats:
    background = np.asarray(held[LEARNED]["background"], dtype=np.float64)
    model = SelfExciting(held["days"])
    return model.excited(history, background, held["branching"], held["decay"]).predict(until)


def _from_learner(held: Stored, history: History, until: float) -> Floats:
    parts = held[LEARNED]
    regressor = Calibrated(parts["scorer"], parts["steps"]) if "scorer" in parts else parts["trees"]
    return Learned(regressor, np.array(held["columns"], dtype=np.int64)).expected(history, until)


def _from_nothing(held: Stored, history: History, until: float) -> Floats:
    return np.zeros(history.cells.count)


_READERS: dict[str, Callable[[Stored, History, float], Floats]] = {
    "levelled": _from_levelled,
    "empirical_bayes": _from_bayes,
    "near_repeat": _from_near_repeat,
    "mixture": _from_mixture,
    "risk_terrain": _from_terrain,
    "self_exciting": _from_excited,
    "learner": _from_learner,
    "nothing": _from_nothing,
}
