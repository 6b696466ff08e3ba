"""Groups of residents by area, comparisons between them, and bounds of what was drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.crime_groups import ALL_CRIME
from ml.fairness.hotspot_exposure import ETHNIC_COLUMNS, REFERENCES

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
#: Attribute, group and reference group.
Label = tuple[str, str, str]

EVERYONE = "Everyone"
# Where more of the draws than this have no figure, their bounds are those of a chosen part.
_MOST_UNDEFINED = 0.05


def group_members(lsoas: pd.DataFrame) -> tuple[list[Label], Floats]:
    """Return who is compared, and the residents of each group by LSOA.

    Parameters
    ----------
    lsoas : DataFrame
        ``imd_2025_decile`` (null outside England) and Census 2021 residents by ethnic group
        (``asian_count``, ``black_count``, ``mixed_count``, ``white_count``, ``other_count``).

    Returns
    -------
    labels : list of (attribute, group, reference group)
        Everyone first, then the deciles that occur, then the ethnic groups.
    members : ndarray, shape (LSOAs, groups)
        Residents; those of a decile are everyone's of its LSOAs.
    """
    columns = list(ETHNIC_COLUMNS.values())
    counts = lsoas[columns].astype("Float64").fillna(0.0).to_numpy(dtype=np.float64)
    everyone = counts.sum(axis=1)
    decile = lsoas["imd_2025_decile"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    labels = [("all", EVERYONE, EVERYONE)]
    members = [everyone]
    for number in np.unique(decile[~np.isnan(decile)]):
        labels.append(("imd_2025_decile", str(int(number)), REFERENCES["imd_2025_decile"]))
        members.append(np.where(decile == number, everyone, 0.0))
    for position, name in enumerate(ETHNIC_COLUMNS):
        labels.append(("ethnic_group", name, REFERENCES["ethnic_group"]))
        members.append(counts[:, position])
    return labels, np.column_stack(members)


def in_order(rows: pd.DataFrame, *before: str) -> pd.DataFrame:
    """Order rows by attribute and group, deciles by their number: as texts, the tenth would follow the first.

    Parameters
    ----------
    rows : DataFrame
        ``attribute``, ``group_name``; rows of the same keep their order.
    *before : str
        Columns to order by before that.
    """
    by_number = rows.sort_values("group_name", key=lambda names: names.str.zfill(2), kind="stable")
    return by_number.sort_values([*before, "attribute"], kind="stable")


def compared_with(labels: list[Label], values: Floats) -> Floats:
    """Return the figure of each group's reference group; NaN where that is not there.

    Parameters
    ----------
    labels : list of (attribute, group, reference group)
        Groups, in order.
    values : ndarray, shape (..., groups)
        Figures.
    """
    positions = {(attribute, group): n for n, (attribute, group, _) in enumerate(labels)}
    places = np.array([positions.get((kind, own), len(labels)) for kind, _, own in labels])
    padded = np.concatenate([values, np.full((*values.shape[:-1], 1), np.nan)], axis=-1)
    return np.asarray(padded[..., places])


def bounds(value: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Return 2.5 and 97.5% of the draws, widened to hold the value; NaN where a draw in twenty has none.

    Parameters
    ----------
    value : ndarray, any shape
        Figures.
    draws : ndarray, shape (resamples, ...)
        The figures of what was drawn anew.
    """
    tails = [0.025, 0.975]
    lower, upper = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    is_missing = np.isnan(draws)
    is_whole = ~is_missing.any(axis=0) & ~np.isnan(value)
    is_known = (is_missing.mean(axis=0) < _MOST_UNDEFINED) & ~np.isnan(value) & ~is_whole
    # The quantile that looks out for NaN takes a column at a time.
    lower[is_whole], upper[is_whole] = np.quantile(draws[:, is_whole], tails, axis=0)
    if is_known.any():
        lower[is_known], upper[is_known] = np.nanquantile(draws[:, is_known], tails, axis=0)
    return np.minimum(lower, value), np.maximum(upper, value)


def of_all_crime(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that tell of the number of all crimes.

    Parameters
    ----------
    rows : DataFrame
        ``measure`` and ``crime_group``.
    """
    return rows[(rows["measure"] == "crime_count") & (rows["crime_group"] == ALL_CRIME)]


def names(rows: pd.DataFrame) -> list[str]:
    """Return what to call the group of each row in a picture.

    Parameters
    ----------
    rows : DataFrame
        ``attribute`` and ``group_name``.
    """
    is_decile = rows["attribute"] == "imd_2025_decile"
    return list(rows["group_name"].where(~is_decile, "decile " + rows["group_name"]))
