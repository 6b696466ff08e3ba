-- Such a record is still placed by its point, or counted as unlocated: it must not happen unseen.
with known as (
    select lsoa_2011_code as lsoa_code from {{ ref('stg_ons__lsoa_lookup') }}
    union
    select lsoa_2021_code as lsoa_code from {{ ref('stg_ons__lsoa_lookup') }}
)

select
    crimes.force_slug,
    crimes.crime_month,
    count(*) as supplied_count,
    count(*) filter (where known.lsoa_code is null) as unknown_count
from {{ ref('fct_crimes') }} as crimes
left join known on crimes.supplied_lsoa_code = known.lsoa_code
where crimes.supplied_lsoa_code is not null
group by crimes.force_slug, crimes.crime_month
having count(*) filter (where known.lsoa_code is null) > 0.01 * count(*)
