"""The map of area profiles, with the centres of the clusters beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.profiles.features import RATE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Distinguishable with colour blindness (Okabe and Ito 2008); one for each of at most eight clusters.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442", "#000000")
_MARKED = "#cccccc"
_WIDEST_Z = 2.0


def profile_map(profiles: pd.DataFrame, clusters: pd.DataFrame, areas: pd.DataFrame) -> Figure:
    """Map the clusters at the centroids of the areas, with the centres as a table of colours.

    Parameters
    ----------
    profiles : DataFrame
        Table ``ml_area_profiles``.
    clusters : DataFrame
        Table ``ml_area_profile_clusters``; may be empty.
    areas : DataFrame
        ``lsoa_code``, ``easting_m``, ``northing_m``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    shown = profiles.merge(areas[["lsoa_code", "easting_m", "northing_m"]], on="lsoa_code")
    _points(left, shown[~shown["is_profiled"].astype(bool)], "marked, not placed", _MARKED)
    named = clusters.drop_duplicates("cluster").sort_values("cluster")
    for cluster, name, colour in zip(named["cluster"], named["cluster_name"], _COLOURS, strict=False):
        _points(left, shown[shown["cluster"] == cluster], f"{cluster}. {name}", colour)
    left.set(xlabel="easting, km", ylabel="northing, km", aspect="equal", title="Kinds of areas")
    left.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    if len(clusters):
        _centres(figure, right, clusters)
    else:
        right.set_axis_off()
    return figure


def _points(axes: Axes, rows: pd.DataFrame, words: str, colour: str) -> None:
    label = f"{words} ({len(rows):,})"
    axes.scatter(rows["easting_m"] / 1000, rows["northing_m"] / 1000, s=12, color=colour, label=label)


def _centres(figure: Figure, axes: Axes, clusters: pd.DataFrame) -> None:
    table = clusters.pivot(index="feature", columns="cluster", values="centre_z")
    table = table.loc[[RATE, *(name for name in table.index if name != RATE)]]
    drawn = axes.imshow(
        table.to_numpy(np.float64), cmap="RdBu_r", vmin=-_WIDEST_Z, vmax=_WIDEST_Z, aspect="auto"
    )
    axes.set(xticks=range(table.shape[1]), xticklabels=table.columns, xlabel="cluster")
    axes.set_yticks(range(len(table)), list(table.index), fontsize=7)
    axes.set_title("Centres, standard deviations from the mean", fontsize=10)
    figure.colorbar(drawn, ax=axes, shrink=0.7)
