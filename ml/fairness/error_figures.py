"""Pictures of the risk map's errors by group, and of who lives where it points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml.common.crime_groups import ALL_CRIME
from ml.fairness.by_group import in_order, names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Of all crime hardly any flagged area is without a record: burglary shows what false alarms are.
_BURGLARY, _HARM = ("crime_count", "burglary"), ("harm_days", ALL_CRIME)
_SHOWN = {
    (*_BURGLARY, "top_5_percent", "false_discovery_share"): "Burglary: flagged without a record, top 5%",
    (*_BURGLARY, "top_5_percent", "missed_share"): "Burglary: of the month's top 5%, missed",
    (*_BURGLARY, "all_areas", "expected_to_recorded_ratio"): "Burglary: expected over recorded",
    (*_HARM, "top_5_percent", "not_of_the_top_share"): "Harm: flagged, not of the month's top 5%",
    (*_HARM, "top_5_percent", "missed_share"): "Harm: of the month's top 5%, missed",
    (*_HARM, "all_areas", "expected_to_recorded_ratio"): "Harm: expected over recorded",
}
# Distinguishable with colour blindness (Okabe and Ito 2008).
_COLOURS = {"most_predicted": "#D55E00", "median_predicted": "#999999", "least_predicted": "#0072B2"}


#: How a figure without an interval is drawn.
HOLLOW: dict[str, Any] = {"marker": "o", "ms": 4, "ls": "", "mfc": "none"}


def error_plot(errors: pd.DataFrame) -> Figure:
    """Plot errors of the maps of burglary and of the harm of all crime by group, with intervals.

    Parameters
    ----------
    errors : DataFrame
        Table ``ml_fairness_errors``.
    """
    from matplotlib.figure import Figure

    own = in_order(errors[errors["metric_value"].notna()])
    figure = Figure(figsize=(11, 9), layout="constrained")
    key = ["measure", "crime_group", "flagged_area", "metric"]
    for axes, (which, title) in zip(figure.subplots(2, 3).ravel(), _SHOWN.items(), strict=True):
        shown = own[(own[key] == list(which)).all(axis=1)]
        draw_intervals(axes, shown, title)
    return figure


def draw_intervals(axes: Axes, rows: pd.DataFrame, title: str, scale: float = 1.0) -> None:
    """Draw the figure of each group with its interval, hollow without one, one below the other.

    Parameters
    ----------
    axes : Axes
        Where.
    rows : DataFrame
        ``attribute``, ``group_name``, ``metric_value`` and its bounds.
    title : str
        What is drawn.
    scale : float
        What figures are multiplied by, such as 100 for per cent.
    """
    places = np.arange(len(rows))
    lower, upper = (scale * rows[f"metric_value_{side}"] for side in ("lower", "upper"))
    axes.hlines(places, lower, upper, color="#666666", lw=2)
    has_interval = rows["metric_value_lower"].notna().to_numpy()
    values = scale * rows["metric_value"].to_numpy()
    axes.plot(values[has_interval], places[has_interval], "o", ms=4, color="#1f3b73")
    axes.plot(values[~has_interval], places[~has_interval], color="#1f3b73", **HOLLOW)
    axes.set_yticks(places, names(rows), fontsize=7)
    axes.set_title(title, fontsize=9)
    axes.invert_yaxis()


def composition_plot(table: pd.DataFrame) -> Figure:
    """Plot the make-up of the most, middling and least predicted areas of all crime over that of all areas.

    Parameters
    ----------
    table : DataFrame
        Table ``ml_fairness_composition``.
    """
    from matplotlib.figure import Figure

    own = table[(table["crime_group"] == ALL_CRIME) & table["ratio_to_all_areas"].notna()]
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    for place, (name, colour) in enumerate(_COLOURS.items()):
        shown = in_order(own[own["area_class"] == name])
        rows = np.arange(len(shown)) + 0.25 * place
        label = name.replace("_", " ")
        axes.barh(rows, shown["ratio_to_all_areas"], 0.25, color=colour, label=label)
        axes.set_yticks(np.arange(len(shown)) + 0.25, names(shown), fontsize=7)
    axes.axvline(1, color="#888888", lw=1, ls="--")
    axes.set_xlabel("mean share of residents over that of all areas")
    axes.invert_yaxis()
    if len(own):
        axes.legend(fontsize=7, frameon=False)
    return figure
