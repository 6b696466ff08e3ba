with coverage as (
    select * from {{ ref('audit_coverage') }}
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
)

select
    dataset,
    force_slug,
    newest_month_asked,
    newest_month,
    datediff('month', newest_month, newest_month_asked) as months_behind_count,
    present_count,
    missing_count
from months
order by dataset, force_slug
