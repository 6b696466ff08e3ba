"""How far the features of risk maps stand in for deprivation and for ethnic groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.ratios import ratio
from ml.fairness.bootstrap import FEWEST_AREAS
from ml.fairness.by_group import group_members

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


def strongest_correlations(
    features: Mapping[str, Floats], removed: Mapping[str, set[str]], areas: pd.DataFrame
) -> pd.DataFrame:
    """Return which of the removed features goes most with each group, and how far.

    A feature that hardly goes with a group cannot stand in for it, and one that does may.

    Parameters
    ----------
    features : mapping of str to ndarray, shape (areas,)
        What the learner sees of each area, by name; NaN where it does not know.
    removed : mapping of str to set of str
        Names of the features that each scenario removes, by scenario.
    areas : DataFrame
        ``imd_2025_decile`` (null outside England) and Census 2021 residents by ethnic group
        (``asian_count``…) of the same areas.

    Returns
    -------
    DataFrame
        ``scenario``, ``attribute``, ``group_name``, ``most_correlated_feature``, ``feature_correlation``:
        Spearman's correlation of ranks over areas, of the feature that has the largest one by size. In rows
        of deciles with the decile (10 is the least deprived, so that a feature which is higher where
        deprivation is has one below 0), the same for all of them; in rows of an ethnic group with its share
        of the residents. No row where no feature varies beside the group, or with fewer than ten areas.

    References
    ----------
    Spearman, C. (1904), "The proof and measurement of association between two things", *American Journal of
    Psychology* 15(1), 72-101.
    """
    import pandas as pd

    rows, measures = [], _measures(areas)
    for scenario, names in removed.items():
        for attribute, group, values in measures:
            found = {name: _spearman(features[name], values) for name in sorted(names)}
            known = {name: value for name, value in found.items() if not np.isnan(value)}
            if known:
                strongest = max(known, key=lambda name: abs(known[name]))
                rows.append((scenario, attribute, group, strongest, known[strongest]))
    columns = ["scenario", "attribute", "group_name", "most_correlated_feature", "feature_correlation"]
    return pd.DataFrame(rows, columns=columns)


def _measures(areas: pd.DataFrame) -> list[tuple[str, str, Floats]]:
    """Return attribute, group and what each area has of it."""
    decile: Floats = np.asarray(
        areas["imd_2025_decile"].astype("Float64").to_numpy(na_value=np.nan), np.float64
    )
    labels, members = group_members(areas)
    shares = ratio(members, members[:, :1])
    return [
        (attribute, group, decile if attribute == "imd_2025_decile" else own)
        for (attribute, group, _), own in zip(labels, shares.T, strict=True)
        if attribute != "all"
    ]


def _spearman(feature: Floats, values: Floats) -> float:
    """Return the correlation of ranks over areas where both are known; NaN where one does not vary."""
    from scipy.stats import spearmanr

    is_known = ~np.isnan(feature) & ~np.isnan(values)
    known = feature[is_known], values[is_known]
    if is_known.sum() < FEWEST_AREAS or any(np.ptp(one) == 0 for one in known):
        return float("nan")
    return float(spearmanr(*known).statistic)
