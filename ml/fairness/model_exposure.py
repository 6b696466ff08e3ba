"""Who lives where the maps point: residents flagged by hotspots and by risk maps, by deprivation and ethnicity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.fairness.hotspot_exposure import ETHNIC_COLUMNS, REFERENCES

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

AREA_SHARES = (0.01, 0.05, 0.1)
RISK_MEASURES = {"risk_crime": "expected_crime_count", "risk_harm": "expected_harm_days"}
EVERYONE = "Everyone"
_REPLICATES = 1000
_AT_ONCE = 100
_SEED = 20210321


def model_exposure(lsoas: pd.DataFrame, risk: pd.DataFrame, *, suppress_below: int = 10) -> pd.DataFrame:
    """Share of each group's residents whom a map flags, and its ratio to a reference group's.

    The risk map flags the LSOAs with the highest forecast, as its backtest does: each LSOA counts the same,
    and the last one is flagged in part. Whether forecasts are right for each group is not said, as the
    backtest is not kept by LSOA.

    Parameters
    ----------
    lsoas : DataFrame
        As for `audit_hotspot_exposure`.
    risk : DataFrame
        Rows of ``ml_risk_lsoa`` of all crime: ``lsoa_code``, ``expected_crime_count``,
        ``expected_harm_days``. May hold fewer LSOAs; the others are then no part of the risk maps' rows.
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
    labels, members = _members(lsoas)
    maps = _maps(lsoas, risk)
    weights = _weights(len(lsoas))
    parts = []
    for (model, area_share), flagged in maps.items():
        held = members[~np.isnan(flagged)]
        whole, exposed = held.sum(axis=0), np.nan_to_num(flagged) @ members
        drawn = weights[:, ~np.isnan(flagged)]
        drawn_shares = _ratio(drawn @ (held * flagged[~np.isnan(flagged), None]), drawn @ held)
        enough = (held > 0).sum(axis=0) >= 10
        part = _rows(labels, whole, exposed, np.where(enough, drawn_shares, np.nan))
        parts.append(part.assign(model=model, flagged_area_share=area_share))
    table = pd.concat(parts, ignore_index=True)
    table["is_suppressed"] = table["resident_count"] < max(suppress_below, 1)
    reference = table["group_name"] == table["reference_group"]
    small = table[reference & table["is_suppressed"]]
    key = ["model", "flagged_area_share", "attribute"]
    without_reference = table.set_index(key).index.isin(small.set_index(key).index)
    ratios = [name for name in table if name.startswith("disparity_ratio")]
    table.loc[without_reference, ratios] = np.nan
    figures = [name for name in table if name.startswith(("flagged_share", "disparity", "ratio_"))]
    counts = ["resident_count", "flagged_resident_count"]
    table.loc[table["is_suppressed"], [*figures, *counts]] = np.nan
    table[counts] = table[counts].round()
    return conform(table[contract.column_names], contract)


def _members(lsoas: pd.DataFrame) -> tuple[list[tuple[str, str, str]], Floats]:
    """Return attribute, group and reference of each group, and the residents of each by LSOA."""
    columns = list(ETHNIC_COLUMNS.values())
    counts = lsoas[columns].astype("Float64").fillna(0.0).to_numpy(dtype=np.float64)
    everyone = counts.sum(axis=1)
    decile = lsoas["imd_2025_decile"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    labels = [("all", EVERYONE, EVERYONE)]
    members = [everyone]
    for number in np.unique(decile[~np.isnan(decile)]):
        labels.append(("imd_2025_decile", str(int(number)), REFERENCES["imd_2025_decile"]))
        members.append(np.where(decile == number, everyone, 0.0))
    for position, name in enumerate(ETHNIC_COLUMNS):
        labels.append(("ethnic_group", name, REFERENCES["ethnic_group"]))
        members.append(counts[:, position])
    return labels, np.column_stack(members)


def _maps(lsoas: pd.DataFrame, risk: pd.DataFrame) -> Mapping[tuple[str, float], Floats]:
    """Return by map the share of each LSOA that is flagged; NaN where the map says nothing."""
    from ml.risk.metrics import flagged_at

    covered = lsoas["covered_area_share"].to_numpy(dtype=np.float64)
    maps = {("hotspots", _covered_share(lsoas, covered)): covered}
    scores = lsoas[["lsoa_code"]].merge(risk, on="lsoa_code", how="left")
    for model, name in RISK_MEASURES.items():
        score = scores[name].to_numpy(dtype=np.float64)
        held = np.flatnonzero(~np.isnan(score))
        budgets = [share * len(held) for share in AREA_SHARES]
        chosen = flagged_at(score[held], np.ones(len(held)), budgets) if len(held) else np.empty((3, 0))
        for share, flags in zip(AREA_SHARES, chosen, strict=True):
            whole = np.full(len(score), np.nan)
            whole[held] = flags
            maps[model, share] = whole
    return maps


def _covered_share(lsoas: pd.DataFrame, covered: Floats) -> float:
    """Share of the area that hotspot hulls cover; of LSOAs alike where areas are not known."""
    area = lsoas["area_km2"].to_numpy(dtype=np.float64)
    return float(np.round((covered * area).sum() / area.sum(), 6)) if area.sum() > 0 else 0.0


def _weights(count: int) -> Floats:
    """Return how often each LSOA is drawn in each resample."""
    random = np.random.default_rng(_SEED)
    return random.multinomial(count, np.full(count, 1 / count), size=_REPLICATES).astype(np.float64)


def _rows(
    labels: list[tuple[str, str, str]], residents: Floats, exposed: Floats, drawn: Floats
) -> pd.DataFrame:
    """Return a row a group: its share and ratios with the bounds of the draws."""
    import pandas as pd

    rows = pd.DataFrame(labels, columns=["attribute", "group_name", "reference_group"])
    share = _ratio(exposed, residents)
    positions = {(attribute, group): n for n, (attribute, group, _) in enumerate(labels)}
    missing = len(labels)
    compared = np.array([positions.get((kind, own), missing) for kind, _, own in labels])
    share_and_none = np.append(share, np.nan)
    drawn_and_none = np.column_stack([drawn, np.full(len(drawn), np.nan)])
    figures = {
        "flagged_share": (share, drawn),
        "disparity_ratio": (
            _ratio(share, share_and_none[compared]),
            _ratio(drawn, drawn_and_none[:, compared]),
        ),
        "ratio_to_everyone": (_ratio(share, share[:1]), _ratio(drawn, drawn[:, :1])),
    }
    rows = rows.assign(resident_count=residents, flagged_resident_count=exposed)
    for name, (value, draws) in figures.items():
        rows[name] = value
        rows[f"{name}_lower"], rows[f"{name}_upper"] = _bounds(value, draws)
    return rows


def _bounds(value: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Return 2.5 and 97.5% of the draws, widened to hold the value; NaN where a draw in twenty has none."""
    is_known = (np.isnan(draws).mean(axis=0) < 0.05) & ~np.isnan(value)
    lower, upper = np.full(len(value), np.nan), np.full(len(value), np.nan)
    lower[is_known], upper[is_known] = np.nanquantile(draws[:, is_known], [0.025, 0.975], axis=0)
    return np.minimum(lower, value), np.maximum(upper, value)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, with NaN for a whole of zero."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
