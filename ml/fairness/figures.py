"""Pictures of the fairness tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_MOST_ROWS = 40


def stop_ratio_plot(rates: pd.DataFrame) -> Figure:
    """Plot the rate ratios of whole forces by self-defined ethnicity, with intervals and bounds.

    Parameters
    ----------
    rates : DataFrame
        Table ``ml_fairness_stop_rates``.
    """
    shown = rates[
        (rates["area_type"] == "force")
        & (rates["object_of_search"] == "All objects")
        & (rates["attribute"] == "self_defined_ethnicity")
        & (rates["group_name"] != rates["reference_group"])
        & rates["rate_ratio"].notna()
    ].head(_MOST_ROWS)
    words = [f"{row.group_name}, {row.force_slug}" for row in shown.itertuples()]
    figure = _intervals(shown, "rate_ratio", words, "rate ratio to White residents")
    axes = figure.axes[0]
    for name, mark in (("rate_ratio_best_case", "<"), ("rate_ratio_worst_case", ">")):
        label = name.removeprefix("rate_ratio_").replace("_", " ") + " of not stated"
        axes.plot(shown[name], range(len(shown)), mark, ms=5, color="#d95f02", ls="none", label=label)
    axes.legend(fontsize=7)
    return figure


def model_ratio_plot(models: pd.DataFrame) -> Figure:
    """Plot which ethnic groups and deprivation deciles maps flag more than everyone, with intervals.

    Parameters
    ----------
    models : DataFrame
        Table ``ml_fairness_models``.
    """
    chosen = models["flagged_area"].isin(["hulls", "top_5_percent"]) & (models["model"] != "risk_harm")
    shown = models[chosen & (models["attribute"] != "all") & models["ratio_to_everyone"].notna()]
    shown = shown.head(_MOST_ROWS)
    words = [
        f"{row.model}: {'decile ' if row.attribute == 'imd_2025_decile' else ''}{row.group_name}"
        for row in shown.itertuples()
    ]
    return _intervals(shown, "ratio_to_everyone", words, "flagged share over that of everyone")


def frontier_plot(frontier: pd.DataFrame) -> Figure:
    """Plot capture against disparity as the cap tightens.

    Parameters
    ----------
    frontier : DataFrame
        Table ``ml_fairness_frontier``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5))
    axes = figure.subplots()
    for (model, area), curve in frontier.groupby(["model", "flagged_area"]):
        label = f"{model}, {area}".replace("_", " ")
        axes.plot(curve["disparity_points"], 100 * curve["captured_share"], ".-", lw=1, label=label)
    axes.axvline(0, color="#888888", lw=1)
    axes.set(
        xlabel="flagged residents of the most deprived fifth less others, points",
        ylabel="forecast captured, %",
        title="What a cap costs",
    )
    if len(frontier):
        axes.legend(fontsize=7)
    return figure


def feedback_plot(feedback: pd.DataFrame) -> Figure:
    """Plot by policy the share of patrols over the share of crime, as time goes by.

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
        axes.plot(ordered["last_day"], ordered["amplification"], line, color=colours[policy], label=label)
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
    rows = range(len(shown))
    bounds = (shown[f"{name}_lower"].clip(lower=0.01), shown[f"{name}_upper"])
    axes.hlines(rows, *bounds, color="#666666", lw=2)
    axes.plot(shown[name], rows, "o", ms=4, color="#1f3b73")
    axes.axvline(1, color="#888888", lw=1, ls="--")
    axes.set(xlabel=label, xscale="log")
    axes.set_yticks(list(rows), words, fontsize=7)
    axes.invert_yaxis()
    return figure
