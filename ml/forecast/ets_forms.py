"""Combinations of error, trend and season, and which of them a history can carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Form:
    """One error/trend/season combination.

    Parameters
    ----------
    error : str
        'add' or 'mul'.
    has_trend : bool
        Whether there is a damped additive trend.
    season : str or None
        'add', 'mul' or None.
    """

    error: str
    has_trend: bool
    season: str | None

    @property
    def is_level_only(self) -> bool:
        """Whether there is neither trend nor season."""
        return not self.has_trend and self.season is None

    @property
    def label(self) -> str:
        """The usual name, for example ETS(M,Ad,N)."""
        letters = {"add": "A", "mul": "M", None: "N"}
        return f"ETS({letters[self.error]},{'Ad' if self.has_trend else 'N'},{letters[self.season]})"

    def parameter_count(self, period: int) -> int:
        """Smoothing parameters, free initial states and the error variance."""
        return 3 + 3 * self.has_trend + period * (self.season is not None)

    def shortest_history(self, period: int) -> int:
        """Months that the form needs.

        Two a parameter; with a season two years and two months, and four years if there is a trend to
        tell from it.
        """
        if self.season is None:
            return 2 * self.parameter_count(period)
        return 4 * period if self.has_trend else 2 * period + 2


# Trends are damped only: a straight line a year ahead from two or three years of months does worse
# (Gardner and McKenzie 1985), and a damped one comes close to it when phi is large. Season and error are
# of one kind: additive errors with a multiplicative season are unstable, and the other mixture forecasts
# like its neighbours and doubles the time. The simplest comes first: its level is where others start.
FORMS = tuple(
    Form(error, has_trend, season)
    for error in ("add", "mul")
    for season in (None, error)
    for has_trend in (False, True)
)


def admissible_forms(values: Floats, period: int = 12) -> list[Form]:
    """Forms that a history can carry.

    Multiplicative parts need positive data; each form needs its shortest history.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Monthly history.
    period : int
        Months in a season.
    """
    is_positive = bool(np.all(values > 0))
    return [
        form
        for form in FORMS
        if len(values) >= form.shortest_history(period) and (is_positive or form.error == "add")
    ]
