"""The risk maps of past months as they were to be published, and figures of each by group of residents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.contracts_errors import MEASURES
from ml.fairness.bootstrap import TwoWay
from ml.fairness.by_group import Label, group_members
from ml.fairness.metrics import withheld

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
#: Labels of the groups, their members by LSOA, and the draws of months and LSOAs.
Groups = tuple[list[Label], Floats, TwoWay]


@dataclass(frozen=True)
class PastMaps:
    """The maps of one crime group, a month each.

    Parameters
    ----------
    forecasts : DataFrame
        Rows of the crime group, by month and LSOA.
    shape : tuple of int
        Months and LSOAs.
    """

    forecasts: pd.DataFrame
    shape: tuple[int, int]

    @classmethod
    def of(cls, forecasts: pd.DataFrame, lsoas: pd.DataFrame, months: int) -> PastMaps:
        """Order the forecasts of a crime group.

        Parameters
        ----------
        forecasts : DataFrame
            Its rows, as for `ml.fairness.errors.error_parity`.
        lsoas : DataFrame
            As `of_the_forecasts` gives them.
        months : int
            Months that there must be.

        Raises
        ------
        ValueError
            An LSOA has no row in a month, or several.
        """
        key = ["forecast_month", "lsoa_code"]
        if len(forecasts) != months * len(lsoas) or forecasts.duplicated(key).any():
            raise ValueError("past maps: every LSOA needs one forecast in every month")
        return cls(forecasts.sort_values(key), (months, len(lsoas)))

    def read(self, name: str) -> Floats:
        """Return a column of the forecasts, of shape (months, LSOAs)."""
        return self.forecasts[name].to_numpy(dtype=np.float64, na_value=np.nan).reshape(self.shape)


def figures_of_past_maps(
    table: str,
    part_column: str,
    forecasts: pd.DataFrame,
    lsoas: pd.DataFrame,
    figures: Callable[[PastMaps, str, Groups], pd.DataFrame],
    suppress_below: int,
) -> pd.DataFrame:
    """Put the figures of every crime group and measure into one table.

    Parameters
    ----------
    table : str
        Which; empty without forecasts.
    part_column : str
        What the table calls the parts that figures are of.
    forecasts, lsoas : DataFrame
        As for `ml.fairness.errors.error_parity`.
    figures : callable
        From maps, what they are of ('crime_count' or 'harm_days') and the groups to rows, as
        `ml.fairness.metrics.figures_by_group` gives them.
    suppress_below : int
        Groups with fewer residents have no figures.

    Returns
    -------
    DataFrame
        The table, all of it in the same draws.

    Raises
    ------
    ValueError
        As for `ml.fairness.errors.error_parity`.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS[table]
    if forecasts.empty:
        return empty_frame(contract)
    lsoas = of_the_forecasts(forecasts, lsoas)
    months = forecasts["forecast_month"]
    count = months.nunique()
    groups = (*group_members(lsoas), TwoWay.draw(count, len(lsoas)))
    parts = []
    for name, own in forecasts.groupby("crime_group", sort=True):
        maps = PastMaps.of(own, lsoas, count)
        parts += [
            figures(maps, measure, groups).assign(measure=measure, crime_group=name) for measure in MEASURES
        ]
    rows = pd.concat(parts, ignore_index=True).rename(columns={"part_name": part_column})
    rows = rows.assign(
        origin_count=count, first_forecast_month=months.min(), last_forecast_month=months.max()
    )
    return conform(withheld(rows, suppress_below)[contract.column_names], contract)


def of_the_forecasts(forecasts: pd.DataFrame, lsoas: pd.DataFrame) -> pd.DataFrame:
    """Return the LSOAs that are forecast, by their code.

    Parameters
    ----------
    forecasts, lsoas : DataFrame
        As for `ml.fairness.errors.error_parity`.

    Raises
    ------
    ValueError
        One repeats, or is not among the LSOAs.
    """
    if lsoas["lsoa_code"].duplicated().any():
        raise ValueError("past maps: an LSOA repeats in lsoas; give one row per LSOA")
    held = lsoas[lsoas["lsoa_code"].isin(forecasts["lsoa_code"].unique())]
    if len(held) < forecasts["lsoa_code"].nunique():
        raise ValueError("past maps: an LSOA of the forecasts has no row in lsoas; give all of them")
    return held.sort_values("lsoa_code", ignore_index=True)
