with crimes as (
    select * from {{ ref('fct_crimes') }}
),

lsoa_months as (
    select * from {{ ref('fct_crime_lsoa_month') }}
),

weights as (
    select * from {{ ref('int_harm_weights_current') }}
),

crime_types as (
    select * from {{ ref('crime_types') }}
),

areas as (
    select * from {{ ref('dim_lsoa') }}
),

population as (
    select * from {{ ref('int_population_by_crime_year') }}
),

observed as (
    select
        min(crime_month) as first_month,
        max(crime_month) as last_month
    from crimes
),

ranking_window as (
    select
        greatest(first_month, {{ window_start('last_month') }}) as window_start_month,
        last_month as window_end_month
    from observed
),

covered_forces as (
    select distinct crimes.force_slug
    from crimes
    cross join ranking_window
    where crimes.crime_month >= ranking_window.window_start_month
),

schemes as (
    select distinct
        harm_scheme,
        is_active_scheme
    from weights
),

-- Every area of a force that reported, crimes or none: an area without data is not an area without harm.
ranked_areas as (
    select
        areas.lsoa_code,
        areas.lsoa_name,
        areas.lad_name,
        areas.force_slug,
        areas.imd_2025_decile,
        population.population_count,
        ranking_window.window_start_month,
        ranking_window.window_end_month
    from areas
    inner join covered_forces on areas.force_slug = covered_forces.force_slug
    cross join ranking_window
    left join population
        on
            areas.lsoa_code = population.lsoa_code
            and year(ranking_window.window_end_month) = population.crime_year
),

harm as (
    select
        lsoa_months.lsoa_code,
        weights.harm_scheme,
        sum(lsoa_months.crime_count)::bigint as crime_count,
        {{ sum_days('lsoa_months.crime_count * weights.harm_days') }} as harm_days,
        {{ sum_days('lsoa_months.crime_count * weights.harm_days') }} filter (
            where not crime_types.is_proactive
        ) as harm_days_without_proactive
    from lsoa_months
    cross join ranking_window
    inner join weights on lsoa_months.crime_type = weights.crime_type
    inner join crime_types on lsoa_months.crime_type = crime_types.crime_type
    where lsoa_months.crime_month >= ranking_window.window_start_month
    group by lsoa_months.lsoa_code, weights.harm_scheme
),

scored as (
    select
        ranked_areas.lsoa_code,
        ranked_areas.lsoa_name,
        ranked_areas.lad_name,
        ranked_areas.force_slug,
        ranked_areas.imd_2025_decile,
        ranked_areas.population_count,
        ranked_areas.window_start_month,
        ranked_areas.window_end_month,
        schemes.harm_scheme,
        schemes.is_active_scheme,
        coalesce(harm.crime_count, 0) as crime_count,
        coalesce(harm.harm_days, 0)::decimal(18, 4) as harm_days,
        coalesce(harm.harm_days_without_proactive, 0)::decimal(18, 4) as harm_days_without_proactive
    from ranked_areas
    cross join schemes
    left join harm
        on
            ranked_areas.lsoa_code = harm.lsoa_code
            and schemes.harm_scheme = harm.harm_scheme
),

ranked as (
    select
        *,
        rank() over (partition by harm_scheme order by harm_days desc) as harm_rank,
        sum(harm_days) over (partition by harm_scheme) as total_harm_days,
        sum(harm_days) over (
            partition by harm_scheme
            order by harm_days desc, lsoa_code asc
            rows between unbounded preceding and current row
        ) as cumulative_harm_days
    from scored
)

select
    lsoa_code,
    lsoa_name,
    lad_name,
    force_slug,
    harm_scheme,
    is_active_scheme,
    window_start_month,
    window_end_month,
    crime_count,
    harm_days::double as harm_days,
    harm_days_without_proactive::double as harm_days_without_proactive,
    {{ rate_per_1000('harm_days::double', 'population_count') }} as harm_days_rate_per_1000,
    population_count,
    harm_rank,
    harm_days::double / nullif(total_harm_days, 0)::double as harm_share,
    cumulative_harm_days::double / nullif(total_harm_days, 0)::double as harm_cumulative_share,
    imd_2025_decile
from ranked
order by harm_scheme, harm_rank, lsoa_code
