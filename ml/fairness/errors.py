"""Whom the risk map flags for nothing and misses, and how right its amounts are, by group of residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.fairness.metrics import Metric, figures_by_group
from ml.fairness.model_exposure import AREA_SHARES
from ml.fairness.past_maps import Groups, PastMaps, figures_of_past_maps

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

ALL_AREAS = "all_areas"
#: By name; what is of records or harm days is given for all areas too.
METRICS = {
    "flagged_per_1000": Metric("flagged", "every", 1000.0),
    "true_alarm_per_1000": Metric("true_alarm", "every", 1000.0),
    "false_alarm_per_1000": Metric("false_alarm", "every", 1000.0),
    "false_discovery_share": Metric("false_alarm", "flagged"),
    "not_of_the_top_share": Metric("not_of_the_top", "flagged"),
    "missed_share": Metric("missed", "top"),
    "expected_to_recorded_ratio": Metric("expected", "recorded", is_of_residents=False, is_share=False),
}


def error_parity(forecasts: pd.DataFrame, lsoas: pd.DataFrame, *, suppress_below: int = 10) -> pd.DataFrame:
    """Set errors of the risk map in past months side by side by group of residents.

    The map is of records, and once more of harm days. In each month the LSOAs with the highest forecast are
    flagged, the last one in part, as everywhere else. A flagged LSOA without a record, or without harm, is a
    false alarm. The top of a month are as many LSOAs as were flagged, with the most records, or harm; one of
    them that was not flagged was missed. An LSOA-month counts for a group by its residents of the group.

    Parameters
    ----------
    forecasts : DataFrame
        Rows of ``ml_risk_backtest_lsoa``: ``forecast_month``, ``crime_group``, ``lsoa_code``,
        ``expected_crime_count``, ``recorded_crime_count``, and both again of ``harm_days``.
    lsoas : DataFrame
        ``lsoa_code``, ``imd_2025_decile`` (null outside England) and Census 2021 residents by ethnic group
        (``asian_count``…), of every LSOA of the forecasts; others are left out.
    suppress_below : int
        Groups with fewer residents have no figures.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_errors``. Intervals draw months and LSOAs anew (`ml.fairness.bootstrap.TwoWay`),
        all groups, metrics and maps in the same draws. NaN for 0/0, and for the bounds of none or of
        all, and with fewer than six months or ten LSOAs.

    Raises
    ------
    ValueError
        An LSOA repeats, or has no row in a month or none among the LSOAs.
    """
    return figures_of_past_maps(
        "ml_fairness_errors",
        "flagged_area",
        forecasts,
        lsoas,
        _figures,
        suppress_below,
    )


def _figures(maps: PastMaps, measure: str, groups: Groups) -> pd.DataFrame:
    amounts = amounts_of(maps.read(f"expected_{measure}"), maps.read(f"recorded_{measure}"))
    return figures_by_group(amounts, METRICS, *groups)


def flags(scores: Floats, shares: list[float]) -> Floats:
    """Share of each LSOA-month that is flagged, shape (shares, months, LSOAs).

    Parameters
    ----------
    scores : ndarray, shape (months, LSOAs)
        What is ranked by.
    shares : list of float
        Shares of the LSOAs that are flagged.
    """
    from ml.risk.metrics import flagged_at

    count = scores.shape[1]
    budgets = [share * count for share in shares]
    return np.stack([flagged_at(one, np.ones(count), budgets) for one in scores], axis=1)


def amounts_of(expected: Floats, recorded: Floats) -> dict[str, dict[str, Floats]]:
    """Return by flagged area what metrics are made of, each of shape (months, LSOAs).

    Parameters
    ----------
    expected, recorded : ndarray, shape (months, LSOAs)
        Records, or harm days.
    """
    shares = list(AREA_SHARES.values())
    has_record = recorded > 0
    every = np.ones(recorded.shape)
    amounts = {ALL_AREAS: {"expected": expected, "recorded": recorded}}
    # Without a record no LSOA is of the top, even where fewer have one than are flagged.
    pairs = zip(AREA_SHARES, flags(expected, shares), flags(recorded, shares) * has_record, strict=True)
    for words, flagged, top in pairs:
        amounts[words] = {
            "every": every,
            "flagged": flagged,
            "true_alarm": flagged * has_record,
            "false_alarm": flagged * ~has_record,
            "top": top,
            # Ties of the forecast and of the record are broken each by itself.
            "missed": top * (1 - flagged),
            "not_of_the_top": flagged * (1 - top),
            "expected": flagged * expected,
            "recorded": flagged * recorded,
        }
    return amounts
