"""Whether forecasts of the risk map are right by group of residents, at each level of the forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.contracts_errors import FORECAST_LEVELS
from ml.common.ratios import ratio
from ml.fairness.by_group import Label
from ml.fairness.metrics import Metric, figures_by_group, shares_of_areas
from ml.fairness.past_maps import Groups, PastMaps, figures_of_past_maps

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Amounts = dict[str, dict[str, Floats]]

_COVERED = (80, 95)
METRICS = {
    "recorded_to_expected_ratio": Metric("recorded", "expected", is_of_residents=False, is_share=False),
    **{
        f"coverage_{level}_share": Metric(f"inside_{level}", f"bounded_{level}", is_of_residents=False)
        for level in _COVERED
    },
}


def calibration_by_group(
    forecasts: pd.DataFrame, lsoas: pd.DataFrame, *, suppress_below: int = 10
) -> pd.DataFrame:
    """Set what was recorded beside what was expected, by group of residents and by level of the forecast.

    Levels are fifths of the LSOA-months of a crime group by what was expected; equal forecasts are of one
    level. An LSOA-month counts for a group by the group's share of the LSOA's residents, and so do its
    records.

    Parameters
    ----------
    forecasts : DataFrame
        Rows of ``ml_risk_backtest_lsoa``, as for `ml.fairness.errors.error_parity`, with the bounds of the
        records' intervals (``crime_count_lower_80``…).
    lsoas : DataFrame
        As for `ml.fairness.errors.error_parity`.
    suppress_below : int
        Groups with fewer residents have no figures.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_calibration``. Intervals draw months and LSOAs anew
        (`ml.fairness.bootstrap.TwoWay`), all in the same draws. NaN for 0/0, and for bounds as in
        `ml.fairness.metrics.figures_by_group`.

    Raises
    ------
    ValueError
        As for `ml.fairness.errors.error_parity`.

    References
    ----------
    Pleiss, G. et al. (2017), "On fairness and calibration", NeurIPS 30 (calibration within groups).
    """
    return figures_of_past_maps(
        "ml_fairness_calibration", "forecast_level", forecasts, lsoas, _figures, suppress_below
    )


def _figures(maps: PastMaps, measure: str, groups: Groups) -> pd.DataFrame:
    labels, members, _ = groups
    recorded = maps.read(f"recorded_{measure}")
    amounts = amounts_by_level(maps.read(f"expected_{measure}"), recorded)
    if measure == "crime_count":
        _add_intervals(amounts, recorded, maps)
    table = figures_by_group(amounts, METRICS, *groups)
    return table.merge(_means(amounts, labels, members), on=["part_name", "attribute", "group_name"])


def amounts_by_level(expected: Floats, recorded: Floats) -> Amounts:
    """Return what was expected and recorded by level of the forecast, each of shape (months, LSOAs).

    Parameters
    ----------
    expected, recorded : ndarray, shape (months, LSOAs)
        Records, or harm days.
    """
    fifth = np.searchsorted(np.quantile(expected, [0.2, 0.4, 0.6, 0.8]), expected, side="left")
    chosen = [np.ones(expected.shape), *((fifth == number).astype(np.float64) for number in range(5))]
    return {
        name: {"every": is_in, "expected": is_in * expected, "recorded": is_in * recorded}
        for name, is_in in zip(FORECAST_LEVELS, chosen, strict=True)
    }


def _add_intervals(amounts: Amounts, recorded: Floats, maps: PastMaps) -> None:
    """Add which LSOA-months have an interval, and which records lie within it."""
    for level in _COVERED:
        lower, upper = (maps.read(f"crime_count_{side}_{level}") for side in ("lower", "upper"))
        # One without an interval is neither inside nor outside.
        is_bounded, is_inside = ~np.isnan(lower), (lower <= recorded) & (recorded <= upper)
        for own in amounts.values():
            own[f"bounded_{level}"] = own["every"] * is_bounded
            own[f"inside_{level}"] = own["every"] * is_inside


def _means(amounts: Amounts, labels: list[Label], members: Floats) -> pd.DataFrame:
    """Return by level and group the LSOA-months, and what was expected and recorded in one of them."""
    import pandas as pd

    shares = shares_of_areas(members)
    groups = pd.DataFrame([label[:2] for label in labels], columns=["attribute", "group_name"])
    parts = []
    for name, own in amounts.items():
        every, expected, recorded = (own[of].sum(axis=0) @ shares for of in ("every", "expected", "recorded"))
        part = groups.assign(
            part_name=name,
            lsoa_month_count=every,
            expected_mean=ratio(expected, every),
            recorded_mean=ratio(recorded, every),
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
