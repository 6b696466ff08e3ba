"""The frames by which the patrol plan and its feedback simulation are judged."""

from __future__ import annotations

QUERIES: dict[str, dict[str, str]] = {
    "ml_patrol_plan": {
        "rows": """
            select plans.*, risk.expected_harm_days as forecast_harm_days
            from ml_patrol_plan as plans
            left join ml_risk_lsoa as risk
                on plans.lsoa_code = risk.lsoa_code and risk.crime_group = 'all_crime'
            order by plans.patrol_rank
        """,
        "plan": """
            with lowest as (
                select min(expected_harm_days) as harm_days
                from ml_patrol_plan where selection = 'expected_harm'
            )
            select
                plans.plan_sha256,
                any_value(plans.random_share) * count(*) - count(*) filter (where plans.selection = 'random')
                    as random_shortfall,
                count(*) - any_value(plans.team_count) * any_value(plans.areas_per_team) as surplus_count,
                (
                    select count(*)
                    from ml_risk_lsoa as risk
                    cross join lowest
                    where
                        risk.crime_group = 'all_crime'
                        and risk.expected_harm_days > lowest.harm_days + 1e-5
                        and risk.lsoa_code not in (select lsoa_code from ml_patrol_plan)
                ) as passed_over_count
            from ml_patrol_plan as plans
            group by plans.plan_sha256 order by plans.plan_sha256
        """,
    },
    "ml_patrol_feedback": {
        "rows": "select * from ml_patrol_feedback order by all",
        "policies": """
            select
                count(distinct "policy") as policy_count,
                count(*) filter (where over_recording_ratio = 1) as right_record_count
            from ml_patrol_feedback
            having count(*) > 0
        """,
    },
}
