with provenance as (
    select * from {{ ref('stg_gate__provenance') }}
),

quarantine as (
    select * from {{ ref('stg_gate__quarantine') }}
),

crimes as (
    select * from {{ ref('stg_police_uk__street') }}
),

outcomes as (
    select * from {{ ref('stg_police_uk__outcomes') }}
),

stops as (
    select * from {{ ref('stg_police_uk__stop_and_search') }}
),

landed as (
    select
        dataset,
        "month",
        "force",
        record_count as landed_count
    from provenance
    where "month" is not null
),

staged as (
    select
        'police_street' as dataset,
        strftime(partition_month, '%Y-%m') as "month",
        force_slug as "force",
        count(*) as staged_count
    from crimes
    group by partition_month, force_slug
    union all
    select
        'police_outcomes' as dataset,
        strftime(partition_month, '%Y-%m') as "month",
        force_slug as "force",
        count(*) as staged_count
    from outcomes
    group by partition_month, force_slug
    union all
    select
        'police_stop_and_search' as dataset,
        strftime(stop_month, '%Y-%m') as "month",
        force_slug as "force",
        count(*) as staged_count
    from stops
    group by stop_month, force_slug
),

quarantined as (
    select
        dataset,
        "month",
        "force",
        count(*) as quarantined_count
    from quarantine
    where "month" is not null
    group by dataset, "month", "force"
),

counted as (
    select
        dataset,
        "month",
        "force",
        landed_count,
        null::bigint as staged_count,
        null::bigint as quarantined_count
    from landed
    union all
    select
        dataset,
        "month",
        "force",
        null::bigint as landed_count,
        staged_count,
        null::bigint as quarantined_count
    from staged
    union all
    select
        dataset,
        "month",
        "force",
        null::bigint as landed_count,
        null::bigint as staged_count,
        quarantined_count
    from quarantined
)

select
    dataset,
    "month",
    "force",
    coalesce(sum(landed_count), 0)::bigint as landed_count,
    coalesce(sum(staged_count), 0)::bigint as staged_count,
    coalesce(sum(quarantined_count), 0)::bigint as quarantined_count
from counted
group by dataset, "month", "force"
order by dataset, "month", "force"
