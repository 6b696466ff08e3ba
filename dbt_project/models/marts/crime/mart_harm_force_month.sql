with crimes as (
    select * from {{ ref('fct_crimes') }}
)

select
    force_slug,
    crime_month,
    count(*) as crime_count,
    {{ sum_days('harm_days') }}::double as harm_days,
    harm_scheme,
    count(*) filter (where location_method = 'unlocated') as unlocated_count,
    count(*) filter (where not is_inside_force_area) as outside_force_area_count
from crimes
group by force_slug, crime_month, harm_scheme
order by force_slug, crime_month
