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
        Whether there is an additive trend.
    is_damped : bool
        Whether the trend fades.
    season : str or None
        'add', 'mul' or None.
    """

    error: str
    has_trend: bool
    is_damped: bool
    season: str | None

    @property
    def is_level_only(self) -> bool:
        """Whether there is neither trend nor season."""
        return not self.has_trend and self.season is None

    @property
    def label(self) -> str:
        """The usual name, for example ETS(M,Ad,N)."""
        letters = {"add": "A", "mul": "M", None: "N"}
        trend = ("Ad" if self.is_damped else "A") if self.has_trend else "N"
        return f"ETS({letters[self.error]},{trend},{letters[self.season]})"

    def parameter_count(self, period: int) -> int:
        """All that is estimated, as AICc counts it.

        Level and its smoothing, and the error variance; trend and its smoothing; damping; smoothing of the
        season and its initial states, one less than there are since they are relative to the level.
        """
        return 3 + 2 * self.has_trend + self.is_damped + period * (self.season is not None)

    def shortest_history(self, period: int) -> int:
        """Months that the form needs.

        Two a parameter; with a season two years and two months. Four years for a straight line, and for a
        trend beside a season: in fewer a slow season looks like either, and a line carries it a year on.
        """
        if self.has_trend and (self.season is not None or not self.is_damped):
            return 4 * period
        return 2 * self.parameter_count(period) if self.season is None else 2 * period + 2

    def is_admissible(self, values: Floats, period: int) -> bool:
        """Whether a history can carry it: long enough, and positive for multiplicative parts."""
        return len(values) >= self.shortest_history(period) and (
            self.error == "add" or bool(np.all(values > 0))
        )


# Every combination of Hyndman and Athanasopoulos (FPP3, section 8.5) but those that they call unstable: an
# additive error with a multiplicative season divides by a season that such errors can bring to 0. Their
# multiplicative trends, which grow without bound, are no candidates there either. The simplest come first.
FORMS = tuple(
    Form(error, has_trend, is_damped, season)
    for error in ("add", "mul")
    for season in (None, "add", "mul")
    for has_trend, is_damped in ((False, False), (True, False), (True, True))
    if (error, season) != ("add", "mul")
)
FORM_BY_LABEL = {form.label: form for form in FORMS}
