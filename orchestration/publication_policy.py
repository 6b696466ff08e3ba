"""Measures what the publication policy bounds, and keeps what became of it; knows nothing of dagster."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_quality.plan_approvals import PlanJudgement
from data_quality.policy import (
    POLICY_FILE,
    Judgement,
    Policy,
    judge_policy,
    read_policy,
    read_policy_decisions,
)
from orchestration.paths import DataPaths
from orchestration.patrol_plan import judged_plan, plan_record, plan_version
from orchestration.publishing.errors import ReleaseError

if TYPE_CHECKING:
    import duckdb

# Residents of each group, all told and in the twentieth of areas from which most harm is expected.
_RISK_EXPOSURE = """
    with areas as (
        select
            risk.lsoa_code,
            row_number() over (order by risk.expected_harm_days desc, risk.lsoa_code)
                <= ceil(0.05 * count(*) over ()) as is_flagged
        from ml_risk_lsoa as risk
        where risk.crime_group = 'all_crime'
    ),
    residents as (
        unpivot (
            select
                areas.is_flagged,
                dim_lsoa.imd_2025_decile,
                dim_lsoa.asian_count as "Asian",
                dim_lsoa.black_count as "Black",
                dim_lsoa.mixed_count as "Mixed",
                dim_lsoa.white_count as "White",
                dim_lsoa.other_count as "Other"
            from areas
            inner join dim_lsoa on areas.lsoa_code = dim_lsoa.lsoa_code
        )
        on "Asian", "Black", "Mixed", "White", "Other"
        into name ethnic_group value resident_count
    )
"""
_ERRORS_OF_THE_MOST_DEPRIVED = """
    from ml_fairness_errors
    where attribute = 'imd_2025_decile' and group_name = '1' and measure = 'crime_count'
"""
# The plan, once the simulated error has had all its days.
_PLAN_AT_THE_END = """
    from ml_patrol_feedback
    where
        "policy" = 'plan'
        and over_recording_ratio > 1
        and last_day = (select max(last_day) from ml_patrol_feedback)
"""
# One value each, null for nothing to measure.
MEASURES: Mapping[str, str] = {
    # The lower bound: a tenth of the areas holds a few hotspots, and where those fall would decide by chance.
    "hotspot_exposure_of_the_most_deprived": """
        select any_value(ratio_to_everyone_lower) from ml_fairness_models
        where model = 'hotspots' and attribute = 'imd_2025_decile' and group_name = '1'
    """,
    "hotspot_exposure_by_ethnic_group": """
        select max(disparity_ratio) from ml_fairness_hotspot_exposure where attribute = 'ethnic_group'
    """,
    "hotspots_published": """
        select sum(exposed_resident_count) / nullif(sum(resident_count), 0) from ml_fairness_hotspot_exposure
        where attribute = 'ethnic_group'
    """,
    "hotspots_beyond_chance": "select avg((p_value <= 0.05)::integer) from ml_hotspots",
    "risk_coverage": """
        select min(metric_value) from ml_risk_backtest
        where is_champion and metric = 'coverage_80_share' and force_slug = 'all'
    """,
    "forecast_coverage": """
        select sum(coverage_80_share * origin_count) / nullif(sum(origin_count), 0) from ml_forecast_scores
        where is_champion and coverage_80_share is not null
    """,
    "risk_exposure_of_the_most_deprived": f"""
        {_RISK_EXPOSURE}
        select coalesce(sum(resident_count) filter (where is_flagged), 0) / nullif(sum(resident_count), 0)
        from residents
        where imd_2025_decile = 1
    """,
    "risk_exposure_by_ethnic_group": f"""
        {_RISK_EXPOSURE},
        shares as (
            select
                ethnic_group,
                coalesce(sum(resident_count) filter (where is_flagged), 0) / nullif(sum(resident_count), 0)
                    as exposed_share
            from residents
            group by ethnic_group
        )
        select max(others.exposed_share / nullif(white.exposed_share, 0))
        from shares as others
        cross join shares as white
        where white.ethnic_group = 'White'
    """,
    "risk_over_forecast_of_the_most_deprived": f"""
        select any_value(disparity_ratio) {_ERRORS_OF_THE_MOST_DEPRIVED}
            and metric = 'expected_to_recorded_ratio'
            and crime_group = 'all_crime'
            and flagged_area = 'all_areas'
    """,
    "risk_false_flags_of_the_most_deprived": f"""
        select any_value(ratio_to_everyone) {_ERRORS_OF_THE_MOST_DEPRIVED}
            and metric = 'false_discovery_share'
            and crime_group = 'burglary'
            and flagged_area = 'top_5_percent'
    """,
    "patrol_error_amplification": f"select max(error_amplification) {_PLAN_AT_THE_END}",
    # As published: the share of a force whose "Not stated" is withheld would give it away.
    "stops_without_ethnicity": """
        select max(not_stated_share) from ml_fairness_stops where ethnicity_basis = 'self_defined'
    """,
}

# Of measures that rest on a simulation.
STANDARD_ERRORS: Mapping[str, str] = {
    "patrol_error_amplification": (
        f"select arg_max(error_amplification_standard_error, error_amplification) {_PLAN_AT_THE_END}"
    ),
}


@dataclass(frozen=True)
class PolicyRecord:
    """What the policy says about what is about to be published.

    Parameters
    ----------
    policy
        The policy.
    judgements
        What became of each measure.
    problems
        Signed decisions and approvals that were not followed, and why.
    judged_on
        The day on which signed files had to hold.
    plan
        What becomes of the patrol plan; none without one.
    """

    policy: Policy
    judgements: tuple[Judgement, ...]
    problems: tuple[str, ...]
    judged_on: date
    plan: PlanJudgement | None = None

    @property
    def version(self) -> str:
        """Digest of the policy, of the decisions that let something pass and of what became of the plan."""
        decided = sorted(one.decision.sha256 for one in self.judgements if one.decision)
        planned = [plan_version(self.plan)] if self.plan else []
        return hashlib.sha256("\n".join([self.policy.sha256, *decided, *planned]).encode()).hexdigest()

    @property
    def refused(self) -> list[Judgement]:
        """The measures that stop the release."""
        return [one for one in self.judgements if one.is_refused]

    def as_mapping(self) -> dict[str, Any]:
        """Return the record as it is published, without anything that a clock decides."""
        return {
            "policy_sha256": self.policy.sha256,
            "policy_version": self.policy.version,
            "may_sign": list(self.policy.may_sign),
            "measures": [_as_mapping(one) for one in self.judgements],
            "patrol_plan": plan_record(self.plan) if self.plan else None,
        }

    def as_json(self) -> str:
        """Return the record as the text of a JSON file."""
        return json.dumps(self.as_mapping(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def judge_publication(
    connection: duckdb.DuckDBPyConnection,
    paths: DataPaths,
    policy_file: Path = POLICY_FILE,
) -> PolicyRecord:
    """Measure what the policy bounds and hold it against the bounds and the signed decisions.

    Parameters
    ----------
    connection
        The open warehouse.
    paths
        Where signed decisions are, and the day on which they must hold.
    policy_file
        The policy.
    """
    policy = read_policy(policy_file)
    day = paths.judged_on
    decisions, problems = read_policy_decisions(paths.policy_decisions, policy, day)
    # An earlier policy may bound what is no longer measured: nothing is known of it.
    values = {one.name: _measured(connection, MEASURES.get(one.name)) for one in policy.measures}
    errors = {one.name: _measured(connection, STANDARD_ERRORS.get(one.name)) for one in policy.measures}
    judgements = tuple(judge_policy(policy, values, decisions, errors))
    plan, others = judged_plan(connection, judgements, policy.may_sign, paths, day)
    return PolicyRecord(policy, judgements, (*problems, *others), day, plan)


def check_policy(record: PolicyRecord) -> None:
    """Refuse to publish past a bound.

    Raises
    ------
    ReleaseError
        Naming each measure, its value and its bound.
    """
    if record.refused:
        words = "; ".join(describe(one) for one in record.refused)
        ignored = f" Not followed: {' '.join(record.problems)}" if record.problems else ""
        raise ReleaseError(
            "the publication policy",
            f"does not let it be published: {words}.{ignored}",
            "look into what the measures say; if it is to be published all the same, have a decision signed "
            f"(docs/runbook.md, 'Decide on a policy') about the policy {record.policy.sha256}",
        )


def describe(one: Judgement) -> str:
    """Return one judgement in words."""
    measure = one.measure
    bounds = [f"at most {measure.highest:g}"] if measure.highest is not None else []
    bounds += [f"at least {measure.lowest:g}"] if measure.lowest is not None else []
    value = "not measured" if one.value is None else f"{one.value:.4g}"
    decided = f", accepted by {one.decision.signed_by} ({one.decision.role})" if one.decision else ""
    words = f"{measure.product}: {measure.name} is {value} where {' and '.join(bounds)} is allowed"
    return f"{words}{_error_words(one)}{decided}"


def _error_words(one: Judgement) -> str:
    if not one.is_within_error:
        return ""
    return f" (within the error of the simulation: standard error {one.standard_error:.2g})"


def _measured(connection: duckdb.DuckDBPyConnection, query: str | None) -> float | None:
    import duckdb

    if query is None:
        return None
    try:
        (value,) = connection.execute(query).fetchall()[0]
    except duckdb.CatalogException:
        # A model that never ran left no table: there is nothing of it to publish either.
        return None
    return None if value is None else float(value)


def _as_mapping(one: Judgement) -> dict[str, Any]:
    return {
        **asdict(one.measure),
        "value": None if one.value is None else round(one.value, 12),
        "standard_error": None if one.standard_error is None else round(one.standard_error, 12),
        "is_within_error": one.is_within_error,
        "status": one.status,
        "decision": asdict(one.decision) if one.decision else None,
    }
