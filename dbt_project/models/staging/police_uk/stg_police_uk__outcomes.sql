with published as (
    select * from {{ validated('police_outcomes') }}
)

select
    {{ record_id() }} as outcome_record_id,
    crime_id,
    strptime("month", '%Y-%m')::date as outcome_month,
    strptime(partition_month, '%Y-%m')::date as partition_month,
    force_slug,
    longitude::double as longitude,
    latitude::double as latitude,
    lsoa_code as supplied_lsoa_code,
    outcome_type,
    source_file,
    source_row::bigint as source_row,
    data_version,
    "release"
from published
