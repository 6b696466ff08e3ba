"""What the calendar alone tells of a month, for years ahead: weekends and bank holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

_SATURDAY = 5
_WEEKEND_SHARE = 2 / 7


def calendar_columns(months: pd.DatetimeIndex) -> Floats:
    """Weekend days beyond two in seven, and bank holidays, of each month.

    Parameters
    ----------
    months : DatetimeIndex, shape (n,)
        First days of months, at least one.

    Returns
    -------
    ndarray, shape (n, 2)
        Days; each is known however far ahead the month lies.
    """
    first = months.to_numpy().astype("datetime64[M]")
    start, end = first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]")
    days = (end - start).astype(np.float64)
    weekend_days = days - np.busday_count(start, end)
    years = range(int(months.year.min()), int(months.year.max()) + 1)
    held = np.array([day for year in years for day in bank_holidays(year)], dtype="datetime64[D]")
    holidays = np.searchsorted(held, end) - np.searchsorted(held, start)
    return np.column_stack([weekend_days - _WEEKEND_SHARE * days, holidays])


@cache
def bank_holidays(year: int) -> tuple[date, ...]:
    """Return the bank holidays of England and Wales in a year, in order.

    Holidays that were declared or moved once (for a jubilee, a funeral or a coronation) are left out: none
    of them was known a year before.

    Parameters
    ----------
    year : int
        From 1978 on, when the list became what it is.

    References
    ----------
    Banking and Financial Dealings Act 1971, schedule 1, with the proclamations for New Year's Day and for
    the first Monday in May.
    """
    import pandas as pd

    sunday = (pd.Timestamp(year, 1, 1) + pd.offsets.Easter()).date()
    last_of_may, last_of_august = date(year, 5, 31), date(year, 8, 31)
    christmas = _working(date(year, 12, 25), ())
    # Boxing Day keeps its own day when it can; Christmas on a Sunday then moves past it.
    boxing = date(year, 12, 26)
    if boxing.weekday() < _SATURDAY and christmas == boxing:
        christmas = boxing + timedelta(days=1)
    held = {
        _working(date(year, 1, 1), ()),
        sunday - timedelta(days=2),
        sunday + timedelta(days=1),
        date(year, 5, 1) + timedelta(days=-date(year, 5, 1).weekday() % 7),
        last_of_may - timedelta(days=last_of_may.weekday()),
        last_of_august - timedelta(days=last_of_august.weekday()),
        christmas,
        _working(boxing, (christmas,)),
    }
    return tuple(sorted(held))


def _working(day: date, taken: tuple[date, ...]) -> date:
    """The day itself, or the next one that is neither at a weekend nor taken."""
    while day.weekday() >= _SATURDAY or day in taken:
        day += timedelta(days=1)
    return day
