with outcomes as (
    select * from {{ ref('stg_police_uk__outcomes') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

outcome_groups as (
    select * from {{ ref('outcome_groups') }}
),

crimes as (
    select * from {{ ref('fct_crimes') }}
),

-- A country has many more crimes than a month has outcomes: only the crimes that outcomes name are kept.
known_crimes as (
    select distinct crime_id from crimes
    where crime_id in (select outcomes.crime_id from outcomes)
)

select
    outcomes.outcome_record_id,
    outcomes.crime_id,
    outcomes.outcome_month,
    outcomes.force_slug,
    outcomes.outcome_type,
    outcome_groups.outcome_group,
    locations.lsoa_code,
    locations.location_method,
    known_crimes.crime_id is not null as is_crime_in_warehouse,
    outcomes.source_file,
    outcomes.source_row,
    outcomes.data_version
from outcomes
left join locations
    on
        outcomes.supplied_lsoa_code is not distinct from locations.supplied_lsoa_code
        and outcomes.longitude is not distinct from locations.longitude
        and outcomes.latitude is not distinct from locations.latitude
left join outcome_groups on outcomes.outcome_type = outcome_groups.outcome_type
left join known_crimes on outcomes.crime_id = known_crimes.crime_id
order by outcomes.force_slug, outcomes.outcome_month, outcomes.source_row
