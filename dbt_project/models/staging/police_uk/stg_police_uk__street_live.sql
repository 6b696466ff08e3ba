with published as (
    select * from {{ validated('police_street_live') }}
)

select
    concat_ws('|', 'live', area, partition_month, api_id) as crime_record_id,
    crime_id,
    strptime("month", '%Y-%m')::date as crime_month,
    strptime(partition_month, '%Y-%m')::date as partition_month,
    force_slug,
    reported_by,
    falls_within,
    longitude::double as longitude,
    latitude::double as latitude,
    "location" as location_name,
    lsoa_code as supplied_lsoa_code,
    crime_type,
    last_outcome_category,
    source_file,
    source_row::bigint as source_row,
    data_version,
    "release",
    api_id::bigint as api_id,
    street_id::bigint as street_id,
    street_name,
    location_type,
    strptime(last_outcome_month, '%Y-%m')::date as last_outcome_month,
    area as area_name,
    area_wkt
from published
