"""Figures of the forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RECORDED = "#12436d"
_FORECAST = "#b3541e"
_MUTED = "#5b6673"


def forecast_figure(
    monthly: pd.DataFrame, forecast: pd.DataFrame, *, measure: str = "harm_days", most: int = 4
) -> Figure:
    """Draw history, forecast and both bands of the total and the largest forces, with declared breaks.

    Parameters
    ----------
    monthly : DataFrame
        What `ml.forecast.forecast_all` was given.
    forecast : DataFrame
        Table ``ml_forecast_harm`` or ``ml_forecast_count``.
    measure : str
        'harm_days' or 'crime_count'.
    most : int
        Panels at most.
    """
    from matplotlib.figure import Figure

    wholes = forecast[forecast["level"].isin(["total", "force"])]
    sizes = wholes.groupby("series")[measure].sum().sort_values(ascending=False, kind="stable")
    names = [name for name in ("total", *sizes.index.drop("total", errors="ignore")) if name in sizes.index]
    names = names[:most]
    figure = Figure(figsize=(9, 2.4 * max(len(names), 1)), layout="constrained")
    panels = figure.subplots(max(len(names), 1), 1, squeeze=False, sharex=True)[:, 0]
    for panel, name in zip(panels, names, strict=False):
        rows = wholes[wholes["series"] == name]
        _draw(panel, monthly[monthly["series"] == name].sort_values("month"), rows, measure)
        panel.set_title(f"{name}: {rows['model'].iloc[0]}", loc="left", fontsize=10)
    panels[0].legend(loc="upper left", fontsize=8, ncols=4, frameon=False)
    return figure


def _draw(panel: Axes, history: pd.DataFrame, rows: pd.DataFrame, measure: str) -> None:
    import pandas as pd
    from matplotlib.dates import date2num

    from ml.forecast.interventions import INTERVENTIONS

    panel.plot(history["month"], history[measure], color=_RECORDED, linewidth=1.6, label="recorded")
    months = rows["forecast_month"]
    for level, alpha in ((95, 0.15), (80, 0.28)):
        panel.fill_between(
            months,
            rows[f"{measure}_lower_{level}"],
            rows[f"{measure}_upper_{level}"],
            color=_FORECAST,
            alpha=alpha,
            linewidth=0,
            label=f"{level}% band",
        )
    panel.plot(months, rows[measure], color=_FORECAST, linestyle="--", linewidth=1.6, label="forecast")
    name = str(rows["series"].iloc[0])
    for item in INTERVENTIONS:
        if item.force_slug and item.force_slug != name:
            continue
        first = pd.Timestamp(item.first_month)
        if not history["month"].min() < first <= history["month"].max():
            continue
        if item.is_step:
            panel.axvline(date2num(first), color=_MUTED, linestyle=":", linewidth=1)
        else:
            end = pd.Timestamp(item.last_month) + pd.offsets.MonthEnd(0)
            panel.axvspan(date2num(first), date2num(end), color=_MUTED, alpha=0.15, linewidth=0)
        panel.annotate(
            item.reason,
            (date2num(first), 0.02),
            xycoords=("data", "axes fraction"),
            fontsize=7,
            color=_MUTED,
            rotation=90,
            va="bottom",
        )
    panel.set_ylim(bottom=0)
    panel.set_ylabel(measure.replace("_", " "), fontsize=8)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
