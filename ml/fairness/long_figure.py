"""A picture of the long table: ratios of every model's figures side by side, by group of residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.common.crime_groups import ALL_CRIME
from ml.common.fairness_sources import NOT_TOLD_APART, RATIO
from ml.fairness.by_group import in_order, names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_RESIDENTS = ("ethnic_group", "imd_2025_decile")
# What a model does to people, and not how many people there are.
_METRICS = {
    "flagged_share": "flagged",
    "false_alarm_per_1000": "false alarms",
    "not_of_the_top_share": "flagged, not of the top",
    "missed_share": "missed",
    "expected_to_recorded_ratio": "expected / recorded",
}
_FLAGGED = ("hulls", "top_5_percent")
_OF_ALL_AREAS = "expected_to_recorded_ratio"
# Twice and half as much are as far from none; what is beyond is drawn as the end of the scale.
_DOUBLINGS = 2.0


def ratio_map(table: pd.DataFrame) -> Figure:
    """Plot each model's ratios to the reference group, of all crime and the top twentieth, by group.

    Parameters
    ----------
    table : DataFrame
        Table ``ml_fairness_groups``. Ratios whose interval holds 1, or that have none, are not bold.
    """
    from matplotlib.figure import Figure

    shown = in_order(_shown(table))
    shown = shown.assign(
        row=names(shown),
        column=shown["model"].str.replace("_", " ") + ": " + shown["metric"].map(_METRICS),
        is_clear=(shown["disparity_lower"] > 1) | (shown["disparity_upper"] < 1),
    )
    rows, columns = list(dict.fromkeys(shown["row"])), sorted(set(shown["column"]))
    ratios, is_clear = (
        shown.pivot(index="row", columns="column", values=name).reindex(index=rows, columns=columns)
        for name in ("disparity", "is_clear")
    )
    figure = Figure(figsize=(11, 7), layout="constrained")
    axes = figure.subplots()
    for (row, column), value in np.ndenumerate(ratios.to_numpy()):
        if not np.isnan(value):
            weight = "bold" if is_clear.iloc[row, column] else "normal"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, weight=weight)
    if rows:
        doublings = np.log2(ratios.to_numpy(dtype=np.float64).clip(2**-_DOUBLINGS, 2**_DOUBLINGS))
        axes.imshow(doublings, cmap="PuOr_r", vmin=-_DOUBLINGS, vmax=_DOUBLINGS, aspect="auto", alpha=0.5)
    axes.set_xticks(np.arange(len(columns)), columns, rotation=40, ha="right", fontsize=7)
    axes.set_yticks(np.arange(len(rows)), rows, fontsize=7)
    axes.set_title("Ratio to the reference group; bold where the 95% interval excludes 1", fontsize=9)
    return figure


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return table[
        (table["disparity_kind"] == RATIO)
        & table["disparity"].notna()
        & (table["group_name"] != table["reference_group"])
        & table["attribute"].isin(_RESIDENTS)
        & table["metric"].isin(list(_METRICS))
        & np.where(
            table["metric"] == _OF_ALL_AREAS,
            table["selected_areas"] == "all_areas",
            table["selected_areas"].isin(_FLAGGED),
        )
        & table["category"].isin([ALL_CRIME, NOT_TOLD_APART])
    ]
