"""Answers that a release's own tables give: who lives where maps point, and how models did beside counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats
from orchestration.publishing.audit_pack.plan import PlanPage
from orchestration.publishing.names import model_and_id

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.publishing.published import PublishedTables

_SHOWN_MAPS = (("hotspots", "hulls"), ("risk_harm", "top_5_percent"))
_MOST, _LEAST, _EVERYONE = "1", "10", "Everyone"
_AREA_SHARE = 0.05
_SMALL_SHARE = 0.005
# All crime has hardly an area without a record, so that false alarms are told of burglary.
_SHOWN_ERRORS = (
    (
        "crime_count",
        "burglary",
        "top_5_percent",
        "false_alarm_per_1000",
        "burglary, 5% of areas flagged a month: residents per 1,000 of a flagged area without a record",
        1,
    ),
    (
        "crime_count",
        "all_crime",
        "all_areas",
        "expected_to_recorded_ratio",
        "all crime: records expected over recorded",
        2,
    ),
    (
        "harm_days",
        "all_crime",
        "top_5_percent",
        "missed_share",
        "harm of all crime: share of the month's 5% of areas with most harm that was not flagged",
        2,
    ),
    (
        "harm_days",
        "all_crime",
        "all_areas",
        "expected_to_recorded_ratio",
        "harm of all crime: harm days expected over recorded",
        2,
    ),
)
_MEASURES = {"hit_rate": "crime", "harm_hit_rate": "harm"}
_PLAIN_COUNT, _LAST_YEAR = "mean_12", "seasonal_naive"


def exposure_of_maps(tables: PublishedTables) -> list[str]:
    """Say what share of each group's residents the published maps mark, with intervals.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of str
        One text a map; empty when nothing was audited.
    """
    audit = tables.read("ml_fairness_models")
    texts = []
    for model, flagged_area in _SHOWN_MAPS if len(audit) else ():
        rows = audit[(audit["model"] == model) & (audit["flagged_area"] == flagged_area)]
        if len(rows):
            shares = _shares(rows.to_dict("records"), "flagged_share")
            texts.append(
                f"{formats.plain(model)}, {formats.plain(flagged_area).lower()}: share of residents marked, "
                f"with 95% interval (bootstrap over areas): {shares}."
            )
    return texts


def errors_of_risk(tables: PublishedTables) -> list[str]:
    """Say for whom the risk map flagged for nothing, and whether its counts were right, with intervals.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of str
        One text a measure; empty when no backtest could be made.
    """
    audit = tables.read("ml_fairness_errors")
    texts = []
    for measure, group, flagged_area, metric, what, digits in _SHOWN_ERRORS if len(audit) else ():
        rows = audit[
            (audit["measure"] == measure)
            & (audit["crime_group"] == group)
            & (audit["flagged_area"] == flagged_area)
            & (audit["metric"] == metric)
        ]
        if len(rows):
            told = "; ".join(
                f"{_group(row)} {_figure(row, digits)}" for row in _shown(rows.to_dict("records"))
            )
            texts.append(f"Risk map, {what}, with 95% interval (bootstrap over months and areas): {told}.")
    return texts


def exposure_of_plan(plan: PlanPage | None) -> list[str]:
    """Say what share of each group's residents live in the areas of a plan; nothing of a withheld one."""
    if plan is None or plan.content is None:
        return []
    shares = _shares(plan.content.exposure, "exposed_share")
    return [
        f"Patrol plan: share of residents in its areas, with 95% interval (bootstrap over areas): {shares}."
    ]


def search_ratios(tables: PublishedTables) -> list[str]:
    """Say how often each group is searched beside White residents, with intervals; what is withheld as such.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of str
        One text a force; empty when nothing was audited.
    """
    audit = tables.read("ml_fairness_stops")
    if audit.empty:
        return []
    own = audit[
        (audit["ethnicity_basis"] == "self_defined") & (audit["group_name"] != audit["reference_group"])
    ]
    return [
        f"Searches in {formats.force_name(force)}, rate of residents over that of White residents, by "
        f"self-defined ethnic group, with 95% interval: {'; '.join(map(_ratio, rows.to_dict('records')))}."
        for force, rows in own[own["group_name"] != "Not stated"].groupby("force_slug")
    ]


def risk_beside_counts(tables: PublishedTables) -> list[str]:
    """Say what share of later crime and harm a twentieth of the area held, beside a plain count.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of str
        One text for each kind of area and measure; empty when no backtest could be made.
    """
    from ml.common.crime_groups import ALL_CRIME
    from ml.risk.backtest import EVERY_FORCE

    scores = tables.read("ml_risk_backtest")
    if scores.empty:
        return []
    scores = scores[(scores["crime_group"] == ALL_CRIME) & (scores["force_slug"] == EVERY_FORCE)]
    scores = scores[scores["area_share"] == _AREA_SHARE]
    texts = []
    for kind in sorted(scores["area_kind"].unique()):
        for metric, amount in _MEASURES.items():
            held = scores[(scores["area_kind"] == kind) & (scores["metric"] == metric)]
            published, counted = held[held["is_champion"]], held[held["model"] == _PLAIN_COUNT]
            if len(published) and len(counted):
                texts.append(
                    f"Risk map ({kind}), all crime: share of later {amount} in 5% of the area: "
                    f"{_scored(published)} as published ({model_and_id(published['model'].iloc[0])}), "
                    f"{_scored(counted)} by plain count of the twelve months before; 95% intervals over "
                    f"{published['origin_count'].iloc[0]} months forecast."
                )
    return texts


def forecast_beside_counts(tables: PublishedTables) -> list[str]:
    """Say how far forecasts of totals were off, beside the same month of last year.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of str
        One text, or none when no backtest could be made.
    """
    scores = tables.read("ml_forecast_scores")
    if scores.empty:
        return []
    total = scores[scores["series"] == "total"]
    published, counted = total[total["is_champion"]], total[total["model"] == _LAST_YEAR]
    if published.empty or counted.empty or published["mase"].isna().all():
        return []
    errors = [formats.significant(held["mase"].iloc[0], 3) for held in (published, counted)]
    return [
        f"Forecast of total harm: scaled error (MASE, lower is better) {errors[0]} as published "
        f"({model_and_id(published['model'].iloc[0])}), {errors[1]} by the same month of last year, over "
        f"{published['origin_count'].iloc[0]} origins; no interval is measured."
    ]


def _shares(rows: Sequence[Mapping[Any, Any]], measure: str) -> str:
    return "; ".join(f"{_group(row)} {_share(row, measure)}" for row in _shown(rows))


def _shown(rows: Sequence[Mapping[Any, Any]]) -> list[Mapping[Any, Any]]:
    """Return everyone, the most and the least deprived tenth, and each ethnic group, in this order."""
    shown = [
        row for row in rows if row["attribute"] != "imd_2025_decile" or row["group_name"] in (_MOST, _LEAST)
    ]
    return sorted(shown, key=_order)


def _order(row: Mapping[Any, Any]) -> tuple[bool, bool, str]:
    is_decile = row["attribute"] == "imd_2025_decile"
    return row["group_name"] != _EVERYONE, not is_decile, f"{row['group_name']:>2}"


def _group(row: Mapping[Any, Any]) -> str:
    if row["attribute"] != "imd_2025_decile":
        return str(row["group_name"])
    return "most deprived tenth" if row["group_name"] == _MOST else "least deprived tenth"


def _share(row: Mapping[Any, Any], measure: str) -> str:
    return _within(row, measure, formats.percent, formats.percent_interval, _digits(row[measure]))


def _figure(row: Mapping[Any, Any], digits: int) -> str:
    return _within(row, "metric_value", formats.number, formats.interval, digits)


def _scored(rows: pd.DataFrame) -> str:
    return _within(rows.iloc[0].to_dict(), "metric_value", formats.percent, formats.percent_interval, 1)


def _within(
    row: Mapping[Any, Any],
    measure: str,
    write: Callable[[Any, int], str],
    write_ends: Callable[[Any, Any, int], str],
    digits: int,
) -> str:
    """Return a figure with its interval; of few residents neither."""
    if row.get("is_suppressed"):
        return "withheld (few residents)"
    ends = write_ends(row[f"{measure}_lower"], row[f"{measure}_upper"], digits)
    return f"{write(row[measure], digits)} ({ends})"


def _digits(share: Any) -> int:
    """Return decimals that leave a small share more than zeros."""
    return 1 if formats.is_missing(share) or share == 0 or share >= _SMALL_SHARE else 4


def _ratio(row: Mapping[Any, Any]) -> str:
    if row["is_suppressed"]:
        return f"{row['group_name']} withheld"
    ends = formats.interval(row["rate_ratio_lower"], row["rate_ratio_upper"], 2)
    return f"{row['group_name']} {formats.number(row['rate_ratio'], 2)} ({ends})"
