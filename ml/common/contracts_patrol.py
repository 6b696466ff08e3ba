"""Declared contracts of the patrol plan and of its feedback simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.common.contracts_risk import ML_RISK_LSOA
from ml.common.draws import fewest_draws
from ml.common.schema import Check, Column, TableContract

if TYPE_CHECKING:
    import pandas as pd

_RISK = "ml_risk_lsoa."
_AREA = (f"{_RISK}lsoa_code",)
_HARM = (f"{_RISK}expected_harm_days", *_AREA, f"{_RISK}crime_group")
_CHOSEN = (*_HARM, f"{_RISK}forecast_month")
_SETTING = "a setting of the asset"
_ASSUMED = "an assumption of the simulation"
_NAMED = "written by the model itself"
_CRIME_GROUPS = next(column.allowed for column in ML_RISK_LSOA.columns if column.name == "crime_group")


def _not_one_plan(frame: pd.DataFrame) -> str | None:
    if frame["plan_sha256"].nunique() > 1:
        return "the table holds several plans"
    if list(frame["patrol_rank"].sort_values()) != list(range(1, len(frame) + 1)):
        return "the ranks have gaps or repeats"
    return None


ML_PATROL_PLAN = TableContract(
    name="ml_patrol_plan",
    grain="One row per LSOA 2021 that the proposed patrol plan of the next month names.",
    key=("lsoa_code",),
    columns=(
        Column("plan_sha256", "VARCHAR", "Digest of the plan, which an approval must name", inputs=_CHOSEN),
        Column(
            "status",
            "VARCHAR",
            "Always proposed: only a signed file makes a published plan an approved one",
            allowed=("proposed",),
            origin_note=_NAMED,
        ),
        Column(
            "patrol_rank",
            "INTEGER",
            "1 for the most expected harm; random areas last",
            False,
            1,
            inputs=_CHOSEN,
        ),
        Column("team", "INTEGER", "Team, dealt out in order of rank", False, 1, inputs=_CHOSEN),
        Column("lsoa_code", "VARCHAR", "LSOA 2021", inputs=_CHOSEN),
        Column(
            "selection",
            "VARCHAR",
            "Whether expected harm or chance chose it",
            allowed=("expected_harm", "random"),
            inputs=_CHOSEN,
        ),
        Column("reason", "VARCHAR", "Why it is in the plan, in words", inputs=_HARM),
        Column("forecast_month", "DATE", "Month of the plan", inputs=(f"{_RISK}forecast_month",)),
        Column(
            "expected_crime_count",
            "DOUBLE",
            "Expected records of the month",
            False,
            0.0,
            inputs=(f"{_RISK}expected_crime_count",),
        ),
        Column("expected_harm_days", "DOUBLE", "Expected harm days of the month", False, 0.0, inputs=_HARM),
        Column(
            "harm_share",
            "DOUBLE",
            "Of the expected harm of all areas; null for 0/0",
            True,
            0.0,
            1.0,
            inputs=_HARM,
        ),
        Column(
            "leading_crime_group",
            "VARCHAR",
            "Crime group that most of the area's harm is expected from; null without any",
            True,
            allowed=_CRIME_GROUPS,
            inputs=_HARM,
        ),
        Column(
            "leading_group_harm_share",
            "DOUBLE",
            "Its share of the harm of all groups in the area; null for 0/0",
            True,
            0.0,
            1.0,
            inputs=_HARM,
        ),
        Column("team_count", "INTEGER", "Teams", False, 1, origin_note=_SETTING),
        Column("areas_per_team", "INTEGER", "Areas that a team covers", False, 1, origin_note=_SETTING),
        Column(
            "random_share", "DOUBLE", "Share of areas kept for chance", False, 0.0, 1.0, origin_note=_SETTING
        ),
        Column("harm_scheme", "VARCHAR", "Harm weight scheme", inputs=(f"{_RISK}harm_scheme",)),
    ),
    checks=(Check("one_plan", "One plan, whose ranks have no gap.", _not_one_plan),),
)

_SIMULATED = (f"{_RISK}expected_crime_count", "dim_lsoa.imd_2025_decile")


def _share(name: str, description: str, is_nullable: bool = False) -> Column:
    return Column(name, "DOUBLE", description, is_nullable, 0.0, 1.0, inputs=_SIMULATED)


_TOO_FEW = f"null with fewer than {fewest_draws()} runs"
ML_PATROL_FEEDBACK = TableContract(
    name="ml_patrol_feedback",
    grain="One row per patrol policy, assumed error of the record and stretch of simulated days.",
    key=("policy", "over_recording_ratio", "last_day"),
    columns=(
        Column(
            "policy",
            "VARCHAR",
            "The plan, or the plan without its random part",
            allowed=("plan", "plan_without_random"),
            origin_note=_NAMED,
        ),
        Column(
            "over_recording_ratio",
            "DOUBLE",
            "How many times too high the record of the most deprived fifth begins",
            False,
            0.0,
            origin_note=_ASSUMED,
        ),
        Column("first_day", "INTEGER", "First simulated day", False, 1, origin_note=_ASSUMED),
        Column("last_day", "INTEGER", "Last simulated day", False, 1, origin_note=_ASSUMED),
        _share("group_patrol_share", "Share of patrols in the most deprived fifth, mean over runs"),
        _share("group_patrol_share_lower", f"2.5% of the runs lie below; {_TOO_FEW}", True),
        _share("group_patrol_share_upper", f"2.5% of the runs lie above; {_TOO_FEW}", True),
        _share("group_crime_share", "The fifth's share of the crime that is taken for true"),
        Column(
            "error_amplification",
            "DOUBLE",
            "The fifth's share of patrols over that with a right record; null for 0/0",
            True,
            0.0,
            inputs=_SIMULATED,
        ),
        Column(
            "error_amplification_standard_error",
            "DOUBLE",
            "Its Monte Carlo standard error over runs; 0 for a right record, null for one run or 0/0",
            True,
            0.0,
            inputs=_SIMULATED,
        ),
        Column(
            "captured_share",
            "DOUBLE",
            "Share of the crime in patrolled areas",
            True,
            0.0,
            1.0,
            inputs=_SIMULATED,
        ),
        Column("patrol_share", "DOUBLE", "Share of areas patrolled", False, 0.0, 1.0, inputs=_AREA),
        Column(
            "reporting_share",
            "DOUBLE",
            "Share of crime that people report",
            False,
            0.0,
            1.0,
            origin_note=_ASSUMED,
        ),
        Column(
            "discovery_share",
            "DOUBLE",
            "Share of the rest that a patrol discovers",
            False,
            0.0,
            1.0,
            origin_note=_ASSUMED,
        ),
        Column("run_count", "INTEGER", "Simulated runs", False, 1, origin_note=_ASSUMED),
    ),
    ordered=(("first_day", "last_day"), ("group_patrol_share_lower", "group_patrol_share_upper")),
)

PATROL_CONTRACTS = (ML_PATROL_PLAN, ML_PATROL_FEEDBACK)
