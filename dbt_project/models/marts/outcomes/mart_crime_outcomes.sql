{{ config(
    materialized = 'table_by_id',
    id_column = 'crime_id',
    month_column = 'last_record_month',
    named_by = {'fct_crimes': 'crime_month', 'fct_outcomes': 'outcome_month'}
) }}

with crimes as (
    select * from {{ ref('fct_crimes') }}
    where crime_id is not null and {{ of_touched_ids() }}
),

outcomes as (
    select * from {{ ref('fct_outcomes') }}
    where crime_id is not null and {{ of_touched_ids() }}
),

outcome_groups as (
    select * from {{ ref('outcome_groups') }}
),

-- How far each group of outcomes goes; the place in this list is what "furthest" means.
ordered_groups (outcome_group, progress) as (
    values
    ('charged_or_summonsed', 1), ('out_of_court', 2), ('other', 3),
    ('evidential_difficulties', 4), ('no_suspect', 5), ('unknown', 6)
),

-- Few ids repeat: their hashes are counted first, since to sort all crimes by id takes more memory than there is.
suspect_ids as (
    select hash(crime_id) as id_hash
    from crimes
    group by id_hash
    having count(*) > 1
),

identified as (
    select
        crimes.crime_record_id,
        crimes.crime_id,
        crimes.force_slug,
        crimes.crime_month,
        crimes.crime_type,
        crimes.lsoa_code,
        crimes.last_outcome_category,
        suspect_ids.id_hash is not null as may_repeat
    from crimes
    left join suspect_ids on hash(crimes.crime_id) = suspect_ids.id_hash
),

-- An id that repeats is one crime: the located record tells of it, then the one whose outcome went furthest.
preferred as (
    select
        identified.crime_id,
        identified.force_slug,
        identified.crime_month,
        identified.crime_type,
        identified.lsoa_code,
        identified.last_outcome_category,
        count(*) over same_id as crime_record_count,
        max(identified.crime_month) over same_id as last_crime_month,
        row_number() over (
            partition by identified.crime_id
            order by
                identified.lsoa_code is null,
                coalesce(ordered_groups.progress, 7),
                identified.crime_month,
                identified.crime_record_id
        ) as preference
    from identified
    left join outcome_groups on identified.last_outcome_category = outcome_groups.outcome_type
    left join ordered_groups on outcome_groups.outcome_group = ordered_groups.outcome_group
    where identified.may_repeat
    window same_id as (partition by identified.crime_id)
),

-- The same wording in the same month is one outcome, however often the files print it.
told_once as (
    select
        crime_id,
        outcome_month,
        outcome_type,
        count(*) as record_count,
        min(force_slug) as force_slug,
        max(outcome_group) as outcome_group,
        min(source_row) as first_row
    from outcomes
    group by crime_id, outcome_month, outcome_type
),

placed as (
    select
        *,
        row_number() over (
            partition by crime_id
            order by outcome_month, first_row, outcome_type
        ) as place
    from told_once
),

gathered as (
    select
        crime_id,
        min(force_slug) as force_slug,
        count(*) as outcome_count,
        sum(record_count)::bigint as outcome_record_count,
        min(outcome_month) as first_outcome_month,
        min_by(outcome_type, place) as first_outcome_type,
        min_by(outcome_group, place) as first_outcome_group,
        max(outcome_month) as latest_outcome_month,
        max_by(outcome_type, place) as latest_outcome_type,
        max_by(outcome_group, place) as latest_outcome_group,
        array_agg(outcome_type order by place) as outcome_types
    from placed
    group by crime_id
),

known_crimes as (
    select
        crime_id,
        force_slug,
        crime_month,
        crime_type,
        lsoa_code,
        last_outcome_category,
        1 as crime_record_count,
        crime_month as last_crime_month
    from identified
    where not may_repeat
    union all
    select
        crime_id,
        force_slug,
        crime_month,
        crime_type,
        lsoa_code,
        last_outcome_category,
        crime_record_count,
        last_crime_month
    from preferred
    where preference = 1
)

select
    coalesce(known_crimes.crime_id, gathered.crime_id) as crime_id,
    coalesce(known_crimes.force_slug, gathered.force_slug) as force_slug,
    known_crimes.crime_month,
    known_crimes.crime_type,
    known_crimes.lsoa_code,
    coalesce(known_crimes.crime_record_count, 0) as crime_record_count,
    known_crimes.last_outcome_category,
    coalesce(gathered.outcome_count, 0) as outcome_count,
    coalesce(gathered.outcome_record_count, 0) as outcome_record_count,
    gathered.first_outcome_month,
    gathered.first_outcome_type,
    gathered.first_outcome_group,
    gathered.latest_outcome_month,
    gathered.latest_outcome_type,
    gathered.latest_outcome_group,
    gathered.outcome_types,
    datediff('month', known_crimes.crime_month, gathered.first_outcome_month)::integer as months_to_first_outcome,
    datediff('month', known_crimes.crime_month, gathered.latest_outcome_month)::integer as months_to_latest_outcome,
    greatest(
        coalesce(known_crimes.last_crime_month, gathered.latest_outcome_month),
        coalesce(gathered.latest_outcome_month, known_crimes.last_crime_month)
    ) as last_record_month
from known_crimes
-- In no order: to sort as many rows as there are crimes takes longer than all else, and a release sorts what it holds.
full outer join gathered on known_crimes.crime_id = gathered.crime_id
