"""Pictures of the spatial tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {
    "none": "#dddddd",
    "sporadic": "#7570b3",
    "fading": "#1b9e77",
    "emerging": "#e7298a",
    "new": "#d95f02",
    "persistent": "#7f0000",
}
# As is customary for these maps: alike in full colour, opposites in pale.
_CLUSTER_COLOURS = {
    "not_significant": "#dddddd",
    "low_low": "#2c5fa8",
    "low_high": "#92c5de",
    "high_low": "#f4a582",
    "high_high": "#b2182b",
}


def emerging_map(emerging: pd.DataFrame, areas: pd.DataFrame) -> Figure:
    """Map the classes of harm at the centroids of the LSOAs.

    Parameters
    ----------
    emerging : DataFrame
        Table ``ml_lsoa_emerging``.
    areas : DataFrame
        ``lsoa_code``, ``easting_m``, ``northing_m``.
    """
    from matplotlib.figure import Figure

    shown = emerging[emerging["measure"] == "harm_days"].merge(areas, on="lsoa_code")
    figure = Figure(figsize=(7, 6))
    axes = figure.subplots()
    for name, colour in _COLOURS.items():
        part = shown[shown["emerging_class"] == name]
        words = f"{name} ({len(part):,})"
        axes.scatter(part["easting_m"] / 1000, part["northing_m"] / 1000, s=14, c=colour, label=words)
    axes.set(xlabel="easting, km", ylabel="northing, km", title="Emerging hot spots of harm", aspect="equal")
    axes.legend(fontsize=7)
    return figure


def local_maps(emerging: pd.DataFrame, areas: pd.DataFrame) -> Figure:
    """Map Gi* of the last month, and the local clusters of the last twelve, of harm at the LSOAs' centroids.

    Parameters
    ----------
    emerging : DataFrame
        Table ``ml_lsoa_emerging``.
    areas : DataFrame
        ``lsoa_code``, ``easting_m``, ``northing_m``.
    """
    from matplotlib.figure import Figure

    shown = emerging[emerging["measure"] == "harm_days"].merge(areas, on="lsoa_code")
    figure = Figure(figsize=(12, 6), layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    _gi_star_panel(left, shown)
    _cluster_panel(right, shown)
    for axes in (left, right):
        axes.set(xlabel="easting, km", aspect="equal")
    left.set_ylabel("northing, km")
    return figure


def _gi_star_panel(axes: Axes, shown: pd.DataFrame) -> None:
    """Colour by z, centred on 0; a ring where q is at most 0.05."""
    import numpy as np

    east, north = shown["easting_m"] / 1000, shown["northing_m"] / 1000
    z_score = shown["last_z_score"].to_numpy(dtype=np.float64)
    widest = float(np.nanmax(np.abs(z_score), initial=1.0))
    drawn = axes.scatter(east, north, s=14, c=z_score, cmap="RdBu_r", vmin=-widest, vmax=widest)
    is_hot = (shown["last_q_value"] <= 0.05).to_numpy()
    axes.scatter(
        east[is_hot],
        north[is_hot],
        s=22,
        facecolors="none",
        edgecolors="black",
        linewidths=0.6,
        label=f"q at most 0.05 ({is_hot.sum():,})",
    )
    month = f", {shown['last_month'].iloc[0]:%Y-%m}" if len(shown) else ""
    axes.set_title(f"Gi* of harm{month}")
    axes.figure.colorbar(drawn, ax=axes, label="z score", shrink=0.7)
    axes.legend(fontsize=7)


def _cluster_panel(axes: Axes, shown: pd.DataFrame) -> None:
    for name, colour in _CLUSTER_COLOURS.items():
        part = shown[shown["cluster_class"] == name]
        words = f"{name.replace('_', ' ')} ({len(part):,})"
        axes.scatter(part["easting_m"] / 1000, part["northing_m"] / 1000, s=14, c=colour, label=words)
    axes.set_title("Local Moran of harm, twelve months, q at most 0.05")
    axes.legend(fontsize=7)


def lorenz_plot(areas: pd.DataFrame) -> Figure:
    """Plot the Lorenz curves of crimes and of harm over LSOAs.

    Parameters
    ----------
    areas : DataFrame
        ``crime_count``, ``harm_days``; one row per LSOA.
    """
    from matplotlib.figure import Figure

    from ml.spatial.concentration import lorenz_curve

    figure = Figure(figsize=(6, 5))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], "--", color="#888888", lw=1)
    for measure in ("crime_count", "harm_days") if len(areas) else ():
        axes.plot(*lorenz_curve(areas[measure]), label=measure.replace("_", " "))
    axes.set(
        xlabel="share of LSOAs, least burdened first", ylabel="share of the whole", title="Concentration"
    )
    axes.legend()
    return figure
