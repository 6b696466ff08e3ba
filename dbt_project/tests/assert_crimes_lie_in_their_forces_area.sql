-- Files that were exchanged are sound in every value: only the places tell.
select
    crimes.force_slug,
    crimes.crime_month,
    count(*) as located_count,
    count(*) filter (where areas.force_slug <> crimes.force_slug) as elsewhere_count
from {{ ref('fct_crimes') }} as crimes
inner join {{ ref('dim_lsoa') }} as areas on crimes.lsoa_code = areas.lsoa_code
group by crimes.force_slug, crimes.crime_month
having count(*) filter (where areas.force_slug <> crimes.force_slug) > 0.25 * count(*)
