"""The frames by which marts and facts are judged: small aggregates, one row a partition or the whole."""

from __future__ import annotations

_POPULATED = """
    select {label}, sum(crime_count) as crime_count,
        avg((population_count is null)::integer) as without_population_share
    from {table}
    {where}
    group by {label} order by {label}
"""

# For each table, its parts; a part without a query is the table itself.
QUERIES: dict[str, dict[str, str]] = {
    "dim_lsoa": {
        "whole": """
            select
                count(*) as area_count,
                avg((population_count is not null)::integer) as population_share,
                avg((ward_code is not null)::integer) as ward_share,
                avg((police_force_area_code is not null)::integer) as force_share,
                avg((white_count is not null)::integer) as ethnicity_share,
                avg((imd_2019_score is not null)::integer) filter (where is_in_england) as imd_2019_share,
                avg((imd_2025_score is not null)::integer) filter (where is_in_england) as imd_2025_share
            from dim_lsoa
        """
    },
    "dim_district_residents": {
        "whole": """
            with districts as (
                select lad_code, count(*) as group_count, count(resident_count) as known_count
                from dim_district_residents group by lad_code
            )
            select
                count(*) as district_count,
                min(group_count) as fewest_groups,
                max(group_count) as most_groups,
                count(*) filter (known_count not in (0, group_count)) as half_known_count
            from districts
        """
    },
    "dim_month": {
        "whole": """
            select
                count(*) as month_count,
                datediff('month', min(calendar_month), max(calendar_month)) + 1 as months_spanned,
                min(days_in_month) as fewest_days,
                max(days_in_month) as most_days
            from dim_month
        """
    },
    "mart_deprivation_domains": {
        "domains": """
            with deciles as (
                select index_year, domain, domain_decile, count(*) as area_count
                from mart_deprivation_domains group by all
            )
            select index_year, domain, count(*) as decile_count,
                max(area_count) / sum(area_count) as largest_decile_share
            from deciles group by index_year, domain order by index_year, domain
        """
    },
    "mart_resident_denominators": {
        "whole": """
            select count(*) as area_count, avg(is_resident_rate_misleading::integer) as misleading_share
            from mart_resident_denominators
        """
    },
    "fct_crimes": {
        "force_months": """
            with vintages as (
                select
                    lookup_code,
                    bool_or(is_2011) as is_2011,
                    bool_or(not is_2011) as is_2021
                from (
                    select lsoa_2011_code as lookup_code, true as is_2011 from stg_ons__lsoa_lookup
                    union
                    select lsoa_2021_code, false from stg_ons__lsoa_lookup
                )
                group by lookup_code
            ),
            areas as (select distinct force_slug from dim_lsoa)
            select
                crimes.force_slug,
                crimes.crime_month,
                count(*) as crime_count,
                avg((crimes.lsoa_code is null)::integer) filter (where areas.force_slug is not null)
                    as unlocated_share,
                avg((not crimes.is_inside_force_area)::integer) as outside_share,
                least(
                    avg((vintages.is_2011 and not vintages.is_2021)::integer),
                    avg((vintages.is_2021 and not vintages.is_2011)::integer)
                ) as lesser_vintage_share
            from fct_crimes as crimes
            left join vintages on crimes.supplied_lsoa_code = vintages.lookup_code
            left join areas on crimes.force_slug = areas.force_slug
            group by crimes.force_slug, crimes.crime_month
            order by crimes.force_slug, crimes.crime_month
        """,
        "crime_types": """
            select force_slug, crime_month, crime_type, count(*) as crime_count
            from fct_crimes group by all order by all
        """,
    },
    "fct_crime_lsoa_month": {
        "months": _POPULATED.format(label="crime_month", table="fct_crime_lsoa_month", where="")
    },
    "mart_crime_area_month": {
        "levels": _POPULATED.format(
            label="area_type", table="mart_crime_area_month", where="where area_code is not null"
        )
    },
    "mart_crime_change_year": {
        "comparisons": """
            select
                area_type,
                count(*) filter (
                    where rate_ratio < rate_ratio_lower - 1e-9 or rate_ratio > rate_ratio_upper + 1e-9
                ) as disordered_count,
                count(*) filter (where not is_comparable and rate_ratio is not null)
                    as ratio_without_comparison_count
            from mart_crime_change_year group by area_type order by area_type
        """
    },
    "mart_harm_force_month": {
        "months": """
            select months.*, weights.highest_weight
            from mart_harm_force_month as months
            inner join (
                select harm_scheme, max(harm_days) as highest_weight
                from int_harm_weights_current group by harm_scheme
            ) as weights on months.harm_scheme = weights.harm_scheme
            order by force_slug, crime_month
        """
    },
    "mart_harm_lsoa_scheme": {
        "schemes": """
            select harm_scheme, sum(crime_count) as crime_count, sum(harm_days) as harm_days,
                sum(harm_days_without_proactive) as harm_days_without_proactive
            from mart_harm_lsoa_scheme group by harm_scheme order by harm_scheme
        """
    },
    "mart_harm_ranking": {
        "schemes": """
            select harm_scheme, count(*) as area_count, sum(harm_share) as harm_share_total,
                max(harm_cumulative_share) as highest_cumulative_share, min(harm_rank) as first_rank
            from mart_harm_ranking group by harm_scheme order by harm_scheme
        """
    },
    "mart_harm_rank_movers": {"rows": "select * from mart_harm_rank_movers order by all"},
    "mart_harm_scheme_sensitivity": {"rows": "select * from mart_harm_scheme_sensitivity order by all"},
    "fct_outcomes": {
        "force_months": """
            select force_slug, outcome_month, avg((outcome_group is null)::integer) as without_group_share,
                avg(is_crime_in_warehouse::integer) as linked_share
            from fct_outcomes group by force_slug, outcome_month order by force_slug, outcome_month
        """
    },
    "mart_crime_outcomes": {
        "whole": """
            select avg((months_to_first_outcome < 0)::integer) as before_crime_share from mart_crime_outcomes
        """
    },
    "fct_stops": {
        "force_months": """
            select
                force_slug,
                stop_month,
                avg((not coalesce(is_ethnicity_stated, false))::integer) as not_stated_share,
                avg((lsoa_code is null)::integer) as unlocated_share,
                avg(is_exact_repeat::integer) as repeated_share,
                avg((outcome is null)::integer) as without_outcome_share
            from fct_stops group by force_slug, stop_month order by force_slug, stop_month
        """
    },
    "mart_stops_ethnicity": {
        "rows": "select * from mart_stops_ethnicity order by all",
        "bases": """
            select force_slug, ethnicity_basis, count(distinct ethnic_group) as group_count
            from mart_stops_ethnicity group by all order by all
        """,
    },
}
