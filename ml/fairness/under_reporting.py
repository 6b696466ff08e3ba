"""How rankings of areas change if crime is reported less in some places, or of some kinds, than in others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.deprived import DEPRIVED_DECILES

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

#: Groups that reach the record because somebody reports them; the proactive ones are found by who looks.
REPORTED = ("violence_robbery", "burglary", "vehicle_crime", "theft", "damage_disorder", "other")
AMOUNTS = ("crime_count", "harm_days")
TOP_SHARES = {"top_1_percent": 0.01, "top_5_percent": 0.05, "top_10_percent": 0.1}
KIND = "under_reporting"


@dataclass(frozen=True)
class UnderReporting:
    """An assumed pattern of what is not reported.

    Parameters
    ----------
    lost : mapping of str to float
        Share of a crime group's incidents that the record lacks, beyond what it lacks everywhere; below 1.
    deciles : tuple of int, optional
        Deciles of deprivation where that is so; everywhere when not given.
    """

    lost: Mapping[str, float] = field(default_factory=dict)
    deciles: tuple[int, ...] | None = None


#: Stress factors and no estimates: surveys tell reporting by offence for the country, and not by area.
SCENARIOS: Mapping[str, UnderReporting] = {
    **{
        f"deprived_fifth_minus_{percent}_percent": UnderReporting(
            dict.fromkeys(REPORTED, percent / 100), DEPRIVED_DECILES
        )
        for percent in (10, 25, 50)
    },
    "deprived_fifth_violence_minus_50_percent": UnderReporting({"violence_robbery": 0.5}, DEPRIVED_DECILES),
    "everywhere_all_but_insured_minus_50_percent": UnderReporting(
        {"violence_robbery": 0.5, "theft": 0.5, "damage_disorder": 0.5, "other": 0.5}
    ),
}


def ranking_sensitivity(
    lsoas: pd.DataFrame, amounts: pd.DataFrame, scenarios: Mapping[str, UnderReporting] = SCENARIOS
) -> pd.DataFrame:
    """Rank the areas by what is recorded, and by what would be if a scenario were true.

    Parameters
    ----------
    lsoas : DataFrame
        ``lsoa_code`` of every area, those without crime too, and ``imd_2025_decile`` (null for none: such an
        area is ranked, and lies in no group).
    amounts : DataFrame
        ``lsoa_code``, ``crime_group``, ``crime_count``, ``harm_days`` of some months.
    scenarios : mapping of str to UnderReporting
        By name.

    Returns
    -------
    DataFrame
        Rows of ``ml_fairness_sensitivity`` of kind ``under_reporting``; none without two areas and crime.
        Ranks count from 1 for the most; areas alike are ranked by code, the same in both rankings.

    References
    ----------
    Kendall, M. G. (1945), "The treatment of ties in ranking problems", Biometrika 33(3): tau-b.
    """
    import pandas as pd

    areas = lsoas.sort_values("lsoa_code", ignore_index=True)
    numbers = areas["imd_2025_decile"].astype("Float64")
    decile = np.asarray(numbers.to_numpy(na_value=np.nan), dtype=np.float64)
    rows: list[dict[str, object]] = []
    for amount in AMOUNTS:
        table = amounts.pivot_table(index="lsoa_code", columns="crime_group", values=amount, aggfunc="sum")
        table = table.reindex(areas["lsoa_code"]).fillna(0.0)
        recorded = table.to_numpy(np.float64).sum(axis=1)
        if len(areas) < 2 or not recorded.any():
            continue
        for name, scenario in scenarios.items():
            factors = _factors(scenario, list(table.columns), decile)
            supposed = (table.to_numpy(np.float64) * factors).sum(axis=1)
            found = _whole(recorded, supposed) + _deciles(recorded, supposed, decile)
            rows += [{"scenario": name, "amount": amount, **row} for row in found]
    return pd.DataFrame(rows).assign(kind=KIND) if rows else pd.DataFrame()


def _factors(scenario: UnderReporting, groups: list[str], decile: Floats) -> Floats:
    """What each record stands for, shape (areas, groups): the inverse of what is reported of it."""
    kept = np.array([1 - scenario.lost.get(group, 0.0) for group in groups])
    if scenario.deciles is None:
        return np.tile(1 / kept, (len(decile), 1))
    return np.where(np.isin(decile, scenario.deciles)[:, None], 1 / kept, 1.0)


def _whole(recorded: Floats, supposed: Floats) -> list[dict[str, object]]:
    from scipy.stats import kendalltau

    tau = float(kendalltau(recorded, supposed).statistic)
    rows = [_row("kendall_tau", "all", "Everyone", 1.0, tau)]
    for name, share in TOP_SHARES.items():
        before, after = (_top(amount, share) for amount in (recorded, supposed))
        changed = float((before & ~after).sum() / before.sum())
        rows.append(_row(f"changed_share_{name}", "all", "Everyone", 0.0, changed))
    return rows


def _deciles(recorded: Floats, supposed: Floats, decile: Floats) -> list[dict[str, object]]:
    """How the areas of each decile move, and which part of the top twentieth is theirs."""
    rise = _ranks(recorded) - _ranks(supposed)
    tops = [_top(amount, TOP_SHARES["top_5_percent"]) for amount in (recorded, supposed)]
    rows = []
    for number in np.unique(decile[~np.isnan(decile)]):
        own = decile == number
        moved = rise[own]
        figures = {
            "mean_rank_rise": (0.0, float(moved.mean())),
            "largest_rank_rise": (0.0, float(moved.max(initial=0))),
            "largest_rank_fall": (0.0, float(-moved.min(initial=0))),
            "share_of_top_5_percent": tuple(float((top & own).sum() / top.sum()) for top in tops),
        }
        for measure, (before, after) in figures.items():
            rows.append(_row(measure, "imd_2025_decile", str(int(number)), before, after))
    return rows


def _row(measure: str, attribute: str, group: str, before: float, after: float) -> dict[str, object]:
    return {
        "measure": measure,
        "attribute": attribute,
        "group_name": group,
        "baseline_value": before,
        "scenario_value": after,
    }


def _ranks(amount: Floats) -> npt.NDArray[np.int64]:
    ranks = np.empty(len(amount), dtype=np.int64)
    ranks[np.argsort(-amount, kind="stable")] = np.arange(1, len(amount) + 1)
    return ranks


def _top(amount: Floats, share: float) -> npt.NDArray[np.bool_]:
    return _ranks(amount) <= np.ceil(share * len(amount))
