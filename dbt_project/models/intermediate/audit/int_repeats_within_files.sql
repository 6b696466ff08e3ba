{{ config(materialized = 'table_by_month', month_column = 'record_month') }}

with street as (
    select * from {{ ref('stg_police_uk__street') }}
    where {{ in_these_months('partition_month', 'source_file') }}
),

outcomes as (
    select * from {{ ref('stg_police_uk__outcomes') }}
    where {{ in_these_months('partition_month', 'source_file') }}
),

stops as (
    select * from {{ ref('stg_police_uk__stop_and_search') }}
    where {{ in_these_months('stop_month', 'source_file') }}
),

-- Few records repeat. Their hashes are counted first, since to group all records by long texts takes more memory than
-- there is; different records of one hash only mean that a few more are looked at.
suspect_ids as (
    select hash(crime_id) as id_hash
    from street
    where crime_id is not null
    group by id_hash
    having count(*) > 1
),

with_suspect_id as (
    select street.*
    from street
    inner join suspect_ids on hash(street.crime_id) = suspect_ids.id_hash
    where street.crime_id is not null
),

suspect_rows as (
    select hash(force_slug, partition_month, crime_type, longitude, latitude, location_name) as row_hash
    from street
    where crime_id is null
    group by row_hash
    having count(*) > 1
),

without_suspect_id as (
    select street.*
    from street
    inner join suspect_rows
        on
            hash(
                street.force_slug, street.partition_month, street.crime_type, street.longitude, street.latitude,
                street.location_name
            ) = suspect_rows.row_hash
    where street.crime_id is null
),

repeated_crime_ids as (
    select
        'police_street' as dataset,
        force_slug,
        partition_month as record_month,
        crime_id,
        min(source_row) as first_source_row,
        count(*) as record_count,
        count(distinct concat_ws('|', longitude, latitude, supplied_lsoa_code, location_name)) as place_count,
        count(distinct crime_type) as type_count,
        count(distinct coalesce(last_outcome_category, '')) as outcome_count
    from with_suspect_id
    group by force_slug, partition_month, crime_id
    having count(*) > 1
),

within_file as (
    select
        dataset,
        case
            when place_count > 1 then 'crime_id_repeats_other_place'
            when type_count > 1 then 'crime_id_repeats_other_type'
            when outcome_count > 1 then 'crime_id_repeats_other_outcome'
            else 'crime_id_repeats_same_row'
        end as duplicate_rule,
        force_slug,
        record_month,
        crime_id,
        first_source_row,
        record_count
    from repeated_crime_ids
),

without_id as (
    select
        'police_street' as dataset,
        'full_row_repeats_without_id' as duplicate_rule,
        force_slug,
        partition_month as record_month,
        max(crime_id) as crime_id,
        min(source_row) as first_source_row,
        count(*) as record_count
    from without_suspect_id
    group by
        force_slug, partition_month, crime_type, reported_by, falls_within, longitude, latitude, location_name,
        supplied_lsoa_code, last_outcome_category
    having count(*) > 1
),

outcome_repeats as (
    select
        'police_outcomes' as dataset,
        'outcome_repeats_same_row' as duplicate_rule,
        force_slug,
        partition_month as record_month,
        crime_id,
        min(source_row) as first_source_row,
        count(*) as record_count
    from outcomes
    group by force_slug, partition_month, crime_id, outcome_type, longitude, latitude, supplied_lsoa_code
    having count(*) > 1
),

-- Staging compares every published field, also those that it does not carry on.
stop_repeats as (
    select
        'police_stop_and_search' as dataset,
        'stop_exact_repeat' as duplicate_rule,
        force_slug,
        stop_month as record_month,
        null::varchar as crime_id,
        min(source_row) as first_source_row,
        count(*) as record_count
    from stops
    group by force_slug, stop_month, first_equal_row
    having count(*) > 1
),

found as (
    select * from within_file
    union all
    select * from without_id
    union all
    select * from outcome_repeats
    union all
    select * from stop_repeats
)

select * from found
order by record_month, dataset, duplicate_rule, force_slug, first_source_row
