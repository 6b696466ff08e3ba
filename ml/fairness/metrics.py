"""Figures of past months by group of residents: a sum over LSOA-months over another, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.ratios import ratio
from ml.fairness.bootstrap import FEWEST_AREAS, TwoWay
from ml.fairness.by_group import Label, bounds, compared_with

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

#: With fewer months drawn anew an interval means nothing, as in the backtest.
FEWEST_MONTHS = 6


@dataclass(frozen=True)
class Metric:
    """One figure: a sum over LSOA-months over another.

    Parameters
    ----------
    part, whole : str
        Amounts, by their names.
    scale : float
        What the quotient is multiplied by.
    is_of_residents : bool
        Whether LSOA-months weigh by residents of the group; else a group has its share of the LSOA's
        residents of what is summed: of records and harm days, or of LSOA-months themselves.
    is_share : bool
        Whether the numerator is a part of the denominator.
    """

    part: str
    whole: str
    scale: float = 1.0
    is_of_residents: bool = True
    is_share: bool = True


def shares_of_areas(members: Floats) -> Floats:
    """Return each group's share of each LSOA's residents; 0 of one without any.

    Parameters
    ----------
    members : ndarray, shape (LSOAs, groups)
        As `ml.fairness.by_group.group_members` gives them, everyone first.
    """
    return np.nan_to_num(ratio(members, members[:, :1]))


def figures_by_group(
    amounts: Mapping[str, Mapping[str, Floats]],
    metrics: Mapping[str, Metric],
    labels: list[Label],
    members: Floats,
    draws: TwoWay,
) -> pd.DataFrame:
    """Return every metric of every group, beside the reference group's and everyone's.

    Parameters
    ----------
    amounts : mapping of str to mapping of str to ndarray, shape (months, LSOAs)
        By part of the LSOA-months (such as those flagged), the amounts that metrics are made of.
    metrics : mapping of str to Metric
        By name; a part has those of which it has the numerator.
    labels : list of (attribute, group, reference group)
        As `ml.fairness.by_group.group_members` gives them.
    members : ndarray, shape (LSOAs, groups)
        Residents, likewise.
    draws : TwoWay
        Months and LSOAs drawn anew, the same for all figures that are to be compared.

    Returns
    -------
    DataFrame
        A row per ``part_name``, ``metric``, ``attribute`` and ``group_name``, with ``reference_group``,
        ``resident_count``, ``part_lsoa_month_count``, ``part_amount``, ``whole_amount``; and
        ``metric_value``, ``disparity_ratio``, ``ratio_to_everyone`` with ``_lower`` and ``_upper``. NaN for
        0/0, and for bounds with fewer than six months or ten LSOAs, and of what never happened or always
        did.
    """
    import pandas as pd

    weights = {True: members, False: shares_of_areas(members)}
    sums: dict[tuple[int, bool], Floats] = {}

    def again(summed: Floats, kind: bool) -> Floats:
        # Metrics share amounts, and parts may: each is summed once.
        key = id(summed), kind
        if key not in sums:
            sums[key] = draws.sums(summed, weights[kind])
        return sums[key]

    figures = [
        (words, name, *_figure(own, one, weights[one.is_of_residents], weights[False], again))
        for words, own in amounts.items()
        for name, one in metrics.items()
        if one.part in own
    ]
    parts_of, names, parts, wholes, in_lsoas, values, drawn = zip(*figures, strict=True)
    rows = pd.DataFrame(labels * len(names), columns=["attribute", "group_name", "reference_group"])
    table = rows.assign(
        part_name=np.repeat(np.array(parts_of, dtype=object), len(labels)),
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
    amounts: Mapping[str, Floats],
    metric: Metric,
    weights: Floats,
    shares: Floats,
    again: Callable[[Floats, bool], Floats],
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return numerator, denominator, LSOA-months of the numerator, value and its draws, by group."""
    part, whole = amounts[metric.part].sum(axis=0), amounts[metric.whole].sum(axis=0)
    numerator, denominator = part @ weights, whole @ weights
    value = metric.scale * ratio(numerator, denominator)
    drawn_ends = (again(amounts[end], metric.is_of_residents) for end in (metric.part, metric.whole))
    drawn = metric.scale * ratio(*drawn_ends)
    is_enough = (whole[:, None] * weights > 0).sum(axis=0) >= FEWEST_AREAS
    is_enough &= len(amounts[metric.part]) >= FEWEST_MONTHS
    # What never happened, or always did, does so in every draw: that is no evidence that it must.
    is_enough &= (numerator > 0) & ~(metric.is_share & (numerator >= denominator))
    in_lsoas = part @ shares if metric.is_share else np.full(len(value), np.nan)
    return numerator, denominator, in_lsoas, value, np.where(is_enough, drawn, np.nan)


def withheld(table: pd.DataFrame, suppress_below: int) -> pd.DataFrame:
    """Mark small groups and take their figures away, and ratios to a small reference group.

    Parameters
    ----------
    table : DataFrame
        As `figures_by_group` gives it, with any other columns.
    suppress_below : int
        Groups with fewer residents have no figures.
    """
    table = table.assign(is_suppressed=table["resident_count"] < max(suppress_below, 1))
    is_reference = table["group_name"] == table["reference_group"]
    small = set(table.loc[is_reference & table["is_suppressed"], "attribute"])
    names = [str(name) for name in table.columns]
    ratios = [name for name in names if name.startswith("disparity_ratio")]
    table.loc[table["attribute"].isin(small), ratios] = np.nan
    figures = [name for name in names if name.startswith(_FIGURES)]
    table.loc[table["is_suppressed"], figures] = np.nan
    return table.assign(resident_count=table["resident_count"].round())


_FIGURES = (
    "metric_value",
    "disparity",
    "ratio_",
    "part_amount",
    "part_lsoa",
    "whole_",
    "resident_",
    "lsoa_month_",
    "expected_mean",
    "recorded_mean",
)
