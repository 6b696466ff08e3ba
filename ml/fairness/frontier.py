"""What fairness costs a risk map: capture lost for every point of disparity removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.deprived import DEPRIVED_DECILES
from ml.common.ratios import ratio
from ml.fairness.by_group import group_members
from ml.fairness.hotspot_exposure import ETHNIC_COLUMNS
from ml.fairness.model_exposure import AREA_SHARES, RISK_MEASURES

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CAP_STEPS = 20
NEEDED = ("lsoa_code", "imd_2025_decile", *ETHNIC_COLUMNS.values(), *RISK_MEASURES.values())
MOST_DEPRIVED = "Most deprived fifth"
_FIFTH = 0.2


def fairness_frontier(lsoas: pd.DataFrame, *, suppress_below: int = 10) -> pd.DataFrame:
    """Choose the flagged areas under caps on the share of a group's areas, and count what it costs.

    Of deprivation the group's areas are the most deprived fifth, and its residents theirs. Of an ethnic
    group they are the fifth of the LSOAs with the highest share of the group, and its residents are the
    group's, wherever they live. For a cap, the best choice takes the areas with the highest forecast of
    the group up to the cap, and fills up with the best of the others: forecasts of areas add up, so no other
    choice of as many catches more. Caps go from none (1) to 0. What is captured is the **forecast's** crime
    or harm, recorded crime as it is expected: where recording is itself unequal, so is the map's gain from
    flagging a group.

    Parameters
    ----------
    lsoas : DataFrame
        ``lsoa_code``, ``imd_2025_decile`` (null outside England, which no group holds), Census 2021 residents
        by ethnic group (``asian_count``…, null where unknown), ``expected_crime_count``,
        ``expected_harm_days``.
    suppress_below : int
        Ethnic groups with fewer residents have no figures.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_frontier``: a row per risk map, flagged area, attribute, group and cap. Disparity
        is the share of the group's residents who are flagged less that of all others, in percentage points;
        the price is points of capture lost per point of disparity removed, NaN where the cap removes none.
        Where a group cannot be told from the others all figures are NaN, and ``note`` says why.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    Corbett-Davies, S. et al. (2017), "Algorithmic decision making and the cost of fairness", KDD '17.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_fairness_frontier"]
    for name in NEEDED:
        if name not in lsoas.columns:
            raise ValueError(f"fairness_frontier: lsoas have no column {name!r}")
    if lsoas.empty:
        return empty_frame(contract)
    lsoas = lsoas.sort_values("lsoa_code", ignore_index=True)
    groups = _groups(lsoas, suppress_below)
    parts = []
    for model, measure in RISK_MEASURES.items():
        forecast = lsoas[measure].to_numpy(dtype=np.float64)
        for words, share in AREA_SHARES.items():
            count = max(1, round(share * len(lsoas)))
            parts += [
                _figures(forecast, group, count).assign(
                    model=model, flagged_area=words, attribute=group.attribute, group_name=group.name
                )
                for group in groups
            ]
    table = pd.concat(parts, ignore_index=True)
    return conform(table[contract.column_names], contract)


@dataclass(frozen=True, eq=False)
class _Group:
    """Areas that a cap holds back, and the residents who are compared with all others.

    Parameters
    ----------
    is_own : ndarray of bool, shape (areas,)
        The group's areas.
    members, others : ndarray, shape (areas,)
        The group's residents, and all other residents.
    note : str, optional
        Why there are no figures.
    """

    attribute: str
    name: str
    is_own: Flags
    members: Floats
    others: Floats
    note: str | None


def _groups(lsoas: pd.DataFrame, suppress_below: int) -> list[_Group]:
    labels, members = group_members(lsoas)
    everyone = members[:, 0]
    is_deprived = lsoas["imd_2025_decile"].isin(DEPRIVED_DECILES).to_numpy(dtype=bool)
    note = None
    if lsoas["imd_2025_decile"].isna().all():
        note = "no area has a deprivation decile"
    elif not is_deprived.any() or is_deprived.all():
        note = "no area, or every one, is of the most deprived fifth"
    deprived = everyone * is_deprived
    groups = [_Group("imd_2025_decile", MOST_DEPRIVED, is_deprived, deprived, everyone - deprived, note)]
    for (attribute, name, _), own in zip(labels, members.T, strict=True):
        if attribute == "ethnic_group":
            is_most = _highest_fifth(ratio(own, everyone))
            note = _why_unknown(own, everyone, is_most, suppress_below)
            groups.append(_Group(attribute, name, is_most, own, everyone - own, note))
    return groups


def _highest_fifth(shares: Floats) -> Flags:
    """Return the fifth of the areas of known make-up with the highest share of a group."""
    count = round(_FIFTH * int((~np.isnan(shares)).sum()))
    is_highest = np.zeros(len(shares), dtype=bool)
    is_highest[np.argsort(-np.nan_to_num(shares), kind="stable")[:count]] = True
    return is_highest & (np.nan_to_num(shares) > 0)


def _why_unknown(own: Floats, everyone: Floats, is_most: Flags, suppress_below: int) -> str | None:
    if not everyone.any():
        return "ethnic composition unknown: the census has no residents by ethnic group here"
    if own.sum() < max(suppress_below, 1):
        return "withheld: too few residents of the group"
    return None if is_most.any() else "too few areas for a fifth of them"


def _figures(forecast: Floats, group: _Group, count: int) -> pd.DataFrame:
    """Return the curve of a group, or NaN with the reason at every cap."""
    note = group.note if forecast.any() else group.note or "nothing is forecast"
    curve = _curve(forecast, group, count)
    if note is not None:
        curve.loc[:, curve.columns != "cap_share"] = np.nan
    return curve.assign(flagged_count=count, note=note)


def _curve(forecast: Floats, group: _Group, count: int) -> pd.DataFrame:
    """Return capture and disparity at every cap, for one map, group and number of flagged areas."""
    import pandas as pd

    order = np.argsort(-forecast, kind="stable")
    own, rest = order[group.is_own[order]], order[~group.is_own[order]]
    freely = int(group.is_own[order[:count]].sum())
    caps = np.arange(CAP_STEPS, -1, -1) / CAP_STEPS
    # Where the others run out, the cap cannot be kept: the group fills up what is left.
    fewest = max(0, count - len(rest))
    chosen = np.maximum(np.minimum(freely, np.floor(caps * count + 1e-9).astype(int)), fewest)

    def held(values: Floats) -> Floats:
        return _share(_first(values, own, chosen) + _first(values, rest, count - chosen), values.sum())

    share, exposed, other_exposed = held(forecast), held(group.members), held(group.others)
    disparity = 100 * (exposed - other_exposed)
    # Past equality, or where the others were flagged more from the start, a tighter cap adds disparity.
    lost, removed = 100 * (share[0] - share), abs(disparity[0]) - np.abs(disparity)
    return pd.DataFrame(
        {
            "cap_share": caps,
            "group_flagged_count": chosen.astype(np.float64),
            "captured_share": share,
            "capture_lost_points": np.maximum(lost, 0.0),
            "group_flagged_share": exposed,
            "other_flagged_share": other_exposed,
            "disparity_points": disparity,
            "disparity_removed_points": removed,
            "lost_per_point": np.divide(
                np.maximum(lost, 0.0), removed, out=np.full(len(removed), np.nan), where=removed > 0
            ),
        }
    )


def _first(values: Floats, ranked: npt.NDArray[np.intp], counts: npt.NDArray[np.int64]) -> Floats:
    """Sum the values of the first so many places of a ranking."""
    sums: Floats = np.concatenate([[0.0], np.cumsum(values[ranked])])[counts]
    return sums


def _share(part: Floats, whole: float) -> Floats:
    return part / whole if whole > 0 else np.full(len(part), np.nan)
