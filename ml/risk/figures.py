"""Figures of the risk tables: maps, what a share of the area catches, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ml.common.crime_groups import ALL_CRIME
from ml.risk.backtest import EVERY_FORCE
from ml.risk.candidates import DEFAULT
from ml.risk.judged import Judged
from ml.risk.study import CELL_M

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TITLES = {"lsoa": "LSOA 2021", "grid": "250 m cells"}
# Distinguishable with colour blindness (Okabe and Ito 2008).
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442", "#000000")


def lsoa_map(risk: pd.DataFrame, lsoas: pd.DataFrame) -> Figure:
    """Draw the expected records and harm of all crime by neighbourhood.

    Parameters
    ----------
    risk : DataFrame
        Table ``ml_risk_lsoa``.
    lsoas : DataFrame
        ``lsoa_code`` and ``geometry_wkb``.
    """
    import shapely

    shown = risk[risk["crime_group"] == ALL_CRIME].merge(lsoas[["lsoa_code", "geometry_wkb"]], on="lsoa_code")
    shown = shown.dropna(subset="geometry_wkb")
    shapes = shapely.from_wkb(shown["geometry_wkb"].map(bytes).to_numpy(dtype=object))
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_exterior_ring(parts)]
    return _maps(rings, shown.iloc[owner])


def grid_map(risk: pd.DataFrame) -> Figure:
    """Draw the expected records and harm of all crime by cell.

    Parameters
    ----------
    risk : DataFrame
        Table ``ml_risk_grid``.
    """
    shown = risk[risk["crime_group"] == ALL_CRIME]
    corner = shown[["cell_easting_m", "cell_northing_m"]].to_numpy(np.float64)
    square = np.array([[0, 0], [CELL_M, 0], [CELL_M, CELL_M], [0, CELL_M]])
    return _maps(list(corner[:, None, :] + square), shown)


def _maps(rings: Sequence[np.ndarray], shown: pd.DataFrame) -> Figure:
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.4), layout="constrained")
    for axes, (column, title) in zip(
        np.ravel(figure.subplots(1, 2)),
        (("expected_crime_count", "Expected records"), ("expected_harm_days", "Expected harm days")),
        strict=True,
    ):
        values = shown[column].to_numpy(np.float64)
        # Risk is so uneven that a linear scale would show one colour and a few dots.
        norm = PowerNorm(0.5, 0.0, max(float(values.max(initial=0.0)), 1e-9))
        drawn = PolyCollection(list(rings), array=values, cmap="viridis", norm=norm, linewidths=0.0)
        axes.add_collection(drawn)
        axes.autoscale_view()
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set_title(f"{title}, {_month(shown)}", fontsize=10)
        figure.colorbar(drawn, ax=axes, shrink=0.7)
    return figure


def _month(shown: pd.DataFrame) -> str:
    months = shown["forecast_month"].astype(str).str[:7]
    return str(months.iloc[0]) if len(months) else "no area"


def capture_curves(backtest: pd.DataFrame) -> Figure:
    """Draw what each share of the area caught of all crime and its harm, and the recapture rate index.

    Parameters
    ----------
    backtest : DataFrame
        Table ``ml_risk_backtest`` with origins; the champion and the default baseline are drawn.
    """
    from matplotlib.figure import Figure

    own = backtest[(backtest["crime_group"] == ALL_CRIME) & (backtest["area_share"] < 1)]
    own = own[own["force_slug"] == EVERY_FORCE]
    kinds = [kind for kind in _TITLES if kind in set(own["area_kind"])]
    figure = Figure(figsize=(10, 3.4 * len(kinds)))
    figure.subplots_adjust(wspace=0.25, hspace=0.4)
    metrics = {"hit_rate": "Records caught", "harm_hit_rate": "Harm caught", "recapture": "Recapture index"}
    for row, kind in zip(figure.subplots(len(kinds), 3, squeeze=False), kinds, strict=True):
        for axes, (metric, title) in zip(row, metrics.items(), strict=True):
            _curves(axes, own[(own["area_kind"] == kind) & (own["metric"] == metric)])
            axes.set_title(f"{title}, {_TITLES[kind]}", fontsize=9)
        # The index lies near 1, so there is room below it.
        row[2].legend(fontsize=7, frameon=False, handlelength=1, loc="lower right")
        row[2].axhline(1.0, color="grey", linewidth=0.8)
    return figure


def _curves(axes: Axes, rows: pd.DataFrame) -> None:
    champion = rows.loc[rows["is_champion"], "model"].iloc[0]
    names = dict.fromkeys([str(champion), DEFAULT, "naive"])
    for name, colour in zip(names, _COLOURS, strict=False):
        own = rows[rows["model"] == name].sort_values("area_share")
        share = own["area_share"].to_numpy(np.float64) * 100
        label = f"{name} (champion)" if name == champion else name
        axes.plot(share, own["metric_value"].astype(float), marker="o", color=colour, label=label)
        bounds = own[["metric_value_lower", "metric_value_upper"]].to_numpy(np.float64)
        axes.fill_between(share, bounds[:, 0], bounds[:, 1], color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("% of the area")
    axes.set_ylim(bottom=0)


def calibration_plot(judged: dict[str, Sequence[Judged]]) -> Figure:
    """Draw recorded against expected means by tenths of the areas, of every crime group's champion.

    Parameters
    ----------
    judged : dict of str to sequence of Judged
        By kind of area; groups without a backtest are left out.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2))
    for axes, kind in zip(np.ravel(figure.subplots(1, len(judged))), judged, strict=True):
        shown = [one for one in judged[kind] if len(one.calibration)]
        for one, colour in zip(shown, _COLOURS, strict=False):
            axes.plot(
                one.calibration["expected_mean"],
                one.calibration["came_mean"],
                marker="o",
                markersize=3,
                linewidth=0.8,
                color=colour,
                label=one.group,
            )
        axes.axline((0.01, 0.01), slope=1, color="grey", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("Expected records per area and month")
        axes.set_ylabel("Recorded")
        axes.set_title(_TITLES[kind], fontsize=10)
        axes.legend(fontsize=7, frameon=False)
    return figure
