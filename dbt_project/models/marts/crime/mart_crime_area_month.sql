{{ config(materialized = 'table_by_month', month_column = 'crime_month') }}

with crimes as (
    select * from {{ ref('fct_crimes') }}
    where {{ in_these_months('crime_month') }}
),

lsoa_months as (
    select * from {{ ref('fct_crime_lsoa_month') }}
    where {{ in_these_months('crime_month') }}
),

areas as (
    select * from {{ ref('dim_lsoa') }}
),

forces as (
    select * from {{ ref('police_forces') }}
),

population as (
    select * from {{ ref('int_population_by_crime_year') }}
),

denominators as (
    select * from {{ ref('mart_resident_denominators') }}
),

-- Every larger area that an LSOA lies in, but for the force: its records come from its file, located or not.
memberships as (
    select
        lsoa_code,
        'district' as area_type,
        lad_code as area_code,
        lad_name as area_name
    from areas
    where lad_code is not null
    union all
    select
        lsoa_code,
        'borough' as area_type,
        lad_code as area_code,
        lad_name as area_name
    from areas
    where starts_with(lad_code, 'E09')
    union all
    select
        lsoa_code,
        'ward' as area_type,
        ward_code as area_code,
        ward_name as area_name
    from areas
    where ward_code is not null
),

force_memberships as (
    select
        lsoa_code,
        'force' as area_type,
        force_slug as area_code
    from areas
    where force_slug is not null
),

all_memberships as (
    select
        lsoa_code,
        area_type,
        area_code
    from memberships
    union all
    select
        lsoa_code,
        area_type,
        area_code
    from force_memberships
),

names as (
    select
        area_type,
        area_code,
        max(area_name) as area_name
    from memberships
    group by area_type, area_code
    union all
    select
        'force' as area_type,
        force_slug as area_code,
        force_name as area_name
    from forces
),

counted as (
    select
        'force' as area_type,
        force_slug as area_code,
        crime_month,
        crime_type,
        harm_scheme,
        count(*) as crime_count,
        count(*) filter (where lsoa_code is null) as unlocated_count,
        {{ sum_days('harm_days') }}::double as harm_days
    from crimes
    group by force_slug, crime_month, crime_type, harm_scheme
    union all
    select
        memberships.area_type,
        memberships.area_code,
        lsoa_months.crime_month,
        lsoa_months.crime_type,
        lsoa_months.harm_scheme,
        sum(lsoa_months.crime_count)::bigint as crime_count,
        null::bigint as unlocated_count,
        {{ sum_days('lsoa_months.harm_days') }}::double as harm_days
    from lsoa_months
    inner join memberships on lsoa_months.lsoa_code = memberships.lsoa_code
    group by
        memberships.area_type, memberships.area_code,
        lsoa_months.crime_month, lsoa_months.crime_type, lsoa_months.harm_scheme
),

residents as (
    select
        all_memberships.area_type,
        all_memberships.area_code,
        population.crime_year,
        sum(population.population_count)::bigint as population_count,
        case
            when min(population.population_year) = max(population.population_year)
                then max(population.population_year)
        end as population_year,
        coalesce(sum(population.population_count) filter (where denominators.is_town_centre), 0)::bigint
            as town_centre_population_count
    from all_memberships
    inner join population on all_memberships.lsoa_code = population.lsoa_code
    inner join denominators on all_memberships.lsoa_code = denominators.lsoa_code
    group by all_memberships.area_type, all_memberships.area_code, population.crime_year
)

select
    counted.area_type,
    counted.area_code,
    names.area_name,
    counted.crime_month,
    counted.crime_type,
    counted.crime_count,
    counted.unlocated_count,
    counted.harm_days,
    counted.harm_scheme,
    residents.population_count,
    residents.population_year,
    {{ rate_per_1000('counted.crime_count', 'residents.population_count') }} as crime_rate_per_1000,
    {{ rate_per_1000('counted.harm_days', 'residents.population_count') }} as harm_days_rate_per_1000,
    coalesce(residents.population_count, 0) < {{ var('minimum_population') }} as is_small_population,
    2 * residents.town_centre_population_count >= residents.population_count
    and residents.population_count > 0 as is_town_centre
from counted
left join names
    on
        counted.area_type = names.area_type
        and counted.area_code = names.area_code
left join residents
    on
        counted.area_type = residents.area_type
        and counted.area_code = residents.area_code
        and year(counted.crime_month) = residents.crime_year
order by counted.crime_month, counted.area_type, counted.area_code, counted.crime_type
