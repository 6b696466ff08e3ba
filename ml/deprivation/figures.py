"""Figures of the deprivation tables: scores by kind of folds, importance and partial dependence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.deprivation.evaluate import DEVIANCE_EXPLAINED
from ml.deprivation.sample import DOMAINS, TARGETS
from ml.deprivation.study import RANDOM, SPATIAL

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Distinguishable with colour blindness (Okabe and Ito 2008).
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000")
_MODELS = ("forest", "poisson_glm", "spatial_lag")
_TITLES = {"crime_rate_per_1000": "Records", "harm_days_rate_per_1000": "Harm days"}


def scores_figure(scores: pd.DataFrame) -> Figure:
    """Draw the deviance explained of each model by spatial and by random folds, for the newest indices.

    Parameters
    ----------
    scores : DataFrame
        Table ``ml_deprivation_scores``; not empty.
    """
    from matplotlib.figure import Figure

    newest = scores[(scores["index_year"] == scores["index_year"].max())]
    shown = newest[newest["metric"] == DEVIANCE_EXPLAINED]
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, target in zip(figure.subplots(1, len(TARGETS), sharey=True), TARGETS, strict=True):
        own = shown[shown["target"] == target].set_index(["fold_kind", "model"])
        for shift, (kind, colour) in enumerate(zip((SPATIAL, RANDOM), _COLOURS, strict=False)):
            rows = own.reindex([(kind, model) for model in _MODELS])
            places = np.arange(len(_MODELS)) - 0.1 + 0.2 * shift
            axes.hlines(places, rows["lower"], rows["upper"], color=colour)
            axes.plot(rows["value"], places, "o", color=colour, label=f"{kind} folds")
        axes.axvline(0.0, color="grey", linewidth=0.8)
        axes.set(yticks=range(len(_MODELS)), yticklabels=_MODELS, title=_TITLES[target])
        axes.set_xlabel("share of deviance explained beyond the mean", fontsize=8)
    axes.legend(fontsize=8)
    return figure


def importance_figure(importance: pd.DataFrame, partial: pd.DataFrame) -> Figure:
    """Draw what the forest relies on and how its rate moves with each domain, for the newest indices.

    Parameters
    ----------
    importance : DataFrame
        Table ``ml_deprivation_importance``; not empty.
    partial : DataFrame
        Partial dependence, as :class:`ml.deprivation.study.Found` holds it.
    """
    from matplotlib.figure import Figure

    newest = importance["index_year"].max()
    figure = Figure(figsize=(9, 3.1 * len(TARGETS)), layout="constrained")
    for row, target in zip(figure.subplots(len(TARGETS), 2), TARGETS, strict=True):
        is_own = (importance["target"] == target) & (importance["index_year"] == newest)
        _importance(row[0], importance[is_own].set_index("feature").reindex(list(DOMAINS)))
        _curves(row[1], partial[(partial["target"] == target) & (partial["index_year"] == newest)])
        row[0].set_title(f"{_TITLES[target]}: lost when shuffled", fontsize=10)
        row[1].set_title(f"{_TITLES[target]}: rate if all areas had the score", fontsize=10)
    row[1].legend(fontsize=7, ncols=2)
    return figure


def _importance(axes: Axes, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    axes.hlines(places, rows["lower"], rows["upper"], color=_COLOURS[0])
    axes.plot(rows["importance"], places, "o", color=_COLOURS[0])
    axes.axvline(0.0, color="grey", linewidth=0.8)
    axes.set(yticks=places, yticklabels=rows.index)
    axes.set_xlabel("share of deviance explained", fontsize=8)


def _curves(axes: Axes, rows: pd.DataFrame) -> None:
    for name, colour in zip(DOMAINS, _COLOURS, strict=True):
        own = rows[rows["feature"] == name]
        axes.plot(own["quantile"], own["rate_per_1000"], marker=".", color=colour, label=name)
    axes.set_xlabel("quantile of the score; more deprived to the right", fontsize=8)
    axes.set_ylabel("per 1,000 and year", fontsize=8)
