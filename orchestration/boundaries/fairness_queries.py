"""The frames by which the fairness tables beside the first two are judged."""

from __future__ import annotations

QUERIES: dict[str, dict[str, str]] = {
    "ml_fairness_stop_rates": {
        "rows": "select * from ml_fairness_stop_rates order by all",
        # What can be worked out at a glance: one withheld group of a place, or one place of a group.
        "places": """
            select force_slug, area_code, object_of_search, attribute, count(*) as group_count,
                count(*) filter (where is_suppressed) as withheld_count
            from ml_fairness_stop_rates group by all order by all
        """,
        "bases": """
            select force_slug, attribute,
                6 - count(distinct group_name) as missing_group_count
            from ml_fairness_stop_rates
            where attribute in ('self_defined_ethnicity', 'officer_defined_ethnicity')
            group by all order by all
        """,
    },
    "ml_fairness_models": {
        "rows": "select * from ml_fairness_models order by all",
        "attributes": """
            select model, flagged_area, 5 - count(distinct group_name) as missing_group_count
            from ml_fairness_models where attribute = 'ethnic_group' group by all order by all
        """,
        "whole": """
            select
                if(count(*) filter (where model = 'risk_crime') > 0, 2, 0) - count(distinct model) filter (
                    where model in ('risk_grid_crime', 'risk_grid_harm')
                ) as missing_map_count
            from ml_fairness_models
        """,
    },
    "ml_fairness_frontier": {
        "rows": "select * from ml_fairness_frontier order by all",
        "curves": """
            with steps as (
                select
                    model, flagged_area, attribute, group_name,
                    lag(captured_share) over (
                        partition by model, flagged_area, attribute, group_name order by cap_share
                    ) - captured_share as gained_by_tighter_cap
                from ml_fairness_frontier
            ),
            sizes as (
                select 6 - count(distinct group_name) as missing_group_count from ml_fairness_frontier
            )
            select
                steps.model, steps.flagged_area, steps.attribute, steps.group_name,
                max(steps.gained_by_tighter_cap) as highest_gain_by_tighter_cap,
                any_value(sizes.missing_group_count) as missing_group_count
            from steps
            cross join sizes
            group by all
            order by all
        """,
    },
    "ml_fairness_feedback": {
        "rows": "select * from ml_fairness_feedback order by all",
        "whole": """
            select 6 - count(distinct policy) as missing_policy_count
            from ml_fairness_feedback having count(*) > 0
        """,
    },
}
