with crimes as (
    select * from {{ ref('fct_crimes') }}
)

select
    force_slug,
    crime_month,
    location_method,
    count(*) as crime_count
from crimes
group by force_slug, crime_month, location_method
order by force_slug, crime_month, location_method
