-- A withheld or absent partition stages nothing; audit_coverage names it.
select
    reconciliation.dataset,
    reconciliation."month",
    reconciliation."force",
    reconciliation.landed_count,
    reconciliation.staged_count,
    reconciliation.quarantined_count
from {{ ref('audit_row_reconciliation') }} as reconciliation
left join {{ ref('audit_coverage') }} as coverage
    on
        reconciliation.dataset = coverage.dataset
        and reconciliation."month" = coverage."month"
        and reconciliation."force" = coverage."force"
where
    reconciliation.landed_count <> reconciliation.staged_count + reconciliation.quarantined_count
    and coalesce(coverage.status, 'present') = 'present'
