with coverage as (
    select * from {{ ref('audit_coverage') }}
),

provenance as (
    select * from {{ ref('stg_gate__provenance') }}
),

months as (
    select
        dataset,
        "force" as force_slug,
        strptime(max("month"), '%Y-%m')::date as newest_month_asked,
        strptime(max("month") filter (where status = 'present'), '%Y-%m')::date as newest_month,
        count(*) filter (where status = 'present') as present_count,
        count(*) filter (where status <> 'present') as missing_count
    from coverage
    group by dataset, "force"
),

fetches as (
    select
        dataset,
        "force" as force_slug,
        min(fetched_at) as first_fetched_at,
        max(fetched_at) as last_fetched_at
    from provenance
    group by dataset, "force"
)

select
    months.dataset,
    months.force_slug,
    months.newest_month_asked,
    months.newest_month,
    datediff('month', months.newest_month, months.newest_month_asked) as months_behind_count,
    months.present_count,
    months.missing_count,
    fetches.first_fetched_at,
    fetches.last_fetched_at
from months
left join fetches
    on
        months.dataset = fetches.dataset
        and months.force_slug is not distinct from fetches.force_slug
order by months.dataset, months.force_slug
