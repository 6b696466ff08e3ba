"""Pictures of the spatial tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLOURS = {
    "none": "#dddddd",
    "sporadic": "#7570b3",
    "fading": "#1b9e77",
    "emerging": "#e7298a",
    "new": "#d95f02",
    "persistent": "#7f0000",
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
