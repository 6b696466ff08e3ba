"""Pictures of the hotspot tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLOURS = {
    "new": "#d95f02",
    "emerging": "#e7298a",
    "persistent": "#7f0000",
    "sporadic": "#7570b3",
    "fading": "#1b9e77",
}


def hotspot_map(hotspots: pd.DataFrame) -> Figure:
    """Map the hotspots: area of a mark by harm days, filled where q is at most 0.05.

    Parameters
    ----------
    hotspots : DataFrame
        Table ``ml_hotspots``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 6))
    axes = figure.subplots()
    is_sure = (hotspots["q_value"] <= 0.05).to_numpy()
    largest = hotspots["harm_days"].max() if len(hotspots) else 1.0
    size = 20 + 180 * (hotspots["harm_days"] / largest).to_numpy()
    kilometres = hotspots[["centroid_easting_m", "centroid_northing_m"]].to_numpy() / 1000
    for chosen, face, words in ((is_sure, "#7f0000", "q at most 0.05"), (~is_sure, "none", "not told apart")):
        east, north = kilometres[chosen].T
        axes.scatter(east, north, s=size[chosen], c=face, edgecolors="#7f0000", label=words)
    axes.set(xlabel="easting, km", ylabel="northing, km", title="Hotspots, size by harm days", aspect="equal")
    axes.legend()
    return figure


def history_plot(history: pd.DataFrame) -> Figure:
    """Plot which hotspot was found in which window, coloured by persistence.

    Parameters
    ----------
    history : DataFrame
        Table ``ml_hotspot_history``; the sixty hotspots with the most harm days are drawn.
    """
    from matplotlib.figure import Figure

    top = (
        history.groupby("stable_id")["harm_days"].max().sort_values(ascending=False, kind="stable").index[:60]
    )
    shown = history[history["stable_id"].isin(top)]
    rows = {name: row for row, name in enumerate(sorted(top, reverse=True))}
    figure = Figure(figsize=(8, 2 + 0.16 * len(rows)))
    axes = figure.subplots()
    for name, part in shown.groupby(shown["persistence"].fillna("one window"), sort=True):
        axes.scatter(
            part["window_end_month"],
            part["stable_id"].map(rows),
            c=_COLOURS.get(str(name), "#666666"),
            marker="s",
            label=str(name),
        )
    axes.set_yticks(list(rows.values()), list(rows), fontsize=6)
    axes.set(xlabel="end of window", title="Hotspots by window")
    if len(shown):
        axes.legend(fontsize=7)
    return figure


def null_plot(null: pd.DataFrame) -> Figure:
    """Plot each measure as found beside its 95% range over the relabellings.

    Parameters
    ----------
    null : DataFrame
        Table ``ml_hotspot_null``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + 0.9 * max(len(null), 1)))
    panels = figure.subplots(max(len(null), 1), 1, squeeze=False)[:, 0]
    for axes, row in zip(panels, null.itertuples(), strict=False):
        axes.hlines(0, row.null_lower, row.null_upper, colors="#888888", lw=6)
        axes.plot(row.observed_value, 0, "D", color="#7f0000")
        axes.set_title(str(row.measure), fontsize=8, loc="left")
        axes.set_yticks([])
    figure.tight_layout()
    return figure
