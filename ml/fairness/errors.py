"""Whom the risk map flags for nothing and misses, and how right its amounts are, by group of residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.contracts_errors import MEASURES
from ml.fairness.bootstrap import TwoWay
from ml.fairness.by_group import group_members
from ml.fairness.metrics import Metric, figures_by_group, withheld
from ml.fairness.model_exposure import AREA_SHARES

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
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_fairness_errors"]
    if forecasts.empty:
        return empty_frame(contract)
    lsoas = of_the_forecasts(forecasts, lsoas)
    labels, members = group_members(lsoas)
    months = forecasts["forecast_month"]
    draws = TwoWay.draw(months.nunique(), len(lsoas))
    parts = []
    for group, own in forecasts.groupby("crime_group", sort=True):
        for measure in MEASURES:
            names = f"expected_{measure}", f"recorded_{measure}"
            expected, recorded = month_by_lsoa(own, lsoas, months.nunique(), *names)
            table = figures_by_group(amounts_of(expected, recorded), METRICS, labels, members, draws)
            parts.append(table.assign(measure=measure, crime_group=group, origin_count=len(expected)))
    table = pd.concat(parts, ignore_index=True)
    table = table.rename(columns={"part_name": "flagged_area"})
    table = table.assign(first_forecast_month=months.min(), last_forecast_month=months.max())
    return conform(withheld(table, suppress_below)[contract.column_names], contract)


def of_the_forecasts(forecasts: pd.DataFrame, lsoas: pd.DataFrame) -> pd.DataFrame:
    """Return the LSOAs that are forecast, by their code.

    Parameters
    ----------
    forecasts, lsoas : DataFrame
        As for `error_parity`.

    Raises
    ------
    ValueError
        One repeats, or is not among the LSOAs.
    """
    if lsoas["lsoa_code"].duplicated().any():
        raise ValueError("error_parity: an LSOA repeats in lsoas; give one row per LSOA")
    held = lsoas[lsoas["lsoa_code"].isin(forecasts["lsoa_code"].unique())]
    if len(held) < forecasts["lsoa_code"].nunique():
        raise ValueError("error_parity: an LSOA of the forecasts has no row in lsoas; give all of them")
    return held.sort_values("lsoa_code", ignore_index=True)


def month_by_lsoa(forecasts: pd.DataFrame, lsoas: pd.DataFrame, months: int, *names: str) -> list[Floats]:
    """Return columns of the forecasts, each of shape (months, LSOAs).

    Parameters
    ----------
    forecasts : DataFrame
        Rows of one crime group, as for `error_parity`.
    lsoas : DataFrame
        As `of_the_forecasts` gives them.
    months : int
        Months that there must be.
    *names : str
        Columns.

    Raises
    ------
    ValueError
        An LSOA has no row in a month, or several.
    """
    shape = months, len(lsoas)
    key = ["forecast_month", "lsoa_code"]
    if len(forecasts) != shape[0] * shape[1] or forecasts.duplicated(key).any():
        raise ValueError("error_parity: every LSOA needs one forecast in every month")
    ordered = forecasts.sort_values(key)
    return [ordered[name].to_numpy(dtype=np.float64, na_value=np.nan).reshape(shape) for name in names]


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
