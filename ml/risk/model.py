"""The one interface of all risk models, and what most of them answer with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ml.risk.cells import Floats
from ml.risk.history import History


class Fitted(Protocol):
    """A model that has seen its history."""

    def predict(self, until: float) -> Floats:
        """Expected amount of each cell from the origin until before a later day, shape (cells,)."""


class Model(Protocol):
    """A model with its parameters, fitted afresh at each origin."""

    @property
    def name(self) -> str:
        """Name in tables."""

    def fit(self, history: History) -> Fitted:
        """Learn from a history, and from nothing else."""


@dataclass(frozen=True)
class Rate:
    """A constant rate.

    Parameters
    ----------
    origin : float
        End of the history, in days.
    per_day : ndarray, shape (cells,)
        Expected amount a day.
    """

    origin: float
    per_day: Floats

    def predict(self, until: float) -> Floats:
        """Rate times days."""
        return self.per_day * (until - self.origin)


@dataclass
class Remembered:
    """A model that is not fitted twice at the same origin of the same history.

    A fit depends on the history before its origin only, so a backtest whose models share parts, or whose
    horizons share origins, need not repeat it. Make a new one for each history.

    Parameters
    ----------
    model : Model
        What is fitted.
    """

    model: Model
    _fits: dict[float, Fitted] = field(default_factory=dict)
    _cells: object = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    def fit(self, history: History) -> Fitted:
        """Fit, or answer with the earlier fit.

        Raises
        ------
        ValueError
            When the history is of other cells than that of the first fit.
        """
        if self._cells is None:
            self._cells = history.cells
        if self._cells is not history.cells:
            raise ValueError(f"Remembered({self.name}): fitted to other cells; make a new one")
        if history.end not in self._fits:
            self._fits[history.end] = self.model.fit(history)
        return self._fits[history.end]
