"""How much to expect of all cells together, and maps that are scaled to it.

Counts of past months tell places apart, and know no season: a year's mean expects as much of January as of
July. What comes in all is told from the sums over cells, of which a year's course can be learned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.common.crime_groups import ALL_CRIME
from ml.risk.cells import Floats, tally
from ml.risk.history import History
from ml.risk.model import Fitted, Model

if TYPE_CHECKING:
    from ml.forecast.ets import Smoothing

#: Stands for the form where no smoothing could be fitted: under six months, or sums that never change.
PLAIN_MEAN = "mean"
#: Follows the form where a regression with a season has told a part of the level.
LOG_LINEAR = "log-linear"
#: Periods whose errors weigh the two: as many as give the dispersion of the intervals.
_MEMORY = 6
_YEAR = 12


@dataclass(frozen=True, eq=False)
class Levels:
    """Expected amount of all cells together after each origin of a history.

    Parameters
    ----------
    per_day : dict of float to float
        Amount a day in the month after an origin, and in no later one.
    forms : dict of float to str
        Form of the exponential smoothing that told it, or `PLAIN_MEAN`; with `LOG_LINEAR` where a regression
        is combined with it.
    """

    per_day: Mapping[float, float]
    forms: Mapping[float, str]


@dataclass(frozen=True, eq=False)
class Parts:
    """What a level is made of, for the period after each period of a history; all are amounts a day.

    Parameters
    ----------
    came : ndarray, shape (periods,)
        What came in each period.
    smoothed : ndarray, shape (periods,)
        Forecast of the exponential smoothing, made after each period of the one that follows.
    seasonal : ndarray, shape (periods,)
        Likewise of the regression; NaN where there is none.
    forms : tuple of str
        What told each, as in `Levels`.
    """

    came: Floats
    smoothed: Floats
    seasonal: Floats
    forms: tuple[str, ...]

    @property
    def rate(self) -> Floats:
        """The two combined: the level, before groups are made to add up."""
        return combined(self.smoothed, self.seasonal, self.came)


def levels_of(histories: Mapping[str, History]) -> dict[str, Levels]:
    """Forecast the sums over cells of each crime group after every period, from the periods before it.

    What `parts_of` gives is combined: each weighs by the inverse of its mean squared error in the last six
    periods that both had forecast, and both weigh alike in the first. Groups are then scaled so that they add
    up to all crime, when there is one.

    Parameters
    ----------
    histories : dict of str to History
        Whole histories of calendar months by crime group, of the same cells and bounds (days since 1970).

    References
    ----------
    Bates, J. M. and Granger, C. W. J. (1969), Operational Research Quarterly 20(4), 451-468.
    """
    parts = parts_of(histories)
    rates = _adding_up({group: own.rate for group, own in parts.items()})
    return {
        group: Levels(
            dict(zip(history.bounds[1:].tolist(), rates[group].tolist(), strict=True)),
            dict(zip(history.bounds[1:].tolist(), parts[group].forms, strict=True)),
        )
        for group, history in histories.items()
    }


def parts_of(histories: Mapping[str, History]) -> dict[str, Parts]:
    """Forecast the sums over cells after every period by smoothing and by a regression with a season.

    The smoothing is exponential without trend, with or without a season of twelve periods, chosen by AICc
    (`ml.forecast.ets`; over one month a trend changes next to nothing, and none was chosen on the histories
    tried). From two years on there is a log-linear regression (`ml.forecast.regression`) too, which sees a
    season sooner and runs wild after a break.

    Parameters
    ----------
    histories : dict of str to History
        Whole histories of monthly periods.
    """
    from ml.forecast.ets import smoothed
    from ml.forecast.ets_forms import FORMS

    known = {group: _known(history) for group, history in histories.items()}
    forms = [form for form in FORMS if not form.has_trend]
    fits = iter(smoothed([prefix for prefixes in known.values() for prefix in prefixes], forms=forms))
    parts = {}
    for group, prefixes in known.items():
        plain = [_smoothed_rate(next(fits), *prefix) for prefix in prefixes]
        seasonal = np.array([_seasonal_rate(*prefix) for prefix in prefixes])
        sums, days = prefixes[-1]
        names = tuple(
            f"{name} and {LOG_LINEAR}" if both else name
            for (_, name), both in zip(plain, np.isfinite(seasonal), strict=True)
        )
        parts[group] = Parts(sums / days, np.array([rate for rate, _ in plain]), seasonal, names)
    return parts


def combined(first: Floats, second: Floats, came: Floats) -> Floats:
    """Combine two forecasts by the inverse of their mean squared errors so far.

    Parameters
    ----------
    first : ndarray, shape (periods,)
        Forecast made after each period of the one that follows.
    second : ndarray, shape (periods,)
        Likewise; NaN where there is none, and the first stands alone.
    came : ndarray, shape (periods,)
        What came in each period, so that ``first[k]`` is judged by ``came[k + 1]``.
    """
    result = first.copy()
    both = np.stack([first, second])
    squares = (both[:, :-1] - came[1:]) ** 2
    for place in np.flatnonzero(np.isfinite(second)).tolist():
        past = squares[:, max(0, place - _MEMORY) : place]
        past = past[:, np.isfinite(past[1])]
        errors = past.mean(axis=1) if past.size else np.ones(2)
        # The weight of each is the other's share of the errors.
        weights = errors[::-1] / errors.sum() if errors.sum() > 0 else np.full(2, 0.5)
        result[place] = weights @ both[:, place]
    return result


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
    """A fitted model that is scaled to the level of one month.

    Parameters
    ----------
    shape : Fitted
        What tells the cells apart.
    origin : float
        End of the history: the first day of the month that is told, in days since 1970.
    per_day : float
        Expected amount of all cells together a day in that month.
    """

    shape: Fitted
    origin: float
    per_day: float

    def predict(self, until: float) -> Floats:
        """Expected amount of each cell in the month after the origin.

        Raises
        ------
        ValueError
            As `days_told`: the level is of no other window.
        """
        days = days_told(self.origin, until)
        return scaled(self.shape.predict(until), self.per_day * days)


def days_told(origin: float, until: float) -> float:
    """Days of the one window that a level is told for: the calendar month that begins at its origin.

    A season makes each month's amount a day its own, so that a level drawn out over two months, or cut to a
    week of one, would be nobody's forecast.

    Parameters
    ----------
    origin, until : float
        First day of the window and the day after its last one, in days since 1970.

    Raises
    ------
    ValueError
        The origin is no first day of a month, or the window is not that month.
    """
    first = np.datetime64(math.floor(origin), "D")
    month = first.astype("datetime64[M]")
    start, end = (float((month + step).astype("datetime64[D]").astype(np.int64)) for step in (0, 1))
    if origin != start:
        raise ValueError(
            f"a level is told for calendar months, and day {origin:g} since 1970 ({first}) begins none: give "
            "a history whose bounds are first days of months, in days since 1970"
        )
    if until != end:
        raise ValueError(
            f"the level at day {origin:g} ({first}) is that of {month} alone, until day {end:g}; asked was "
            f"until day {until:g}: forecast each later month from a history that ends where it begins, or "
            "ask the model without its level"
        )
    return end - start


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


def _smoothed_rate(smoothing: Smoothing | None, values: Floats, days: Floats) -> tuple[float, str]:
    """Amount a day of the next period by smoothing, and its form; a year's mean where there is none."""
    rate = 0.0 if smoothing is None else float(smoothing.over(np.ones(1)).mean[0])
    # An additive season may fall below nothing.
    if smoothing is not None and rate > 0:
        return rate, smoothing.label
    return float(values[-_YEAR:].sum() / days[-_YEAR:].sum()), PLAIN_MEAN


def _seasonal_rate(values: Floats, days: Floats) -> float:
    """Amount a day of the next period by the regression; NaN under two years, or when it cannot be fitted."""
    import pandas as pd

    from ml.forecast.regression import harmonics_of, rate_ahead

    count = len(values)
    if count < 2 * _YEAR:
        return float("nan")
    # Waves are fitted in sine and cosine, so that any month may be called the first of the year.
    months = pd.date_range("2001-01-01", periods=count + 1, freq="MS")
    rate = rate_ahead(values, days, months, harmonics=harmonics_of(count))
    # Of few records a steep trend runs away: no more than the busiest month had.
    return float(np.minimum(rate, (values / days).max()))


def _adding_up(rates: dict[str, Floats]) -> dict[str, Floats]:
    """Rates of groups scaled to that of all crime."""
    parts = [group for group in rates if group != ALL_CRIME]
    if ALL_CRIME not in rates or not parts:
        return rates
    sums = np.sum([rates[group] for group in parts], axis=0)
    factor = np.divide(rates[ALL_CRIME], sums, out=np.ones_like(sums), where=sums > 0)
    return {group: rate if group == ALL_CRIME else rate * factor for group, rate in rates.items()}
