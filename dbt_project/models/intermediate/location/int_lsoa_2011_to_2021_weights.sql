with lookup as (
    select * from {{ ref('stg_ons__lsoa_lookup') }}
),

population as (
    select * from {{ ref('stg_nomis__population') }}
),

latest_population as (
    select
        lsoa_code,
        max_by(population_count, population_year) as population_count
    from population
    group by lsoa_code
),

children as (
    select
        lookup.lsoa_2011_code,
        lookup.lsoa_2021_code,
        lookup.change_indicator,
        coalesce(latest_population.population_count, 0) as population_count,
        count(*) over parent as child_count,
        sum(coalesce(latest_population.population_count, 0)) over parent as children_population_count
    from lookup
    left join latest_population on lookup.lsoa_2021_code = latest_population.lsoa_code
    window parent as (partition by lookup.lsoa_2011_code)
)

select
    lsoa_2011_code,
    lsoa_2021_code,
    change_indicator,
    case
        when child_count = 1 then 1.0
        when children_population_count = 0 then 1.0 / child_count
        else population_count::double / children_population_count::double
    end::double as count_weight
from children
order by lsoa_2011_code, lsoa_2021_code
