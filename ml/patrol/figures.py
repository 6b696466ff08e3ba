"""The map of a patrol plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.patrol.plan import AT_RANDOM, BY_HARM

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Told apart with colour blindness (Okabe and Ito 2008).
_COLOURS = {BY_HARM: "#D55E00", AT_RANDOM: "#0072B2"}
_LABELS = {BY_HARM: "most expected harm", AT_RANDOM: "drawn at random"}


def plan_map(plan: pd.DataFrame, lsoas: pd.DataFrame) -> Figure:
    """Draw the areas of a plan on those of the forces.

    Parameters
    ----------
    plan : DataFrame
        Table ``ml_patrol_plan``.
    lsoas : DataFrame
        ``lsoa_code`` and ``geometry_wkb``; null where there is no boundary.
    """
    import shapely
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    drawn = lsoas.dropna(subset="geometry_wkb").merge(
        plan[["lsoa_code", "selection"]], on="lsoa_code", how="left"
    )
    shapes = shapely.from_wkb(drawn["geometry_wkb"].map(bytes).to_numpy(dtype=object))
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_exterior_ring(parts)]
    colours = drawn["selection"].map(_COLOURS).fillna("#EEEEEE").to_numpy()[owner]
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    axes.add_collection(PolyCollection(rings, facecolors=list(colours), edgecolors="#999999", linewidths=0.2))
    axes.autoscale_view()
    axes.set_aspect("equal")
    axes.set_axis_off()
    counts = {name: int(np.sum(plan["selection"] == name)) for name in _COLOURS}
    axes.legend(
        handles=[Patch(color=_COLOURS[name], label=f"{counts[name]} {_LABELS[name]}") for name in _COLOURS],
        fontsize=8,
        frameon=False,
    )
    axes.set_title("Proposed patrol areas, until a person approves them", fontsize=10)
    return figure
