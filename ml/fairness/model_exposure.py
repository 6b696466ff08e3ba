"""Who lives where the maps point: residents flagged by hotspots and risk maps, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.common.ratios import ratio
from ml.fairness.bootstrap import FEWEST_AREAS, resampled_sums
from ml.fairness.by_group import bounds, compared_with, group_members

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

#: Shares of the LSOAs, or of the cells, that a risk map flags.
AREA_SHARES = {"top_1_percent": 0.01, "top_5_percent": 0.05, "top_10_percent": 0.1}
RISK_MEASURES = {"risk_crime": "expected_crime_count", "risk_harm": "expected_harm_days"}


def model_exposure(
    lsoas: pd.DataFrame, risk: pd.DataFrame, grid: pd.DataFrame, *, suppress_below: int = 10
) -> pd.DataFrame:
    """Share of each group's residents whom a map flags, and its ratio to a reference group's.

    The risk map flags the LSOAs with the highest forecast, as its backtest does: each LSOA counts the same,
    and the last one is flagged in part. Cells flag the share of an LSOA that they cover.
    `ml.fairness.errors` says how often it is right for each group.

    Parameters
    ----------
    lsoas : DataFrame
        As for `audit_hotspot_exposure`.
    risk : DataFrame
        Rows of ``ml_risk_lsoa`` of all crime: ``lsoa_code``, ``expected_crime_count``,
        ``expected_harm_days``. May hold fewer LSOAs; the others are then no part of the risk maps' rows.
    grid : DataFrame
        What `ml.fairness.grid_exposure.grid_exposure` returned for the LSOAs of ``risk``.
    suppress_below : int
        Groups with fewer residents have no figures.

    Returns
    -------
    DataFrame
        Table ``ml_fairness_models``. Intervals resample LSOAs, all groups and maps in the same draws; NaN
        where fewer than ten LSOAs have residents.

    Raises
    ------
    ValueError
        An LSOA repeats.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993), *An Introduction to the Bootstrap*, chapter 13.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_fairness_models"]
    for name, frame in (("lsoas", lsoas), ("risk", risk)):
        if frame["lsoa_code"].duplicated().any():
            raise ValueError(f"model_exposure: an LSOA repeats in {name}; give one row per LSOA")
    if lsoas.empty:
        return empty_frame(contract)
    lsoas = lsoas.sort_values("lsoa_code", ignore_index=True)
    labels, members = group_members(lsoas)
    maps = _maps(lsoas, risk) | _grid_maps(lsoas, grid)
    # What a map says nothing of is no part of its rows.
    wholes = [np.where(np.isnan(flagged)[:, None], 0.0, members) for flagged in maps.values()]
    flags = [np.nan_to_num(flagged)[:, None] * members for flagged in maps.values()]
    drawn = resampled_sums(np.hstack([*wholes, *flags]))
    drawn_wholes, drawn_flags = (np.hsplit(half, len(maps)) for half in np.hsplit(drawn, 2))
    parts = []
    for number, (model, flagged_area) in enumerate(maps):
        enough = (wholes[number] > 0).sum(axis=0) >= FEWEST_AREAS
        draws = np.where(enough, ratio(drawn_flags[number], drawn_wholes[number]), np.nan)
        part = _rows(labels, wholes[number].sum(axis=0), flags[number].sum(axis=0), draws)
        parts.append(part.assign(model=model, flagged_area=flagged_area))
    table = pd.concat(parts, ignore_index=True)
    table["is_suppressed"] = table["resident_count"] < max(suppress_below, 1)
    reference = table["group_name"] == table["reference_group"]
    small = table[reference & table["is_suppressed"]]
    key = ["model", "flagged_area", "attribute"]
    without_reference = table.set_index(key).index.isin(small.set_index(key).index)
    ratios = [name for name in map(str, table.columns) if name.startswith("disparity_ratio")]
    table.loc[without_reference, ratios] = np.nan
    figures = [
        name for name in map(str, table.columns) if name.startswith(("flagged_share", "disparity", "ratio_"))
    ]
    counts = ["resident_count", "flagged_resident_count"]
    table.loc[table["is_suppressed"], [*figures, *counts]] = np.nan
    table[counts] = table[counts].round()
    return conform(table[contract.column_names], contract)


def _maps(lsoas: pd.DataFrame, risk: pd.DataFrame) -> dict[tuple[str, str], Floats]:
    """Return by map the share of each LSOA that is flagged; NaN where the map says nothing."""
    from ml.risk.metrics import flagged_at

    maps = {("hotspots", "hulls"): lsoas["covered_area_share"].to_numpy(dtype=np.float64)}
    scores = lsoas[["lsoa_code"]].merge(risk, on="lsoa_code", how="left")
    for model, name in RISK_MEASURES.items():
        score = scores[name].to_numpy(dtype=np.float64)
        held = np.flatnonzero(~np.isnan(score))
        if not len(held):
            continue
        budgets = [share * len(held) for share in AREA_SHARES.values()]
        chosen = flagged_at(score[held], np.ones(len(held)), budgets)
        for words, flags in zip(AREA_SHARES, chosen, strict=True):
            whole = np.full(len(score), np.nan)
            whole[held] = flags
            maps[model, words] = whole
    return maps


def _grid_maps(lsoas: pd.DataFrame, grid: pd.DataFrame) -> dict[tuple[str, str], Floats]:
    """Return by map of cells the share of each LSOA that is flagged; NaN where the map says nothing."""
    maps = {}
    for (model, words), part in grid.groupby(["model", "flagged_area"], sort=False):
        covered = part.set_index("lsoa_code")["covered_area_share"].reindex(lsoas["lsoa_code"])
        maps[str(model), str(words)] = covered.to_numpy(dtype=np.float64)
    return maps


def _rows(
    labels: list[tuple[str, str, str]], residents: Floats, exposed: Floats, drawn: Floats
) -> pd.DataFrame:
    """Return a row a group: its share and ratios with the bounds of the draws."""
    import pandas as pd

    rows = pd.DataFrame(labels, columns=["attribute", "group_name", "reference_group"])
    share = ratio(exposed, residents)
    figures = {
        "flagged_share": (share, drawn),
        "disparity_ratio": (
            ratio(share, compared_with(labels, share)),
            ratio(drawn, compared_with(labels, drawn)),
        ),
        "ratio_to_everyone": (ratio(share, share[:1]), ratio(drawn, drawn[:, :1])),
    }
    rows = rows.assign(resident_count=residents, flagged_resident_count=exposed)
    for name, (value, draws) in figures.items():
        rows[name] = value
        rows[f"{name}_lower"], rows[f"{name}_upper"] = bounds(value, draws)
    return rows
