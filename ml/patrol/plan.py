"""Proposes where patrols might go next month: most expected harm first, and a part drawn at random."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.common.crime_groups import ALL_CRIME

if TYPE_CHECKING:
    import pandas as pd

SEED = 20261125
BY_HARM, AT_RANDOM = "expected_harm", "random"
PROPOSED = "proposed"
#: What a digest is not taken of: itself, and what becomes of the plan later.
_NOT_DIGESTED = ("plan_sha256", "status")
_DECIMALS = 6


@dataclass(frozen=True)
class Capacity:
    """What there is to send.

    Parameters
    ----------
    team_count : int
        Teams.
    areas_per_team : int
        Areas that a team covers in the month.
    random_share : float
        Share of the areas that are drawn at random from the others, whatever is expected there: it damps the
        loop of prediction, patrol and record, and is the only fair look at areas that nobody predicts.

    Raises
    ------
    ValueError
        When there is nothing to send, or the share is none.
    """

    team_count: int = 5
    areas_per_team: int = 4
    random_share: float = 0.2

    def __post_init__(self) -> None:
        """Refuse what no plan can be made of."""
        if self.team_count < 1 or self.areas_per_team < 1:
            raise ValueError("a plan needs a team or more, each with an area or more")
        if not 0 <= self.random_share <= 1:
            raise ValueError("random_share must be from 0 to 1")

    def areas(self, held: int) -> tuple[int, int]:
        """Return the areas taken by harm and those at random, of ``held`` areas."""
        every = min(self.team_count * self.areas_per_team, held)
        drawn = int(np.ceil(round(self.random_share * every, 9)))
        return every - drawn, drawn


def propose_plan(risk: pd.DataFrame, capacity: Capacity | None = None) -> pd.DataFrame:
    """Propose a plan; it is never more than a proposal.

    LSOAs and not cells, since residents, deprivation and ethnic groups are known of LSOAs alone: only a plan
    of them can be held to a policy.

    Parameters
    ----------
    risk : DataFrame
        Table ``ml_risk_lsoa``.
    capacity : Capacity, optional
        What there is to send.

    Returns
    -------
    DataFrame
        Table ``ml_patrol_plan``; no rows without a forecast. Areas at random depend on the month and on
        which areas there are, so that the same forecast gives the same plan.
    """
    import pandas as pd

    from ml.common.contracts import CONTRACTS, conform, empty_frame

    contract = CONTRACTS["ml_patrol_plan"]
    if risk.empty:
        return empty_frame(contract)
    capacity = capacity or Capacity()
    areas = _areas(risk)
    by_harm, at_random = capacity.areas(len(areas))
    chosen = areas.iloc[:by_harm].assign(selection=BY_HARM)
    drawn = _generator(areas).choice(len(areas) - by_harm, at_random, replace=False)
    others = areas.iloc[by_harm + np.sort(drawn)].assign(selection=AT_RANDOM)
    plan = pd.concat([chosen, others], ignore_index=True)
    plan["patrol_rank"] = np.arange(1, len(plan) + 1)
    plan["team"] = (plan["patrol_rank"] - 1) % capacity.team_count + 1
    plan["reason"] = _reasons(plan)
    plan = plan.assign(
        team_count=capacity.team_count,
        areas_per_team=capacity.areas_per_team,
        random_share=capacity.random_share,
        status=PROPOSED,
    )
    return conform(plan.assign(plan_sha256=plan_digest(plan))[contract.column_names], contract)


def plan_digest(plan: pd.DataFrame) -> str:
    """Return the SHA-256 that an approval names: of everything in a plan but its status.

    Parameters
    ----------
    plan : DataFrame
        Rows of ``ml_patrol_plan``, in any order of rows and columns.
    """
    columns = sorted(set(map(str, plan.columns)) - set(_NOT_DIGESTED))
    ordered = plan.sort_values("patrol_rank")[columns]
    rows = [[_plain(value) for value in row] for row in ordered.itertuples(index=False, name=None)]
    return hashlib.sha256(json.dumps([columns, rows]).encode()).hexdigest()


def _areas(risk: pd.DataFrame) -> pd.DataFrame:
    """Return an area a row, most expected harm first, with the crime group that most of it comes from."""
    groups = risk[risk["crime_group"] != ALL_CRIME].pivot(
        index="lsoa_code", columns="crime_group", values="expected_harm_days"
    )
    areas = risk[risk["crime_group"] == ALL_CRIME].set_index("lsoa_code")
    columns = ["forecast_month", "harm_scheme", "expected_crime_count", "expected_harm_days"]
    areas = areas[columns].sort_index()
    groups = groups.reindex(areas.index).fillna(0.0)
    total = groups.sum(axis=1)
    # Groups are forecast each by its own champion: their sum is not the forecast of all crime.
    share = (groups.max(axis=1) / total.where(total > 0)).astype(np.float64)
    areas["leading_crime_group"] = groups.idxmax(axis=1).where(total > 0, None)
    areas["leading_group_harm_share"] = share.round(_DECIMALS)
    every = areas["expected_harm_days"].sum()
    areas["harm_share"] = (areas["expected_harm_days"] / (every if every > 0 else np.nan)).round(_DECIMALS)
    areas[columns[2:]] = areas[columns[2:]].round(_DECIMALS)
    return areas.sort_values("expected_harm_days", ascending=False, kind="stable").reset_index()


def _generator(areas: pd.DataFrame) -> np.random.Generator:
    month = areas["forecast_month"].to_numpy().astype("datetime64[M]")[0]
    return np.random.default_rng([SEED, int(month.astype(np.int64)), len(areas)])


def _reasons(plan: pd.DataFrame) -> pd.Series:
    harm = plan["expected_harm_days"].map("{:.1f} harm days expected".format)
    led = plan["leading_crime_group"].fillna("no group").astype(str).str.replace("_", " ")
    share = (100 * plan["leading_group_harm_share"]).map("{:.0f}%".format)
    told = harm + ", of which " + led + " " + share
    told = told.where(plan["leading_group_harm_share"].notna(), harm)
    drawn = "Drawn at random, whatever is expected there; " + told
    return told.where(plan["selection"] == BY_HARM, drawn)


def _plain(value: object) -> object:
    """Return a value as JSON has it, whatever frame it comes from: a month as its day, nothing as null."""
    import pandas as pd

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return value if isinstance(value, bool | int | float | str) else f"{value:%Y-%m-%d}"
