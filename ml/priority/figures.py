"""Figures of predicted call priority: who tells danger apart, and whether chances are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ml.priority.features import LEVELS
from ml.priority.metrics import confusion
from ml.priority.models import LOOK_UP

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ml.priority.judged import Judged


def roc_figure(judged: Mapping[str, Judged]) -> Figure:
    """Draw the ROC curve of every model for dangerous calls.

    Parameters
    ----------
    judged : mapping of str to Judged
        Answers by model; not empty.

    Returns
    -------
    Figure
        The look-up in black, the line of chance dotted.
    """
    from matplotlib.figure import Figure
    from sklearn.metrics import roc_curve

    figure = Figure(figsize=(6, 5))
    axes = figure.subplots()
    for name, one in judged.items():
        alarms, caught, _ = roc_curve(one.target, one.probability[:, 1])
        is_baseline = name == LOOK_UP
        axes.plot(
            alarms, caught, label=name, color="black" if is_baseline else None, lw=2 if is_baseline else 1
        )
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(xlabel="false alarms over harmless calls", ylabel="dangerous calls caught", title="ROC curves")
    axes.legend(fontsize="small")
    return figure


def reliability_figure(calibration: pd.DataFrame) -> Figure:
    """Draw observed over promised share of danger.

    Parameters
    ----------
    calibration : DataFrame
        Rows of ``ml_call_priority_calibration`` of one scenario.

    Returns
    -------
    Figure
        One line a model; on the dotted line every promise is kept.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5))
    axes = figure.subplots()
    for name, bins in calibration.groupby("model", sort=True):
        color = "black" if name == LOOK_UP else None
        axes.plot(bins["mean_probability"], bins["observed_share"], marker="o", ms=3, label=name, color=color)
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(xlabel="mean predicted chance", ylabel="share dangerous", title="Calibration by tenths")
    axes.legend(fontsize="small")
    return figure


def confusion_figure(judged: Mapping[str, Judged], model: str) -> Figure:
    """Draw how the levels that a model and the look-up give agree with the true ones.

    Parameters
    ----------
    judged : mapping of str to Judged
        Answers about the six levels by model, the look-up among them.
    model : str
        The model beside it.

    Returns
    -------
    Figure
        Two tables of calls, true level down, given level across.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2))
    for axes, name in zip(figure.subplots(1, 2), (LOOK_UP, model), strict=True):
        one = judged[name]
        table = confusion(one.target, one.classes, LEVELS, np.ones((1, len(one.target))))[0]
        axes.imshow(table, cmap="Blues")
        for true, given in np.ndindex(table.shape):
            axes.text(given, true, f"{table[true, given]:.0f}", ha="center", va="center", fontsize="small")
        ticks = range(LEVELS)
        axes.set(xlabel="priority given", ylabel="priority", title=name, xticks=ticks, yticks=ticks)
        axes.set_xticklabels([tick + 1 for tick in ticks])
        axes.set_yticklabels([tick + 1 for tick in ticks])
    return figure
