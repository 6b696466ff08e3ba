"""Who lives in each kind of area: residents by group, beside everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.model_card import Metric
from ml.common.ratios import ratio
from ml.fairness.bootstrap import FEWEST_AREAS, resampled_sums
from ml.fairness.by_group import bounds, group_members

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

#: Share of a group's residents who live in a kind of area, over everyone's.
METRIC = "residents in the kind, over everyone's"
# The most and the least deprived tenth stand for those between them.
_TENTHS = {"1": "most deprived tenth", "10": "least deprived tenth"}


def residents_by_kind(areas: pd.DataFrame, lsoas: pd.DataFrame, *, suppress_below: int = 10) -> list[Metric]:
    """Measure how much more or less often a group's residents live in a kind of area than everyone does.

    Parameters
    ----------
    areas : DataFrame
        Rows of ``ml_area_profiles``; areas of no cluster are left out, with their residents.
    lsoas : DataFrame
        ``lsoa_code`` and what `ml.fairness.by_group.group_members` takes.
    suppress_below : int
        Groups with fewer residents have no figures.

    Returns
    -------
    list of Metric
        For each kind, by ethnic group and for the most and the least deprived tenth: 1 is as often as
        everyone, which stands beside it as the baseline. Intervals draw LSOAs anew; NaN for a kind of fewer
        than ten.
    """
    placed = areas[areas["is_profiled"]].merge(lsoas, on="lsoa_code", validate="one_to_one")
    labels, members = group_members(placed)
    is_shown = [kind == "ethnic_group" or name in _TENTHS for kind, name, _ in labels]
    is_shown &= members.sum(axis=0) >= suppress_below
    found = []
    for (_, name), rows in placed.groupby(["cluster", "cluster_name"], sort=True):
        own = np.where(placed.index.isin(rows.index)[:, None], members, 0.0)
        both = np.hstack([own, members])
        value = _ratios(both.sum(axis=0, keepdims=True))
        drawn = _ratios(resampled_sums(both))
        lower, upper = bounds(value[0], drawn if len(rows) >= FEWEST_AREAS else np.full_like(drawn, np.nan))
        found += [
            Metric(
                METRIC, float(times), float(least), float(most), 1.0, f"{name}: {_TENTHS.get(group, group)}"
            )
            for (_, group, _), shown, times, least, most in zip(
                labels, is_shown, value[0], lower, upper, strict=True
            )
            if shown
        ]
    return found


def _ratios(sums: Floats) -> Floats:
    """Share of each group in the kind over everyone's, who are the first group; shape (draws, groups)."""
    own, everywhere = np.hsplit(sums, 2)
    shares = ratio(own, everywhere)
    return ratio(shares, shares[:, :1])
