{{ config(materialized = 'table_by_month', month_column = 'crime_month') }}

with crimes as (
    select * from {{ ref('fct_crimes') }}
),

population as (
    select * from {{ ref('int_population_by_crime_year') }}
),

counted as (
    select
        lsoa_code,
        crime_month,
        crime_type,
        harm_scheme,
        count(*) as crime_count,
        {{ sum_days('harm_days') }}::double as harm_days
    from crimes
    where lsoa_code is not null and {{ in_these_months('crime_month') }}
    group by lsoa_code, crime_month, crime_type, harm_scheme
)

select
    counted.lsoa_code,
    counted.crime_month,
    counted.crime_type,
    counted.crime_count,
    counted.harm_days,
    counted.harm_scheme,
    population.population_count,
    population.population_year,
    {{ rate_per_1000('counted.crime_count', 'population.population_count') }} as crime_rate_per_1000,
    {{ rate_per_1000('counted.harm_days', 'population.population_count') }} as harm_days_rate_per_1000
from counted
left join population
    on
        counted.lsoa_code = population.lsoa_code
        and year(counted.crime_month) = population.crime_year
order by counted.crime_month, counted.lsoa_code, counted.crime_type
