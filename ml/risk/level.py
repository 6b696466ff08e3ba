"""How much to expect of all cells together, and maps that are scaled to it.

Counts of past months tell places apart, and know no season: a year's mean expects as much of January as of
July. What comes in all is told from the sums over cells, of which a year's course can be learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.common.crime_groups import ALL_CRIME
from ml.risk.cells import Floats, tally
from ml.risk.history import History
from ml.risk.model import Fitted, Model

#: Stands for the form where no smoothing could be fitted: under six months, or sums that never change.
PLAIN_MEAN = "mean"


@dataclass(frozen=True, eq=False)
class Levels:
    """Expected amount of all cells together after each origin of a history.

    Parameters
    ----------
    per_day : dict of float to float
        Amount a day in the period after an origin.
    forms : dict of float to str
        Form of the exponential smoothing that told it, or `PLAIN_MEAN`.
    """

    per_day: Mapping[float, float]
    forms: Mapping[float, str]


def levels_of(histories: Mapping[str, History]) -> dict[str, Levels]:
    """Forecast the sums over cells of each crime group after every period, from the periods before it.

    Each is an exponential smoothing without trend, with or without a season of twelve periods, chosen by AICc
    (`ml.forecast.ets`; over one month a trend changes next to nothing, and none was chosen on the
    histories tried). Groups are then scaled so that they add up to all crime, when there is one.

    Parameters
    ----------
    histories : dict of str to History
        Whole histories of monthly periods by crime group, of the same cells and bounds.
    """
    from ml.forecast.ets import smoothed
    from ml.forecast.ets_forms import FORMS

    known = {group: list(_known(history)) for group, history in histories.items()}
    forms = [form for form in FORMS if not form.has_trend]
    fits = iter(smoothed([prefix for prefixes in known.values() for prefix in prefixes], forms=forms))
    rates, names = {}, {}
    for group, prefixes in known.items():
        rate, name = [], []
        for values, days in prefixes:
            fit = next(fits)
            told = 0.0 if fit is None else float(fit.over(np.ones(1)).mean[0])
            # An additive season may fall below nothing.
            rate.append(told if told > 0 else float(values[-12:].sum() / days[-12:].sum()))
            name.append(fit.label if fit is not None and told > 0 else PLAIN_MEAN)
        rates[group], names[group] = np.array(rate), name
    rates = _adding_up(rates)
    return {
        group: Levels(
            dict(zip(history.bounds[1:].tolist(), rates[group].tolist(), strict=True)),
            dict(zip(history.bounds[1:].tolist(), names[group], strict=True)),
        )
        for group, history in histories.items()
    }


@dataclass(frozen=True, eq=False)
class Levelled:
    """A model whose map is scaled to the level of its origin.

    Parameters
    ----------
    model : Model
        What tells the cells apart.
    levels : Levels
        Of the history that it is fitted to.
    """

    model: Model
    levels: Levels

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    def fit(self, history: History) -> AtLevel:
        """Fit the model, and look up the level of the history's end.

        Raises
        ------
        KeyError
            When the history ends at none of the levels' origins.
        """
        return AtLevel(self.model.fit(history), history.end, self.levels.per_day[history.end])


@dataclass(frozen=True)
class AtLevel:
    """A fitted model that is scaled.

    Parameters
    ----------
    shape : Fitted
        What tells the cells apart.
    origin : float
        End of the history, in days.
    per_day : float
        Expected amount of all cells together a day.
    """

    shape: Fitted
    origin: float
    per_day: float

    def predict(self, until: float) -> Floats:
        """Expected amount of each cell in the period after the origin."""
        return scaled(self.shape.predict(until), self.per_day * (until - self.origin))


def scaled(amounts: Floats, total: float) -> Floats:
    """Scale amounts of cells to a total; where nothing is expected anywhere, nothing is to be scaled."""
    whole = float(amounts.sum())
    return amounts * (total / whole) if whole > 0 else amounts


def _known(history: History) -> list[tuple[Floats, Floats]]:
    """Sums over cells and days of the periods that are over after each of them."""
    count = len(history.bounds) - 1
    period = np.searchsorted(history.bounds, history.day, side="right") - 1
    sums, days = tally(period, history.weight, count), np.diff(history.bounds)
    return [(sums[:known], days[:known]) for known in range(1, count + 1)]


def _adding_up(rates: dict[str, Floats]) -> dict[str, Floats]:
    """Rates of groups scaled to that of all crime."""
    parts = [group for group in rates if group != ALL_CRIME]
    if ALL_CRIME not in rates or not parts:
        return rates
    sums = np.sum([rates[group] for group in parts], axis=0)
    factor = np.divide(rates[ALL_CRIME], sums, out=np.ones_like(sums), where=sums > 0)
    return {group: rate if group == ALL_CRIME else rate * factor for group, rate in rates.items()}
