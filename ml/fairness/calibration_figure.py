"""Picture of the risk map's calibration and coverage by group of residents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.contracts_errors import FORECAST_LEVELS
from ml.fairness.by_group import in_order, names, of_all_crime
from ml.fairness.error_figures import HOLLOW, draw_intervals

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Distinguishable with colour blindness (Okabe and Ito 2008).
_COLOURS = ("#000000", "#D55E00", "#0072B2", "#009E73", "#E69F00", "#CC79A7")
_CURVES = {
    "By deprivation": (("all", "Everyone"), ("imd_2025_decile", "1"), ("imd_2025_decile", "10")),
    "By ethnic composition": (
        ("all", "Everyone"),
        *(("ethnic_group", name) for name in ("Asian", "Black", "Mixed", "White", "Other")),
    ),
}


def calibration_plot(calibration: pd.DataFrame) -> Figure:
    """Plot recorded against expected crime by fifth of the forecast, and how many records intervals held.

    Parameters
    ----------
    calibration : DataFrame
        Table ``ml_fairness_calibration``.

    Returns
    -------
    Figure
        Of all crime: a curve for everyone, the most and the least deprived decile and each ethnic group, with
        95% intervals of the ratio; and the coverage of both intervals by group. Hollow points have no
        interval, as too few areas or months have their figure, and no curve goes through them.
    """
    from matplotlib.figure import Figure

    own = of_all_crime(calibration).dropna(subset="metric_value")
    figure = Figure(figsize=(11, 9), layout="constrained")
    above, below = figure.subplots(2, 2)
    curves = own[(own["metric"] == "recorded_to_expected_ratio") & (own["recorded_mean"] > 0)]
    for axes, (title, groups) in zip(above, _CURVES.items(), strict=True):
        _draw_curves(axes, curves[curves["forecast_level"] != FORECAST_LEVELS[0]], groups)
        axes.set_title(title, fontsize=9)
    whole = in_order(own[own["forecast_level"] == FORECAST_LEVELS[0]])
    for axes, level in zip(below, (80, 95), strict=True):
        rows = whole[whole["metric"] == f"coverage_{level}_share"]
        draw_intervals(axes, rows, f"Records within their {level}% interval, %", scale=100.0)
        axes.axvline(level, color="#888888", lw=1, ls="--")
    return figure


def _draw_curves(axes: Axes, rows: pd.DataFrame, groups: tuple[tuple[str, str], ...]) -> None:
    import pandas as pd

    rows = rows[pd.MultiIndex.from_frame(rows[["attribute", "group_name"]]).isin(groups)]
    for colour, (attribute, name) in zip(_COLOURS, groups, strict=False):
        own = rows[(rows["attribute"] == attribute) & (rows["group_name"] == name)]
        if own.empty:
            continue
        shown = own.sort_values("expected_mean")
        has_interval = shown["metric_value_lower"].notna()
        sure, unsure = shown[has_interval], shown[~has_interval]
        expected = sure["expected_mean"].to_numpy()
        ends = (sure[f"metric_value_{side}"].to_numpy() * expected for side in ("lower", "upper"))
        axes.vlines(expected, *ends, color=colour, lw=1)
        axes.plot(expected, sure["recorded_mean"], ".-", color=colour, lw=1, label=names(shown)[0])
        axes.plot(unsure["expected_mean"], unsure["recorded_mean"], color=colour, **HOLLOW)
    axes.set(xlabel="expected a month and area, by fifth of the forecast", ylabel="recorded")
    if len(rows):
        ends_of_all = rows["expected_mean"].min(), rows["expected_mean"].max()
        axes.plot(ends_of_all, ends_of_all, "--", color="#888888", lw=1)
        axes.set(xscale="log", yscale="log")
        axes.legend(fontsize=7, frameon=False)
