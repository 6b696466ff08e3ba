with published as (
    select * from {{ validated('police_street') }}
)

select
    {{ record_id() }} as crime_record_id,
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
    "release"
from published
