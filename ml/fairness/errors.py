"""Whom the risk map flags for nothing and misses, and how right its amounts are, by group of residents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.contracts_errors import MEASURES
from ml.fairness.bootstrap import FEWEST_AREAS, TwoWay
from ml.fairness.by_group import Label, bounds, compared_with, group_members, ratio
from ml.fairness.model_exposure import AREA_SHARES

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

ALL_AREAS = "all_areas"
#: With fewer months drawn anew an interval means nothing, as in the backtest.
FEWEST_MONTHS = 6


@dataclass(frozen=True)
class Metric:
    """One figure: a sum over LSOA-months over another.

    Parameters
    ----------
    part, whole : str
        Amounts, as `amounts_of` names them.
    scale : float
        What the quotient is multiplied by.
    is_of_residents : bool
        Whether LSOA-months weigh by residents of the group; else amounts are records or harm days, of which
        a group has its share of the LSOA's residents.
    """

    part: str
    whole: str
    scale: float = 1.0
    is_of_residents: bool = True


#: By name; what is of records or harm days is given for all areas too.
METRICS = {
    "flagged_per_1000": Metric("flagged", "every", 1000.0),
    "true_alarm_per_1000": Metric("true_alarm", "every", 1000.0),
    "false_alarm_per_1000": Metric("false_alarm", "every", 1000.0),
    "false_discovery_share": Metric("false_alarm", "flagged"),
    "not_of_the_top_share": Metric("not_of_the_top", "flagged"),
    "missed_share": Metric("missed", "top"),
    "expected_to_recorded_ratio": Metric("expected", "recorded", is_of_residents=False),
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
            expected, recorded = month_by_lsoa(own, lsoas, months.nunique(), measure)
            table = _of_crime_group(expected, recorded, labels, members, draws)
            parts.append(table.assign(measure=measure, crime_group=group, origin_count=len(expected)))
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(first_forecast_month=months.min(), last_forecast_month=months.max())
    return conform(_withheld(table, suppress_below)[contract.column_names], contract)


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


def month_by_lsoa(
    forecasts: pd.DataFrame, lsoas: pd.DataFrame, months: int, measure: str
) -> tuple[Floats, Floats]:
    """Return expected and recorded amounts, each of shape (months, LSOAs).

    Parameters
    ----------
    forecasts : DataFrame
        Rows of one crime group, as for `error_parity`.
    lsoas : DataFrame
        As `of_the_forecasts` gives them.
    months : int
        Months that there must be.
    measure : str
        'crime_count' or 'harm_days'.

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
    expected, recorded = (
        ordered[name].to_numpy(dtype=np.float64).reshape(shape)
        for name in (f"expected_{measure}", f"recorded_{measure}")
    )
    return expected, recorded


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


def _of_crime_group(
    expected: Floats, recorded: Floats, labels: list[Label], members: Floats, draws: TwoWay
) -> pd.DataFrame:
    """Return a row per flagged area, metric, attribute and group."""
    import pandas as pd

    # Each LSOA's residents as shares of its own, so that its records are shared out among its groups.
    shares = np.nan_to_num(ratio(members, members[:, :1]))
    weights = {True: members, False: shares}
    every = draws.sums(np.ones(expected.shape), members)
    figures = []
    for words, amounts in amounts_of(expected, recorded).items():
        told = {name: metric for name, metric in METRICS.items() if metric.part in amounts}
        needed = {(end, one.is_of_residents) for one in told.values() for end in (one.part, one.whole)}
        again = {
            (name, kind): every if name == "every" else draws.sums(amounts[name], weights[kind])
            for name, kind in needed
        }
        figures += [
            (words, name, *_figure(amounts, one, weights[one.is_of_residents], shares, again))
            for name, one in told.items()
        ]
    areas, names, parts, wholes, in_lsoas, values, drawn = zip(*figures, strict=True)
    rows = pd.DataFrame(labels * len(names), columns=["attribute", "group_name", "reference_group"])
    table = rows.assign(
        flagged_area=np.repeat(np.array(areas, dtype=object), len(labels)),
        metric=np.repeat(np.array(names, dtype=object), len(labels)),
        resident_count=np.tile(members.sum(axis=0), len(names)),
        part_lsoa_month_count=np.concatenate(in_lsoas),
        part_amount=np.concatenate(parts),
        whole_amount=np.concatenate(wholes),
    )
    # A value and its draws are divided alike: the first of the stack is the value.
    stack = np.concatenate([np.stack(values)[None], np.stack(drawn, axis=1)])
    for name, divisor in (
        ("metric_value", np.ones(1)),
        ("disparity_ratio", compared_with(labels, stack)),
        ("ratio_to_everyone", stack[..., :1]),
    ):
        divided = ratio(stack, divisor)
        value = divided[0]
        lower, upper = bounds(value, divided[1:])
        table[name] = value.ravel()
        table[f"{name}_lower"], table[f"{name}_upper"] = lower.ravel(), upper.ravel()
    return table


def _figure(
    amounts: dict[str, Floats],
    metric: Metric,
    weights: Floats,
    shares: Floats,
    again: dict[tuple[str, bool], Floats],
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return numerator, denominator, LSOA-months of the numerator, value and its draws, by group."""
    part, whole = amounts[metric.part].sum(axis=0), amounts[metric.whole].sum(axis=0)
    numerator, denominator = part @ weights, whole @ weights
    value = metric.scale * ratio(numerator, denominator)
    kind = metric.is_of_residents
    drawn = metric.scale * ratio(again[metric.part, kind], again[metric.whole, kind])
    is_enough = (whole[:, None] * weights > 0).sum(axis=0) >= FEWEST_AREAS
    is_enough &= len(amounts[metric.part]) >= FEWEST_MONTHS
    # What never happened, or always did, does so in every draw: that is no evidence that it must.
    is_enough &= (numerator > 0) & ~(kind & (numerator >= denominator))
    in_lsoas = part @ shares if metric.is_of_residents else np.full(len(value), np.nan)
    return numerator, denominator, in_lsoas, value, np.where(is_enough, drawn, np.nan)


def _withheld(table: pd.DataFrame, suppress_below: int) -> pd.DataFrame:
    """Mark small groups and take their figures away, and ratios to a small reference group."""
    table = table.assign(is_suppressed=table["resident_count"] < max(suppress_below, 1))
    is_reference = table["group_name"] == table["reference_group"]
    small = set(table.loc[is_reference & table["is_suppressed"], "attribute"])
    names = [str(name) for name in table.columns]
    ratios = [name for name in names if name.startswith("disparity_ratio")]
    table.loc[table["attribute"].isin(small), ratios] = np.nan
    figures = [
        name
        for name in names
        if name.startswith(("metric_value", "disparity", "ratio_", "part_", "whole_", "resident_"))
    ]
    table.loc[table["is_suppressed"], figures] = np.nan
    return table.assign(resident_count=table["resident_count"].round())
