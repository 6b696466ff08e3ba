"""What is known of a call when it is answered, as numbers that are learned from the training calls alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Precision = Literal["none", "rounded_1", "rounded_2", "exact"]

SEED = 20210321
#: Calls of its own that a call type, street or block needs to count as much as all calls together.
STRENGTH = 5.0
LEVELS = 6
MOST_DANGEROUS_LEVEL = 2

#: The only columns that a feature may be made of.
KNOWN_AT_CALL = (
    "called_at_local",
    "call_type",
    "block_low",
    "street",
    "cross_street",
    "longitude",
    "latitude",
)
#: Columns of calls, here or at other agencies, that are known only after the call was ranked or answered.
KNOWN_LATER = (
    "priority",
    "is_dangerous",
    "disposition_code",
    "disposition",
    "last_changed_at",
    "is_latest_record",
    "final_call_type",
    "dispatched_at",
    "arrived_at",
    "cleared_at",
    "data_version",
)

_OFFICER_INITIATED = (
    r"\b(?:VEHICLE|PEDESTRIAN|TRAFFIC|CAR|SUBJECT|BICYCLE) STOP\b|\bON-?VIEW\b|OFFICER[- ]INITIATED"
)
_SMALLEST = 1e-4
_DECIMALS = {"rounded_1": 1, "rounded_2": 2}


@dataclass(frozen=True)
class Knowledge:
    """What a model may know of a call beside its time.

    Parameters
    ----------
    precision : str
        How exactly the place is known: ``none``; ``rounded_1`` or ``rounded_2``, decimals of a degree;
        ``exact``: point, street, block.
    has_call_type : bool
        Whether the call type may be used.
    """

    precision: Precision = "exact"
    has_call_type: bool = True


EVERYTHING = Knowledge()


@dataclass(frozen=True)
class Cases:
    """Calls as models see them.

    Parameters
    ----------
    matrix : ndarray, shape (calls, features)
        Without missing values.
    call_type : ndarray, shape (calls,)
        The one column that the look-up reads; empty texts where it is held back.
    """

    matrix: Floats
    call_type: npt.NDArray[np.object_]


@dataclass(frozen=True)
class Encoder:
    """What was learned of categories from the training calls.

    Parameters
    ----------
    encoder
        Target encoder of scikit-learn; None when there is no category.
    knowledge
        What it may read of a call.
    """

    encoder: Any
    knowledge: Knowledge

    def apply(self, calls: pd.DataFrame) -> Cases:
        """Return later calls as cases; what was never seen counts as the mean of all."""
        known = calls[list(KNOWN_AT_CALL)]
        groups = _categories(known, self.knowledge)
        encoded = self.encoder.transform(groups) if self.encoder is not None else None
        return _cases(known, encoded, self.knowledge)


def fit_encoder(calls: pd.DataFrame, target: Ints, knowledge: Knowledge) -> tuple[Encoder, Cases]:
    """Learn the categories from the training calls.

    A category becomes its smoothed share of each target class, as the log of its odds. Training calls are
    encoded by the other folds, so that none of them helps to predict itself.

    Parameters
    ----------
    calls : DataFrame
        Training calls; only the columns of ``KNOWN_AT_CALL`` are read.
    target : ndarray, shape (calls,)
        Class of each call.
    knowledge : Knowledge
        What may be read of a call.

    Returns
    -------
    tuple of Encoder and Cases
        What to encode later calls with, and the training calls.

    References
    ----------
    Micci-Barreca, D. (2001), SIGKDD Explorations 3(1), 27-32.
    """
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import TargetEncoder

    known = calls[list(KNOWN_AT_CALL)]
    groups = _categories(known, knowledge)
    if groups.shape[1] == 0:
        return Encoder(None, knowledge), _cases(known, None, knowledge)
    kind = "binary" if len(np.unique(target)) == 2 else "multiclass"
    folds = KFold(5, shuffle=True, random_state=SEED)
    encoder = TargetEncoder(target_type=kind, smooth=STRENGTH, cv=folds)
    encoded = encoder.fit_transform(groups, target)
    return Encoder(encoder, knowledge), _cases(known, encoded, knowledge)


def is_dangerous(calls: pd.DataFrame) -> Ints:
    """Return 1 for each call of priority 1 or 2, else 0: shape (calls,)."""
    return (calls["priority"].to_numpy(np.int64) <= MOST_DANGEROUS_LEVEL).astype(np.int64)


def is_officer_initiated(call_type: pd.Series) -> pd.Series:
    """Tell which calls officers began themselves, by the words of the call type (a convention, no field)."""
    return call_type.str.upper().str.contains(_OFFICER_INITIATED, regex=True).fillna(False).astype(bool)


def precisions_held(calls: pd.DataFrame) -> tuple[Precision, ...]:
    """Return the precisions at which places can be told apart: without coordinates, two of four."""
    if calls["longitude"].notna().any():
        return ("none", "rounded_1", "rounded_2", "exact")
    return ("none", "exact") if calls["street"].notna().any() else ("none",)


def place_cell(calls: pd.DataFrame, decimals: int) -> pd.Series:
    """Return the cell of rounded coordinates as a text: a blank alone where there are none.

    Parameters
    ----------
    calls : DataFrame
        ``longitude`` and ``latitude`` in degrees.
    decimals : int
        Of a degree; 2 is some 1 km.
    """
    east, north = (calls[name].round(decimals) for name in ("longitude", "latitude"))
    return east.astype("str").fillna("") + " " + north.astype("str").fillna("")


def _categories(known: pd.DataFrame, knowledge: Knowledge) -> pd.DataFrame:
    import pandas as pd

    groups: dict[str, pd.Series] = {}
    precision = knowledge.precision
    if knowledge.has_call_type:
        groups["call_type"] = known["call_type"].fillna("")
    if precision in _DECIMALS:
        groups["cell"] = place_cell(known, _DECIMALS[precision])
    if precision == "exact":
        street, cross = known["street"].fillna(""), known["cross_street"].fillna("")
        groups["street"] = street
        groups["suffix"] = street.str.rsplit(" ", n=1).str[-1]
        groups["heading"] = street.str.extract(r"^([NSEW]) ")[0].fillna("")
        block = known["block_low"].astype("Int64").astype("str").fillna("")
        point = known["longitude"].astype("str").fillna("") + known["latitude"].astype("str").fillna("")
        groups["block"] = street + "|" + block + "|" + cross + "|" + point
    coded = {name: pd.util.hash_array(texts.to_numpy(object)) for name, texts in groups.items()}
    # A stored model holds its categories: as digests, so that no text of a call leaves staging with it.
    return pd.DataFrame(coded, index=known.index).astype(str).astype(object)


def _cases(known: pd.DataFrame, encoded: npt.ArrayLike | None, knowledge: Knowledge) -> Cases:
    parts = [_clock(known["called_at_local"])]
    if encoded is not None:
        shares = np.clip(np.asarray(encoded, dtype=np.float64), _SMALLEST, 1 - _SMALLEST)
        parts.append(np.log(shares / (1 - shares)))
    if knowledge.precision == "exact":
        parts.append(_address(known))
    if knowledge.precision != "none":
        parts.append(_point(known, _DECIMALS.get(knowledge.precision)))
    empty = np.full(len(known), "", dtype=object)
    call_type = known["call_type"].fillna("").to_numpy(dtype=object) if knowledge.has_call_type else empty
    return Cases(np.hstack(parts), call_type)


def _clock(called: pd.Series) -> Floats:
    """Hour of the day on a circle (twice, as days have two peaks), weekday and month."""
    moment = called.dt
    turn = (moment.hour + moment.minute / 60).to_numpy(np.float64) * 2 * np.pi / 24
    weekday = moment.dayofweek.to_numpy(np.float64)
    return np.column_stack(
        [
            turn,
            *(wave(turn * times) for times in (1, 2) for wave in (np.sin, np.cos)),
            weekday,
            weekday >= 5,
            moment.month.to_numpy(np.float64),
        ]
    )


def _address(known: pd.DataFrame) -> Floats:
    block = known["block_low"].astype("Float64").to_numpy(np.float64, na_value=-1.0)
    return np.column_stack([known["cross_street"].notna(), known["street"].isna(), np.log1p(block + 1)])


def _point(known: pd.DataFrame, decimals: int | None) -> Floats:
    """Coordinates in degrees, and whether there are any; a missing one stands at zero beside its mark."""
    point = known[["longitude", "latitude"]].to_numpy(np.float64)
    point = point if decimals is None else np.round(point, decimals)
    return np.column_stack([np.nan_to_num(point), np.isnan(point).any(axis=1)])
