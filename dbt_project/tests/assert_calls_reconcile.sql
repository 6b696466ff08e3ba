-- The records landed are those staged and those quarantined, unless the dataset as a whole is absent or withheld.
with landed as (
    select coalesce(sum(landed_count), 0) as record_count
    from {{ ref('audit_coverage') }}
    where dataset = 'calls_for_service' and status = 'present'
),

staged as (
    select count(*) as record_count
    from {{ ref('stg_calls_for_service__incidents') }}
),

quarantined as (
    select count(*) as record_count
    from {{ ref('stg_gate__quarantine') }} as quarantine
    inner join {{ ref('audit_coverage') }} as coverage
        on quarantine.dataset = coverage.dataset and coverage.status = 'present'
    where quarantine.dataset = 'calls_for_service'
)

select
    landed.record_count as landed_count,
    staged.record_count as staged_count,
    quarantined.record_count as quarantined_count
from landed
cross join staged
cross join quarantined
where landed.record_count <> staged.record_count + quarantined.record_count
