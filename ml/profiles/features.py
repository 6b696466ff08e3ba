"""The profile of an area: its rate of records and its mix of crime types, each standardised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RATE = "crime_rate_per_1000"
OTHER = "All other types"
#: Below this an area's mix is mostly chance, and the area is marked instead of placed.
FEWEST_RECORDS = 30
#: Types with a smaller share of all records are taken together: standardised alone they would be noise.
SMALLEST_SHARE = 0.02
#: Records with the mix of all areas that are added to each area's own.
PRIOR_RECORDS = 20.0
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, eq=False)
class Profiles:
    """Profiles of the areas that have enough records.

    Parameters
    ----------
    is_profiled : ndarray of bool, shape (all areas,)
        Which areas these are, in the order of the frame that they were made from.
    names : tuple of str
        Features: the rate, then the crime types.
    values : ndarray, shape (areas, features)
        Rates per 1,000 residents and year, and shares of an area's records.
    standard : ndarray, shape (areas, features)
        The same as logarithms (of the rate, and of smoothed shares over the share in all areas), less their
        mean and over their standard deviation; 0 where there is none.
    """

    is_profiled: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    values: Floats
    standard: Floats


def make_profiles(areas: pd.DataFrame, counts: pd.DataFrame) -> Profiles:
    """Turn counts into profiles.

    Parameters
    ----------
    areas : DataFrame
        One row per area: ``lsoa_code``, ``resident_count`` (null where too few for a rate), ``month_count``
        (months observed).
    counts : DataFrame
        ``lsoa_code``, ``crime_type``, ``crime_count``; areas that are not in ``areas`` are not used.

    Returns
    -------
    Profiles
        Of areas with residents and at least ``FEWEST_RECORDS`` records.
    """
    table = counts.pivot_table(index="lsoa_code", columns="crime_type", values="crime_count", aggfunc="sum")
    table = table.reindex(areas["lsoa_code"]).fillna(0.0)
    totals = table.sum(axis=1).to_numpy(np.float64)
    residents = areas["resident_count"].to_numpy(np.float64, na_value=np.nan)
    years = areas["month_count"].to_numpy(np.float64) / _MONTHS_A_YEAR
    is_profiled = (totals >= FEWEST_RECORDS) & (residents > 0) & (years > 0)
    grouped = _common_types(table[is_profiled])
    total = totals[is_profiled]
    rate = 1000 * total / (residents * years)[is_profiled]
    by_type = grouped.to_numpy(np.float64)
    overall = by_type.sum(axis=0) / max(by_type.sum(), 1.0)
    smoothed = (by_type + PRIOR_RECORDS * overall) / (total + PRIOR_RECORDS)[:, None]
    return Profiles(
        is_profiled,
        (RATE, *map(str, grouped.columns)),
        np.column_stack([rate, by_type / total[:, None]]),
        _standardised(np.column_stack([np.log(rate), np.log(smoothed / overall)])),
    )


def _common_types(table: pd.DataFrame) -> pd.DataFrame:
    shares = table.sum() / max(float(table.to_numpy().sum()), 1.0)
    common = sorted(shares.index[shares >= SMALLEST_SHARE])
    rest = table.drop(columns=common).sum(axis=1)
    return table[common].assign(**{OTHER: rest}) if rest.sum() > 0 else table[common]


def _standardised(values: Floats) -> Floats:
    if not len(values):
        return values
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 1e-12, spread, np.inf)
