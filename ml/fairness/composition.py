"""Who lives where most, middling and least is predicted, beside the whole area: The Markup's comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.contracts_errors import CLASSES
from ml.common.ratios import ratio
from ml.fairness.by_group import group_members
from ml.fairness.errors import flags
from ml.fairness.past_maps import PastMaps, of_the_forecasts

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

#: A twentieth of the areas is most, median or least predicted, as in the published comparison.
TWENTIETH = 0.05
_FIGURES = [
    "resident_count",
    "mean_share",
    "ratio_to_all_areas",
    "resident_share",
    "group_lsoa_share",
    "area_km2",
    "area_share",
]


def composition(forecasts: pd.DataFrame, lsoas: pd.DataFrame, *, suppress_below: int = 10) -> pd.DataFrame:
    """Compare the mean make-up of LSOAs by how much was predicted for them over all months.

    Parameters
    ----------
    forecasts : DataFrame
        As for `ml.fairness.errors.error_parity`.
    lsoas : DataFrame
        Likewise, with ``area_km2``; of one without a boundary, nothing.
    suppress_below : int
        Groups with fewer residents have no figures.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_composition``. The mean goes over LSOAs, each of which counts the same; of a
        decile it is its share of the LSOAs. NaN for a class without LSOAs. Beside it is what part of the
        group is of the class: of its residents, its LSOAs and its km². LSOAs and km² belong to groups by
        their shares of the LSOA's residents, so that a decile has its own and no others.

    Raises
    ------
    ValueError
        As for `ml.fairness.errors.error_parity`.

    References
    ----------
    Sankin, A., Mehrotra, D., Mattu, S. and Gilbertson, A. (2021), "Crime Prediction Software Promised to Be
    Free of Biases. New Data Shows It Perpetuates Them", *The Markup*, with its method and data.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_fairness_composition"]
    if forecasts.empty:
        return empty_frame(contract)
    lsoas = of_the_forecasts(forecasts, lsoas)
    labels, members = group_members(lsoas)
    is_home = members[:, 0] > 0
    shares = ratio(members[is_home], members[is_home, :1])
    area = np.nan_to_num(lsoas["area_km2"].to_numpy(dtype=np.float64, na_value=np.nan))[is_home, None]
    months = forecasts["forecast_month"].nunique()
    parts = []
    for group, own in forecasts.groupby("crime_group", sort=True):
        expected = PastMaps.of(own, lsoas, months).read("expected_crime_count")
        weights = area_classes(expected)[:, is_home]
        means = mean_composition(weights, shares)
        residents, homes, km2 = (weights @ held for held in (members[is_home], shares, area * shares))
        for number, name in enumerate(CLASSES):
            rows = pd.DataFrame([label[:2] for label in labels], columns=["attribute", "group_name"]).assign(
                crime_group=group,
                area_class=name,
                lsoa_count=weights[number].sum(),
                resident_count=members.sum(axis=0),
                mean_share=means[number],
                ratio_to_all_areas=ratio(means[number], means[-1]),
                resident_share=ratio(residents[number], residents[-1]),
                group_lsoa_share=ratio(homes[number], homes[-1]),
                area_km2=km2[number],
                area_share=ratio(km2[number], km2[-1]),
            )
            parts.append(rows[rows["attribute"] != "all"])
    table = pd.concat(parts, ignore_index=True)
    table["is_suppressed"] = table["resident_count"] < max(suppress_below, 1)
    table.loc[table["is_suppressed"], _FIGURES] = np.nan
    return conform(table[contract.column_names], contract)


def area_classes(expected: Floats) -> Floats:
    """Share of each area that belongs to each class, shape (classes, areas).

    Parameters
    ----------
    expected : ndarray, shape (months, areas)
        Expected records. Areas are ranked by their sum over months; those that tie at an edge belong in part.
    """
    from ml.risk.metrics import flagged_at

    total = expected.sum(axis=0)
    count = len(total)
    edges = np.array([TWENTIETH, 0.5 - TWENTIETH / 2, 0.5 + TWENTIETH / 2, 1 - TWENTIETH])
    most, above, through, all_but_least = flagged_at(total, np.ones(count), list(edges * count))
    is_never = ~flags(expected, [TWENTIETH])[0].any(axis=0)
    return np.stack([most, through - above, 1 - all_but_least, is_never.astype(np.float64), np.ones(count)])


def mean_composition(weights: Floats, shares: Floats) -> Floats:
    """Mean make-up of each class of areas, shape (classes, groups); NaN for a class without areas.

    Parameters
    ----------
    weights : ndarray, shape (classes, areas)
        Share of each area that belongs to each class.
    shares : ndarray, shape (areas, groups)
        Groups' shares of each area's residents.
    """
    return ratio(weights @ shares, weights.sum(axis=1, keepdims=True))
