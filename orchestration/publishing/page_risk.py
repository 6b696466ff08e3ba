"""The page's next month: what each neighbourhood may expect, and how good such forecasts have been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats
from orchestration.publishing.names import model_name

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.publishing.published import PublishedTables

TOP_ROWS = 10
_AREA_KIND = "lsoa"
_FLAGGED_SHARE = 0.05
_GROUP_NAMES = {"violence_robbery": "Violence and robbery", "damage_disorder": "Damage and disorder"}


def expected_by_area(tables: PublishedTables) -> pd.DataFrame:
    """Read what the next month is expected to bring to each LSOA, all crime together.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    pandas.DataFrame
        One row per LSOA 2021, most expected harm first; empty when no risk map was published.
    """
    from ml.common.crime_groups import ALL_CRIME

    risk = tables.read("ml_risk_lsoa")
    if risk.empty:
        return risk
    risk = risk[risk["crime_group"] == ALL_CRIME]
    return risk.sort_values(["expected_harm_days", "lsoa_code"], ascending=[False, True], ignore_index=True)


def highest_rows(expected: pd.DataFrame, ranking: pd.DataFrame) -> list[dict[str, str]]:
    """Write the areas with the most harm to expect.

    Parameters
    ----------
    expected
        From `expected_by_area`.
    ranking
        From `page_harm.active_ranking`, for names and for the rank by what was recorded.

    Returns
    -------
    list of dict
        At most ten rows, ready to print.
    """
    if expected.empty:
        return []
    known = ranking[["lsoa_code", "lsoa_name", "lad_name", "harm_rank"]]
    top = expected.head(TOP_ROWS).merge(known, on="lsoa_code", how="left")
    return [
        {
            "name": row["lsoa_code"] if formats.is_missing(row["lsoa_name"]) else row["lsoa_name"],
            "code": row["lsoa_code"],
            "district": formats.MISSING if formats.is_missing(row["lad_name"]) else row["lad_name"],
            "harm_days": formats.number(row["expected_harm_days"]),
            "harm_interval": formats.interval(row["harm_days_lower_80"], row["harm_days_upper_80"], 0),
            "crimes": formats.number(row["expected_crime_count"], 1),
            "crime_interval": formats.interval(row["crime_count_lower_80"], row["crime_count_upper_80"], 0),
            "recorded_rank": formats.number(row["harm_rank"]),
        }
        for row in top.to_dict("records")
    ]


def forces_without(expected: pd.DataFrame, ranking: pd.DataFrame) -> str:
    """Name the forces with crime in the ranking and no area in the forecast, such as one that has stopped.

    Parameters
    ----------
    expected
        From `expected_by_area`.
    ranking
        From `page_harm.active_ranking`.

    Returns
    -------
    str
        Their names, or nothing.
    """
    told = ranking["lsoa_code"].isin(expected["lsoa_code"])
    without = set(ranking["force_slug"].dropna()) - set(ranking.loc[told, "force_slug"].dropna())
    return ", ".join(formats.force_name(slug) for slug in sorted(without))


def champion_rows(tables: PublishedTables) -> list[dict[str, Any]]:
    """Write the champion of each crime group beside the baseline that counting alone gives.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of dict
        One row per crime group, all crime first; empty when the history was too short for a backtest.
    """
    from ml.common.crime_groups import ALL_CRIME
    from ml.risk.backtest import EVERY_FORCE

    backtest = tables.read("ml_risk_backtest")
    if backtest.empty:
        return []
    backtest = backtest[(backtest["area_kind"] == _AREA_KIND) & (backtest["force_slug"] == EVERY_FORCE)]
    groups = sorted(backtest["crime_group"].unique(), key=lambda group: (group != ALL_CRIME, group))
    rows = (_champion_row(group, backtest[backtest["crime_group"] == group]) for group in groups)
    return [row for row in rows if row is not None]


def _champion_row(group: str, scores: pd.DataFrame) -> dict[str, Any] | None:
    deviance = scores[scores["metric"] == "poisson_deviance"]
    champion, baselines = deviance[deviance["is_champion"]], deviance[deviance["is_baseline"]]
    if champion.empty or baselines.empty:
        return None
    model = champion["model"].iloc[0]
    baseline = baselines.sort_values(["metric_value", "model"])["model"].iloc[0]
    caught = scores[(scores["metric"] == "hit_rate") & (scores["area_share"] == _FLAGGED_SHARE)]
    covered = scores[(scores["metric"] == "coverage_80_share") & (scores["model"] == model)]
    return {
        "group": _GROUP_NAMES.get(group, formats.plain(group)),
        "champion": model_name(model),
        "is_baseline": bool(champion["is_baseline"].iloc[0]),
        "origins": formats.number(champion["origin_count"].iloc[0]),
        "deviance": formats.number(champion["metric_value"].iloc[0], 2),
        "baseline": model_name(baseline),
        "baseline_deviance": formats.number(baselines["metric_value"].min(), 2),
        "caught": _caught(caught, model),
        "baseline_caught": _caught(caught, baseline),
        "coverage_80": formats.percent(covered["metric_value"].iloc[0] if len(covered) else None, 0),
    }


def _caught(scores: pd.DataFrame, model: str) -> str:
    found = scores[scores["model"] == model].to_dict("records")
    if not found:
        return formats.MISSING
    share = formats.percent(found[0]["metric_value"])
    between = formats.interval(found[0]["metric_value_lower"], found[0]["metric_value_upper"], 1, 100)
    return f"{share} ({between})"
