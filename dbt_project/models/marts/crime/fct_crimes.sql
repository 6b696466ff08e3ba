{{ config(materialized = 'table_by_month', month_column = 'crime_month') }}

with crimes as (
    select * from {{ ref('stg_police_uk__street') }}
    where {{ in_these_months('crime_month', 'source_file') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

areas as (
    select * from {{ ref('dim_lsoa') }}
),

forces as (
    select * from {{ ref('police_forces') }}
),

active_weights as (
    select * from {{ ref('int_harm_weights_current') }}
    where is_active_scheme
)

select
    crimes.crime_record_id,
    crimes.crime_id,
    crimes.crime_month,
    crimes.force_slug,
    crimes.crime_type,
    locations.lsoa_code,
    crimes.supplied_lsoa_code,
    locations.location_method,
    crimes.longitude,
    crimes.latitude,
    locations.easting_m,
    locations.northing_m,
    -- A force without an area of its own (the transport police) is neither inside nor outside one.
    case
        when locations.lsoa_code is not null and forces.force_slug is not null
            then coalesce(areas.force_slug = crimes.force_slug, false)
    end as is_inside_force_area,
    active_weights.harm_days,
    '{{ harm_scheme() }}' as harm_scheme,
    {{ is_ultra_high_harm('crimes.crime_type', 'active_weights.harm_days') }} as is_ultra_high_harm,
    crimes.last_outcome_category,
    crimes.source_file,
    crimes.source_row,
    crimes.data_version
from crimes
left join locations
    on
        crimes.supplied_lsoa_code is not distinct from locations.supplied_lsoa_code
        and crimes.longitude is not distinct from locations.longitude
        and crimes.latitude is not distinct from locations.latitude
left join areas on locations.lsoa_code = areas.lsoa_code
left join forces on crimes.force_slug = forces.force_slug
left join active_weights on crimes.crime_type = active_weights.crime_type
order by crimes.crime_month, crimes.force_slug, crimes.source_row
