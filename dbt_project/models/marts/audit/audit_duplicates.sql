with within_files as (
    select * from {{ ref('int_repeats_within_files') }}
),

crimes as (
    select * from {{ ref('fct_crimes') }}
),

repeated_ids as (
    select crime_id
    from {{ ref('mart_crime_outcomes') }}
    where crime_record_count > 1
),

between_files as (
    select
        'police_street' as dataset,
        'crime_id_repeats_other_file' as duplicate_rule,
        min_by(force_slug, (crime_month, force_slug)) as force_slug,
        min(crime_month) as record_month,
        crime_id,
        min_by(source_row, (crime_month, force_slug, source_row)) as first_source_row,
        count(*) as record_count
    from crimes
    where crime_id in (select repeated_ids.crime_id from repeated_ids)
    group by crime_id
    having count(distinct concat_ws('|', crime_month, force_slug)) > 1
),

found as (
    select * from within_files
    union all
    select * from between_files
)

select
    dataset,
    duplicate_rule,
    force_slug,
    record_month,
    concat_ws('|', force_slug, strftime(record_month, '%Y-%m'), first_source_row) as first_record_id,
    crime_id,
    record_count,
    record_count - 1 as surplus_count,
    true as is_kept,
    case duplicate_rule
        when 'crime_id_repeats_same_row' then 'one crime may have several victims, and the files do not say'
        when 'crime_id_repeats_other_place' then 'records of one crime at several places cannot be told from errors'
        when 'crime_id_repeats_other_type' then 'a crime may be recorded under several categories'
        when 'crime_id_repeats_other_outcome' then 'a crime with several suspects may have several outcomes'
        when 'crime_id_repeats_other_file' then 'which of the files is right is not published'
        when 'full_row_repeats_without_id' then 'reports without an id at one snap point in one month are real reports'
        when 'outcome_repeats_same_row' then 'several suspects may have the same outcome'
        when 'stop_exact_repeat' then 'several people may be searched at once; fct_stops marks the repeats'
    end as reason
from found
order by dataset, duplicate_rule, force_slug, record_month, first_source_row
