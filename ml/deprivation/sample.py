"""What is predicted of an area and from what: amounts of a year, residents and domains of deprivation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Deprivation's own crime domain is built from recorded crime, and so may not explain it.
DOMAINS = ("income", "employment", "education", "health", "housing", "environment")
INDEX_YEARS = (2019, 2025)
#: The rates that are predicted, and the amounts that they are rates of.
TARGETS = {"crime_rate_per_1000": "crime_count", "harm_days_rate_per_1000": "harm_days"}
#: With fewer areas, ten blocks would hold too few to be judged by.
FEWEST_AREAS = 50
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, eq=False)
class Sample:
    """Areas that models learn from and are judged on.

    Parameters
    ----------
    place : ndarray, shape (areas, 2)
        Easting and northing of the centroids, in metres.
    features : ndarray, shape (areas, features)
        Scores of the domains, in the order of ``DOMAINS``.
    amount : ndarray, shape (areas,)
        Records, or harm days.
    exposure : ndarray, shape (areas,)
        Thousands of residents times years observed; above 0.
    """

    place: Floats
    features: Floats
    amount: Floats
    exposure: Floats

    @property
    def rate(self) -> Floats:
        """Amount per 1,000 residents and year."""
        return self.amount / self.exposure

    def take(self, rows: npt.NDArray[np.bool_] | Ints) -> Sample:
        """Return some of the areas."""
        return Sample(self.place[rows], self.features[rows], self.amount[rows], self.exposure[rows])


def sample_of(areas: pd.DataFrame, domains: pd.DataFrame, target: str, index_year: int) -> Sample | None:
    """Join amounts with the scores of one edition of the indices.

    Parameters
    ----------
    areas : DataFrame
        One row per area: ``lsoa_code``, ``easting_m``, ``northing_m``, ``resident_count`` (null where too
        few for a rate), ``month_count`` (months observed), ``crime_count``, ``harm_days``.
    domains : DataFrame
        ``lsoa_code``, ``index_year``, ``domain``, ``domain_score``; domains outside ``DOMAINS`` are not used.
    target : str
        One of ``TARGETS``.
    index_year : int
        Edition.

    Returns
    -------
    Sample or None
        Areas in order of code with residents, a place and all domains; None when too few have an amount.
    """
    chosen = domains[(domains["index_year"] == index_year) & domains["domain"].isin(DOMAINS)]
    scores = chosen.pivot(index="lsoa_code", columns="domain", values="domain_score")
    scores = scores.reindex(columns=list(DOMAINS)).dropna().reset_index()
    known = areas.dropna(subset=["easting_m", "northing_m", "resident_count"])
    known = known[(known["resident_count"] > 0) & (known["month_count"] > 0)]
    joined = known.merge(scores, on="lsoa_code").sort_values("lsoa_code")
    amount = joined[TARGETS[target]].to_numpy(np.float64)
    if (amount > 0).sum() < FEWEST_AREAS:
        return None
    years = joined["month_count"].to_numpy(np.float64) / _MONTHS_A_YEAR
    return Sample(
        place=joined[["easting_m", "northing_m"]].to_numpy(np.float64),
        features=joined[list(DOMAINS)].to_numpy(np.float64),
        amount=amount,
        exposure=joined["resident_count"].to_numpy(np.float64) / 1000 * years,
    )
