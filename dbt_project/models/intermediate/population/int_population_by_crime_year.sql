with population as (
    select * from {{ ref('stg_nomis__population') }}
),

crimes as (
    select * from {{ ref('fct_crimes') }}
),

crime_years as (
    select distinct year(crime_month)::integer as crime_year from crimes
),

-- The latest estimate at or before the year; before the first estimate, the first.
chosen as (
    select
        population.lsoa_code,
        crime_years.crime_year,
        coalesce(
            max(population.population_year) filter (
                where population.population_year <= crime_years.crime_year
            ),
            min(population.population_year)
        ) as population_year
    from population
    cross join crime_years
    group by population.lsoa_code, crime_years.crime_year
)

select
    chosen.lsoa_code,
    chosen.crime_year,
    chosen.population_year,
    population.population_count
from chosen
inner join population
    on
        chosen.lsoa_code = population.lsoa_code
        and chosen.population_year = population.population_year
order by chosen.lsoa_code, chosen.crime_year
