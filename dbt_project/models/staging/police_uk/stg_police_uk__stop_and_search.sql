with published as (
    select * from {{ validated('police_stop_and_search') }}
),

numbered as (
    select
        *,
        row_number() over (equal_stops order by source_row) as occurrence,
        min(source_row) over equal_stops as first_equal_row
    from published
    -- Everything published about the stop: lineage columns would make each row differ.
    window equal_stops as (
        partition by
            partition_month, force_slug, "type", "date", part_of_a_policing_operation, policing_operation,
            latitude, longitude, gender, age_range, self_defined_ethnicity, officer_defined_ethnicity,
            legislation, object_of_search, outcome, outcome_linked_to_object_of_search,
            removal_of_more_than_just_outer_clothing
    )
)

select
    {{ record_id() }} as stop_record_id,
    strptime(partition_month, '%Y-%m')::date as stop_month,
    force_slug,
    make_timestamp(epoch_us("date"::timestamptz)) as searched_at,
    "type" as stop_type,
    gender,
    age_range,
    self_defined_ethnicity,
    officer_defined_ethnicity,
    legislation,
    object_of_search,
    outcome,
    -- Written as a word; many forces leave it blank, which is not false.
    case lower(outcome_linked_to_object_of_search)
        when 'true' then true
        when 'false' then false
    end as is_outcome_linked_to_object,
    longitude::double as longitude,
    latitude::double as latitude,
    occurrence > 1 as is_exact_repeat,
    first_equal_row::bigint as first_equal_row,
    source_file,
    source_row::bigint as source_row,
    data_version,
    "release"
from numbered
