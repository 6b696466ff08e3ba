"""Pictures of the fairness tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.intervals import Z_95
from ml.fairness.stop_rates import REFERENCES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_ROWS_OF_A_PANEL = 24
_STOP_PANELS = {
    "self_defined_ethnicity": "Self-defined ethnicity: rate over that of {} residents",
    "age_range": "Age: rate over that of residents aged {}",
    "gender": "Gender: rate over that of {} residents",
}
_NO_RATIO = "no ratio: groups are withheld, or no residents are known"


def stop_ratio_plot(rates: pd.DataFrame) -> Figure:
    """Plot the rate ratios of whole forces by ethnicity, age and gender, with intervals and bounds.

    Parameters
    ----------
    rates : DataFrame
        Table ``ml_fairness_stop_rates``.

    Returns
    -------
    Figure
        A panel an attribute, each with the 24 groups of most searches where forces have more; one without a
        ratio says so.
    """
    from matplotlib.figure import Figure

    parts = [_ratios_of_forces(rates, attribute) for attribute in _STOP_PANELS]
    heights = [2 + min(len(part), _MOST_ROWS_OF_A_PANEL) for part in parts]
    figure = Figure(figsize=(7, 1 + 0.22 * sum(heights)), layout="constrained")
    panels = figure.subplots(len(parts), sharex=True, height_ratios=heights)
    for axes, (attribute, title), part in zip(panels, _STOP_PANELS.items(), parts, strict=True):
        _draw_stop_ratios(axes, part, title.format(REFERENCES[attribute]))
    panels[-1].set_xlabel("rate ratio, with its 95% interval", fontsize=8)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=7)
    return figure


def _ratios_of_forces(rates: pd.DataFrame, attribute: str) -> pd.DataFrame:
    return rates[
        (rates["area_type"] == "force")
        & (rates["object_of_search"] == "All objects")
        & (rates["attribute"] == attribute)
        & (rates["group_name"] != rates["reference_group"])
        & rates["rate_ratio"].notna()
    ]


def _draw_stop_ratios(axes: Axes, ratios: pd.DataFrame, title: str) -> None:
    shown = ratios.loc[ratios["stop_count"].astype(float).nlargest(_MOST_ROWS_OF_A_PANEL).index].sort_index()
    cut = f" ({len(shown)} of {len(ratios)}, those of most searches)" if len(shown) < len(ratios) else ""
    axes.set_title(title + cut, fontsize=8, loc="left")
    words = [f"{row.group_name}, {row.force_slug}" for row in shown.itertuples()]
    _draw_intervals(axes, shown, "rate_ratio", words)
    for name, mark in (("rate_ratio_best_case", "<"), ("rate_ratio_worst_case", ">")):
        label = name.removeprefix("rate_ratio_").replace("_", " ") + " of not stated"
        axes.plot(shown[name], range(len(shown)), mark, ms=5, color="#d95f02", ls="none", label=label)
    if shown.empty:
        text = axes.text(0.5, 0.5, _NO_RATIO, transform=axes.transAxes, fontsize=7, backgroundcolor="white")
        text.set(ha="center", va="center")


def model_ratio_plot(models: pd.DataFrame) -> Figure:
    """Plot which ethnic groups and deprivation deciles maps flag more than everyone, with intervals.

    Parameters
    ----------
    models : DataFrame
        Table ``ml_fairness_models``.
    """
    by_harm = models["model"].isin(["risk_harm", "risk_grid_harm"])
    chosen = models["flagged_area"].isin(["hulls", "top_5_percent"]) & ~by_harm
    shown = models[chosen & (models["attribute"] != "all") & models["ratio_to_everyone"].notna()]
    words = [
        f"{row.model}: {'decile ' if row.attribute == 'imd_2025_decile' else ''}{row.group_name}"
        for row in shown.itertuples()
    ]
    return _intervals(shown, "ratio_to_everyone", words, "flagged share over that of everyone")


def frontier_plot(frontier: pd.DataFrame) -> Figure:
    """Plot capture against disparity as the cap tightens: of deprivation, and of each ethnic group.

    Parameters
    ----------
    frontier : DataFrame
        Table ``ml_fairness_frontier``. Of ethnic groups the top twentieth of the map of harm is shown.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    deprived, ethnic = figure.subplots(1, 2)
    held = frontier[frontier["captured_share"].notna()]
    is_ethnic = held["attribute"] == "ethnic_group"
    _draw_frontiers(deprived, held[~is_ethnic], ["model", "flagged_area"], "most deprived fifth")
    shown = (held["model"] == "risk_harm") & (held["flagged_area"] == "top_5_percent")
    _draw_frontiers(ethnic, held[is_ethnic & shown], ["group_name"], "ethnic group; harm, top 5%")
    return figure


def _draw_frontiers(axes: Axes, curves: pd.DataFrame, by: list[str], title: str) -> None:
    for key, curve in curves.groupby(by):
        label = ", ".join(map(str, key)).replace("_", " ")
        axes.plot(curve["disparity_points"], 100 * curve["captured_share"], ".-", lw=1, label=label)
    axes.axvline(0, color="#888888", lw=1)
    axes.set(
        xlabel="flagged residents of the group less others, points",
        ylabel="forecast captured, %",
        title=f"What a cap costs: {title}",
    )
    if len(curves):
        axes.legend(fontsize=7)


def feedback_plot(feedback: pd.DataFrame) -> Figure:
    """Plot by policy the share of patrols over the share of crime, as time goes by, with 95% intervals.

    Parameters
    ----------
    feedback : DataFrame
        Table ``ml_fairness_feedback``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5))
    axes = figure.subplots()
    colours = {policy: f"C{number}" for number, policy in enumerate(sorted(feedback["policy"].unique()))}
    for (ratio, policy), curve in feedback.groupby(["over_recording_ratio", "policy"]):
        ordered = curve.sort_values("last_day")
        line, label = ("--", None) if ratio == 1 else ("o-", str(policy).replace("_", " "))
        noise = Z_95 * ordered["amplification_standard_error"]
        axes.errorbar(
            ordered["last_day"], ordered["amplification"], noise, fmt=line, color=colours[policy], label=label
        )
    axes.axhline(1, color="#888888", lw=1)
    axes.set(
        xlabel="day",
        ylabel="share of patrols over share of incidents",
        title="Most deprived fifth: error of its record assumed (lines), none (dashes)",
    )
    if len(feedback):
        axes.legend(fontsize=7)
    return figure


def _intervals(shown: pd.DataFrame, name: str, words: list[str], label: str) -> Figure:
    """Plot a value a row with its interval, on a logarithmic scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1.5 + 0.22 * max(len(shown), 4)))
    axes = figure.subplots()
    _draw_intervals(axes, shown, name, words)
    axes.set_xlabel(label)
    return figure


def _draw_intervals(axes: Axes, shown: pd.DataFrame, name: str, words: list[str]) -> None:
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    rows = range(len(shown))
    bounds = (shown[f"{name}_lower"].clip(lower=0.01), shown[f"{name}_upper"])
    axes.hlines(rows, *bounds, color="#666666", lw=2)
    axes.plot(shown[name], rows, "o", ms=4, color="#1f3b73")
    axes.axvline(1, color="#888888", lw=1, ls="--")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(labelsize=7)
    axes.set_yticks(list(rows), words)
    axes.set_ylim(max(len(shown), 1) - 0.5, -0.5)
