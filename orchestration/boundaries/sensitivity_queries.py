"""The frames by which the sensitivity of rankings and risk maps is judged."""

from __future__ import annotations

QUERIES: dict[str, dict[str, str]] = {
    "ml_fairness_sensitivity": {
        "rows": "select * from ml_fairness_sensitivity order by all",
        "scenarios": """
            with baselines as (
                select kind, max(baseline_count) as baseline_count
                from (
                    select kind, count(distinct baseline_value) as baseline_count
                    from ml_fairness_sensitivity
                    group by kind, amount, measure, attribute, group_name
                )
                group by kind
            )
            select
                held.kind,
                held.scenario,
                count(distinct held.amount) as amount_count,
                any_value(baselines.baseline_count) as baseline_count
            from ml_fairness_sensitivity as held
            inner join baselines on held.kind = baselines.kind
            group by held.kind, held.scenario order by held.kind, held.scenario
        """,
    },
}
