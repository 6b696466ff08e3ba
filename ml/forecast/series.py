"""From months to a series without holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True)
class Stretch:
    """The last run of months without a gap.

    Parameters
    ----------
    months : DatetimeIndex
        First days of consecutive months.
    values : ndarray of float
        Amount of each month: harm days, or records.
    note : str
        What was left out, or an empty string.
    """

    months: pd.DatetimeIndex
    values: npt.NDArray[np.float64]
    note: str


def last_contiguous_stretch(months: pd.Series, amounts: pd.Series) -> Stretch:
    """Keep the months after the last gap.

    A gap is a month that is missing or null. Filling it would invent crime, and a model that skips it
    would shift the seasons, so what lies before it is left out and the note says so.

    Parameters
    ----------
    months : Series of dates
        One series' months, any order, each once.
    amounts : Series of float
        Harm days or records of each; null where unknown.

    Returns
    -------
    Stretch
        Possibly of zero months.

    Raises
    ------
    ValueError
        A month repeats, or a value is negative or infinite.
    """
    import numpy as np
    import pandas as pd

    index = pd.PeriodIndex(pd.to_datetime(months), freq="M")
    if index.has_duplicates:
        raise ValueError(f"forecast: month {index[index.duplicated()][0]} repeats; give one row per month")
    values = pd.Series(amounts.to_numpy(dtype=np.float64), index=index).dropna().sort_index()
    if ((values < 0) | np.isinf(values)).any():
        raise ValueError(f"forecast: {amounts.name or 'values'} must be finite and not negative")
    ordinal = np.array([period.ordinal for period in values.index], dtype=np.int64)
    breaks = np.flatnonzero(np.diff(ordinal) != 1)
    start = int(breaks[-1]) + 1 if len(breaks) else 0
    note = ""
    if start:
        note = f"gap before {values.index[start]}: {start} earlier months left out"
    kept = values.iloc[start:]
    return Stretch(pd.PeriodIndex(kept.index).to_timestamp(), kept.to_numpy(), note)
