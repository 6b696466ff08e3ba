-- A group that is not listed has no rate at all, where its rate may be 0.
select
    force_slug,
    ethnicity_basis,
    count(distinct ethnic_group) filter (where ethnic_group <> 'Not stated') as group_count
from {{ ref('mart_stops_ethnicity') }}
group by force_slug, ethnicity_basis
having count(distinct ethnic_group) filter (where ethnic_group <> 'Not stated') <> 5
