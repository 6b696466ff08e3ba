"""The frames by which the kept backtest and its audits by group are judged: aggregates, not every LSOA."""

from __future__ import annotations

QUERIES: dict[str, dict[str, str]] = {
    "ml_risk_backtest_lsoa": {
        "months": """
            with areas as (select count(distinct lsoa_code) as area_count from ml_risk_backtest_lsoa)
            select
                kept.crime_group,
                kept.forecast_month,
                count(distinct kept.model) as model_count,
                any_value(areas.area_count) - count(distinct kept.lsoa_code) as missing_area_count,
                -- A ratio to a handful of records is chance.
                case
                    when sum(kept.recorded_crime_count) >= 50
                        then sum(kept.expected_crime_count) / sum(kept.recorded_crime_count)
                end as expected_to_recorded_ratio,
                case
                    when sum(kept.recorded_crime_count) >= 50
                        then sum(kept.expected_harm_days) / nullif(sum(kept.recorded_harm_days), 0)
                end as expected_to_recorded_harm_ratio,
                count(*) filter (kept.recorded_harm_days > 0 and kept.recorded_crime_count = 0)
                    as harm_without_record_count
            from ml_risk_backtest_lsoa as kept
            cross join areas
            group by kept.crime_group, kept.forecast_month
            order by kept.crime_group, kept.forecast_month
        """,
    },
    "ml_fairness_errors": {
        "rows": "select * from ml_fairness_errors order by all",
        # Sums may differ by rounding only, relative to the whole.
        "alarms": """
            select
                measure, crime_group, flagged_area, attribute, group_name,
                abs(
                    coalesce(sum(part_amount) filter (where metric = 'true_alarm_per_1000'), 0)
                    + coalesce(sum(part_amount) filter (where metric = 'false_alarm_per_1000'), 0)
                    - coalesce(sum(part_amount) filter (where metric = 'flagged_per_1000'), 0)
                ) / (1 + coalesce(sum(part_amount) filter (where metric = 'flagged_per_1000'), 0))
                    as alarm_gap
            from ml_fairness_errors
            where flagged_area <> 'all_areas'
            group by all order by all
        """,
        # With a withheld group the rest is less than everyone, and nothing can be told.
        "records": """
            select
                measure, crime_group, flagged_area,
                case when not bool_or(is_suppressed) then
                    abs(
                        coalesce(sum(part_amount) filter (where attribute = 'ethnic_group'), 0)
                        - coalesce(sum(part_amount) filter (where attribute = 'all'), 0)
                    ) / (1 + coalesce(sum(part_amount) filter (where attribute = 'all'), 0))
                end as gap_to_everyone,
                5 - count(distinct group_name) filter (where attribute = 'ethnic_group')
                    as missing_group_count
            from ml_fairness_errors
            where metric = 'expected_to_recorded_ratio'
            group by all order by all
        """,
    },
    "ml_fairness_composition": {
        "classes": """
            with sizes as (
                select crime_group, any_value(lsoa_count) as lsoa_count
                from ml_fairness_composition where area_class = 'all_areas' group by crime_group
            )
            select
                held.crime_group,
                held.area_class,
                coalesce(sum(held.mean_share) filter (where held.attribute = 'ethnic_group'), 0) - 1
                    as excess_share,
                5 - count(distinct held.group_name) filter (where held.attribute = 'ethnic_group')
                    as missing_group_count,
                -- With a withheld group the rest is less, and nothing can be told.
                case when not bool_or(held.is_suppressed) then
                    (
                        coalesce(sum(held.area_km2) filter (where held.attribute <> 'ethnic_group'), 0)
                        - sum(held.area_km2) filter (where held.attribute = 'ethnic_group')
                    ) / (1 + sum(held.area_km2))
                end as excess_of_deciles_km2,
                any_value(held.lsoa_count) / nullif(any_value(sizes.lsoa_count), 0) as lsoa_share
            from ml_fairness_composition as held
            inner join sizes on held.crime_group = sizes.crime_group
            group by held.crime_group, held.area_class
            order by held.crime_group, held.area_class
        """,
    },
    "ml_fairness_calibration": {
        "rows": "select * from ml_fairness_calibration order by all",
        # Sums may differ by rounding only; of a withheld group nothing can be told.
        "levels": """
            with sums as (
                select
                    measure, crime_group, attribute, group_name,
                    sum(part_amount) filter (
                        where metric = 'recorded_to_expected_ratio' and forecast_level <> 'all_levels'
                    ) as of_the_fifths,
                    sum(part_amount) filter (
                        where metric = 'recorded_to_expected_ratio' and forecast_level = 'all_levels'
                    ) as of_all,
                    sum(part_amount) filter (where metric = 'coverage_80_share') as inside_80,
                    sum(part_amount) filter (where metric = 'coverage_95_share') as inside_95,
                    6 - count(distinct forecast_level) as missing_level_count
                from ml_fairness_calibration
                group by all
            )
            select
                measure, crime_group, attribute, group_name, missing_level_count,
                abs(of_the_fifths - of_all) / (1 + of_all) as gap_to_all_levels,
                (inside_80 - inside_95) / (1 + inside_95) as coverage_gap
            from sums
            order by all
        """,
    },
}
