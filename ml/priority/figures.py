"""Figures of predicted call priority: who tells danger apart, and whether chances are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ml.priority.models import LOOK_UP

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ml.priority.judged import Judged

_ACROSS, _PANEL = 3, 3.0


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


def confusion_figure(matrices: pd.DataFrame) -> Figure:
    """Draw how the levels that models give agree with the true ones.

    Parameters
    ----------
    matrices : DataFrame
        Rows of ``ml_call_priority_confusion`` of one scenario and decision.

    Returns
    -------
    Figure
        One table of calls a model, true level down, given level across; darker where more of the true level.
    """
    from matplotlib.figure import Figure

    models = list(dict.fromkeys(matrices["model"]))
    height = -(-len(models) // _ACROSS)
    figure = Figure(figsize=(_PANEL * _ACROSS, _PANEL * height), layout="constrained")
    panels = figure.subplots(height, _ACROSS, squeeze=False).ravel()
    for axes in panels[len(models) :]:
        axes.remove()
    for axes, name in zip(panels, models, strict=False):
        rows = matrices[matrices["model"] == name]
        table = rows.pivot(index="true_level", columns="given_level", values="call_count")
        counts = table.to_numpy()
        axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1.6)
        for true, given in np.ndindex(counts.shape):
            axes.text(given, true, f"{counts[true, given]:,}", ha="center", va="center", fontsize="x-small")
        axes.set(xlabel="given", ylabel="true", title=name)
        axes.set_xticks(range(len(table.columns)), table.columns)
        axes.set_yticks(range(len(table.index)), table.index)
    return figure
