"""The published models of the forecasts as plain values that can be stored, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.common.artefact import ArtefactError
from ml.common.contracts_forecast import FORECAST_TABLES
from ml.common.document import as_fields, from_fields
from ml.forecast.arima import Arima
from ml.forecast.baselines import Drift, Naive, SeasonalNaive, State
from ml.forecast.champions import Champion, Champions, Reconciliation
from ml.forecast.ets import Smoothing
from ml.forecast.regression import CountRegression

if TYPE_CHECKING:
    import pandas as pd

#: How a state is named in a document.
_KINDS: dict[str, type[SeasonalNaive | Naive | Drift | Smoothing | Arima | CountRegression]] = {
    "seasonal_naive": SeasonalNaive,
    "naive": Naive,
    "drift": Drift,
    "ets": Smoothing,
    "arima": Arima,
    "count_regression": CountRegression,
}
_TEXTS = ("series", "level", "parent", "model", "history_kind", "note")
_MONTHS = ("first_month", "last_month")


def as_document(models: Champions) -> dict[str, Any]:
    """Return everything that the forecast is made from, as plain values.

    Parameters
    ----------
    models : Champions
        The published models of a measure.
    """
    reconciliation = models.reconciliation
    return {
        "measure": models.measure,
        "harm_scheme": models.harm_scheme,
        "champions": [_champion(one) for one in models.champions],
        "reconciliation": reconciliation
        and {"series": list(reconciliation.series), "errors": reconciliation.errors.tolist()},
    }


def from_document(document: Mapping[str, Any]) -> Champions:
    """Return the models, whose `forecast` gives the published rows.

    Raises
    ------
    ArtefactError
        When the document is none of forecasts.
    """
    try:
        held = document["reconciliation"]
        reconciliation = held and Reconciliation(
            tuple(map(str, held["series"])), np.array(held["errors"], dtype=np.float64)
        )
        champions = tuple(_from_champion(one) for one in document["champions"])
        models = Champions(str(document["measure"]), str(document["harm_scheme"]), champions, reconciliation)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ArtefactError):
            raise
        raise ArtefactError(f"this is no document of forecasts ({error!r}): fit the models again") from error
    _check(models)
    return models


def _check(models: Champions) -> None:
    """Refuse models that cannot be asked: of another measure, or whose tree lacks a part."""
    tree = models.reconciliation
    if models.measure not in FORECAST_TABLES:
        raise ArtefactError(f"forecasts of {models.measure!r} are not known: fit the models again")
    held = {one.series for one in models.champions if one.state is not None and one.last_month is not None}
    if tree is not None and (not held >= set(tree.series) or tree.errors.shape[-1:] != (len(tree.series),)):
        raise ArtefactError("the stored reconciliation is not of the stored series: fit the models again")


def _champion(one: Champion) -> dict[str, Any]:
    months = {name: getattr(one, name) for name in _MONTHS}
    return {
        **{name: getattr(one, name) for name in _TEXTS},
        **{name: None if month is None else f"{month:%Y-%m}" for name, month in months.items()},
        "factors": {str(level): own.tolist() for level, own in one.factors.items()},
        "pooled": [None if np.isnan(away) else int(away) for away in one.pooled],
        "state": None if one.state is None else _state(one.state),
    }


def _state(state: Any) -> dict[str, Any]:
    name = next((name for name, kind in _KINDS.items() if isinstance(state, kind)), None)
    if name is None:
        raise ArtefactError(f"{type(state).__name__} is no model of forecasts that can be stored")
    return {"kind": name, **as_fields(state)}


def _from_champion(held: Mapping[str, Any]) -> Champion:
    state, first, last = held["state"], held["first_month"], held["last_month"]
    return Champion(
        series=str(held["series"]),
        level=str(held["level"]),
        parent=str(held["parent"]),
        model=str(held["model"]),
        state=None if state is None else _from_state(state),
        factors={int(level): np.array(own, dtype=np.float64) for level, own in held["factors"].items()},
        pooled=np.array(held["pooled"], dtype=np.float64),
        history_kind=str(held["history_kind"]),
        first_month=None if first is None else _month(first),
        last_month=None if last is None else _month(last),
        note=str(held["note"]),
    )


def _from_state(held: Mapping[str, Any]) -> State:
    plain = {name: value for name, value in held.items() if name != "kind"}
    return from_fields(_KINDS[held["kind"]], plain)


def _month(text: str) -> pd.Timestamp:
    import pandas as pd

    return pd.Timestamp(f"{text}-01")
