"""The frames by which the audit tables and most ml tables are judged."""

from __future__ import annotations

_MISSING_GROUPS = "greatest({expected} - count(distinct group_name), 0) as missing_group_count"


QUERIES: dict[str, dict[str, str]] = {
    "audit_category_gaps": {"rows": "select * from audit_category_gaps order by all"},
    "audit_coverage": {
        "datasets": """
            with present as (
                select
                    dataset,
                    "force",
                    count(*) as month_count,
                    datediff('month', min(strptime("month", '%Y-%m')), max(strptime("month", '%Y-%m'))) + 1
                        as months_spanned
                from audit_coverage
                where status = 'present' and "month" is not null
                group by dataset, "force"
            )
            select
                coverage.dataset,
                coverage."force" as force_slug,
                count(*) filter (where coverage.status = 'withheld') as withheld_count,
                coalesce(any_value(present.months_spanned - present.month_count), 0) as gap_count
            from audit_coverage as coverage
            left join present
                on
                    coverage.dataset = present.dataset
                    and coverage."force" is not distinct from present."force"
            group by coverage.dataset, coverage."force"
            order by coverage.dataset, coverage."force"
        """
    },
    "audit_duplicates": {
        "rules": """
            with staged as (
                select dataset, sum(staged_count) as staged_count
                from audit_row_reconciliation group by dataset
            )
            select
                audit_duplicates.dataset,
                duplicate_rule,
                sum(surplus_count)::bigint as surplus_count,
                sum(surplus_count) / nullif(any_value(staged.staged_count), 0) as surplus_share
            from audit_duplicates
            left join staged on audit_duplicates.dataset = staged.dataset
            group by audit_duplicates.dataset, duplicate_rule
            order by audit_duplicates.dataset, duplicate_rule
        """
    },
    "audit_freshness": {"rows": "select * from audit_freshness order by all"},
    "audit_live_feed": {
        "areas": """
            select area_name, crime_month,
                sum(abs(count_difference)) / nullif(sum(archive_count), 0) as difference_share
            from audit_live_feed group by area_name, crime_month order by area_name, crime_month
        """
    },
    # Of a handful of points, one alone is a large share.
    "audit_location_agreement": {
        "rows": """
            select force_slug, crime_month,
                case when judged_count >= 100 then disagreeing_count / judged_count end as disagreeing_share
            from audit_location_agreement order by force_slug, crime_month
        """
    },
    "audit_location_methods": {"rows": "select * from audit_location_methods order by all"},
    "audit_revisions": {
        "rows": """
            select "month", "force", earlier_release, later_release,
                gone_count / nullif(earlier_count, 0) as gone_share
            from audit_revisions order by all
        """
    },
    "audit_row_reconciliation": {
        "rows": """
            select dataset, "force" as force_slug, "month" as record_month, landed_count,
                quarantined_count / nullif(landed_count, 0) as quarantined_share
            from audit_row_reconciliation order by all
        """
    },
    # A ratio to a small expectation is chance.
    "audit_volume": {
        "rows": """
            select dataset, force_slug, record_month, record_count, anomaly_score,
                case when expected_count >= 50 then count_ratio end as judged_ratio
            from audit_volume order by dataset, force_slug, record_month
        """
    },
    **{
        table: {
            "rows": f"select * from {table} order by all",
            "groups": f"""
                select crime_group, count(*) as area_count, count(distinct model) as model_count,
                    count(distinct forecast_month) as month_count,
                    sum(expected_crime_count) as expected_crime_count
                from {table} group by crime_group order by crime_group
            """,
        }
        for table in ("ml_risk_lsoa", "ml_risk_grid")
    },
    "ml_risk_backtest": {
        "rows": "select * from ml_risk_backtest order by all",
        # An index of the whole area is no evidence: the champion is judged on all areas by its deviance.
        "groups": """
            select
                area_kind,
                crime_group,
                count(distinct model) filter (where is_champion) as champion_count,
                count(distinct model) filter (where is_baseline) as baseline_count,
                max(metric_value) filter (where is_champion and overall = 'poisson_deviance')
                    - min(metric_value) filter (where is_baseline and overall = 'poisson_deviance')
                    as champion_excess_deviance,
                max(metric_value) filter (where is_champion and overall = 'central_80_share')
                    as central_80_share,
                max(metric_value) filter (where is_champion and overall = 'central_95_share')
                    as central_95_share,
                max(metric_value) filter (where is_champion and overall = 'harm_central_80_share')
                    as harm_central_80_share,
                max(metric_value) filter (where is_champion and overall = 'harm_central_95_share')
                    as harm_central_95_share
            from (
                select *, case when force_slug = 'all' then metric end as overall from ml_risk_backtest
            )
            group by area_kind, crime_group
            order by area_kind, crime_group
        """,
    },
    "ml_drift": {"rows": "select * from ml_drift order by all"},
    "ml_hotspots": {
        "rows": """
            select hotspots.*, extent.*
            from ml_hotspots as hotspots
            cross join (
                select
                    min(easting_m) as extent_west_m,
                    min(northing_m) as extent_south_m,
                    max(easting_m) as extent_east_m,
                    max(northing_m) as extent_north_m
                from dim_lsoa
            ) as extent
            order by hotspot_id
        """
    },
    "ml_hotspot_history": {"rows": "select * from ml_hotspot_history order by window_end_month, hotspot_id"},
    "ml_hotspot_null": {"rows": "select * from ml_hotspot_null order by measure"},
    "ml_lsoa_emerging": {"rows": "select * from ml_lsoa_emerging order by lsoa_code, measure"},
    "ml_spatial_tests": {"rows": "select * from ml_spatial_tests order by measure, statistic"},
    "ml_fairness_stops": {
        "rows": "select * from ml_fairness_stops order by all",
        "bases": f"""
            select force_slug, ethnicity_basis, {_MISSING_GROUPS.format(expected=6)},
                count(*) as group_count, count(*) filter (where is_suppressed) as withheld_count
            from ml_fairness_stops group by force_slug, ethnicity_basis order by force_slug, ethnicity_basis
        """,
    },
    "ml_fairness_hotspot_exposure": {
        "rows": "select * from ml_fairness_hotspot_exposure order by all",
        "attributes": f"""
            select attribute,
                {_MISSING_GROUPS.format(expected="if(any_value(attribute) = 'ethnic_group', 5, 10)")}
            from ml_fairness_hotspot_exposure group by attribute order by attribute
        """,
    },
    "ml_call_priority_scores": {
        "rows": "select * from ml_call_priority_scores order by all",
        "scenarios": """
            select
                agency, split, location_precision, has_call_type, has_officer_calls, target,
                count(*) filter (where model = 'look_up') as look_up_count
            from ml_call_priority_scores group by all order by all
        """,
    },
    "ml_call_priority_calibration": {"rows": "select * from ml_call_priority_calibration order by all"},
    "ml_call_priority_confusion": {
        "matrices": """
            select
                agency, split, location_precision, has_call_type, has_officer_calls, target, model, decision,
                count(*) as cell_count,
                min(least(true_level, given_level)) as lowest_level,
                max(greatest(true_level, given_level)) as highest_level
            from ml_call_priority_confusion group by all order by all
        """,
        "levels": """
            with by_model as (
                select
                    agency, split, location_precision, has_call_type, has_officer_calls, target, model,
                    decision, true_level, sum(call_count) as call_count
                from ml_call_priority_confusion group by all
            )

            select
                agency, split, location_precision, has_call_type, has_officer_calls, target, true_level,
                count(distinct call_count) as call_count_versions
            from by_model group by all order by all
        """,
    },
    "ml_call_priority_months": {
        "rows": "select * from ml_call_priority_months order by all",
        "scenarios": """
            select
                agency, split, location_precision, has_call_type, has_officer_calls, month,
                count(*) filter (where is_chosen) as chosen_count
            from ml_call_priority_months group by all order by all
        """,
    },
}
