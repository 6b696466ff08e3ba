-- Facts by force and month against what landed, past staging: a join that drops one month and doubles another shows.
with facts as (
    select
        'police_street' as dataset,
        force_slug,
        crime_month as record_month,
        count(*) as fact_count
    from {{ ref('fct_crimes') }}
    group by force_slug, crime_month
    union all
    select
        'police_outcomes' as dataset,
        force_slug,
        outcome_month as record_month,
        count(*) as fact_count
    from {{ ref('fct_outcomes') }}
    group by force_slug, outcome_month
    union all
    select
        'police_stop_and_search' as dataset,
        force_slug,
        stop_month as record_month,
        count(*) as fact_count
    from {{ ref('fct_stops') }}
    group by force_slug, stop_month
),

landed as (
    select
        reconciliation.dataset,
        reconciliation."force" as force_slug,
        strptime(reconciliation."month", '%Y-%m')::date as record_month,
        case
            when coverage.status = 'present'
                then reconciliation.landed_count - reconciliation.quarantined_count
            else 0
        end as accepted_count
    from {{ ref('audit_row_reconciliation') }} as reconciliation
    left join {{ ref('audit_coverage') }} as coverage
        on
            reconciliation.dataset = coverage.dataset
            and reconciliation."month" = coverage."month"
            and reconciliation."force" = coverage."force"
)

select
    coalesce(facts.dataset, landed.dataset) as dataset,
    coalesce(facts.force_slug, landed.force_slug) as force_slug,
    coalesce(facts.record_month, landed.record_month) as record_month,
    landed.accepted_count,
    facts.fact_count
from facts
full outer join landed
    on
        facts.dataset = landed.dataset
        and facts.force_slug = landed.force_slug
        and facts.record_month = landed.record_month
where coalesce(landed.accepted_count, 0) <> coalesce(facts.fact_count, 0)
