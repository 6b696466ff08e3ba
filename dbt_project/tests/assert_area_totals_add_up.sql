with facts as (
    select
        force_slug,
        crime_month,
        crime_type,
        count(*) as crime_count,
        sum(harm_days) as harm_days
    from {{ ref('fct_crimes') }}
    group by force_slug, crime_month, crime_type
),

forces as (
    select * from {{ ref('mart_crime_area_month') }}
    where area_type = 'force'
),

districts as (
    select coalesce(sum(crime_count), 0) as crime_count from {{ ref('mart_crime_area_month') }}
    where area_type = 'district'
),

located as (
    select count(*) as crime_count
    from {{ ref('fct_crimes') }} as crimes
    inner join {{ ref('dim_lsoa') }} as areas on crimes.lsoa_code = areas.lsoa_code
    where areas.lad_code is not null
)

select
    coalesce(facts.force_slug, forces.area_code) as area_code,
    coalesce(facts.crime_month, forces.crime_month) as crime_month,
    facts.crime_count as fact_count,
    forces.crime_count as area_count
from facts
full outer join forces
    on
        facts.force_slug = forces.area_code
        and facts.crime_month = forces.crime_month
        and facts.crime_type = forces.crime_type
where
    facts.crime_count is distinct from forces.crime_count
    or not coalesce(abs(facts.harm_days - forces.harm_days) <= 1e-9 * greatest(facts.harm_days, 1), false)
union all
select
    'all districts' as area_code,
    null as crime_month,
    located.crime_count as fact_count,
    districts.crime_count as area_count
from located
cross join districts
where located.crime_count <> districts.crime_count
