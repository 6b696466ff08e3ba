with revisions as (
    select * from {{ ref('stg_gate__revisions') }}
),

verdicts as (
    select * from {{ ref('stg_gate__verdicts') }}
)

select
    revisions."month",
    revisions."force",
    revisions.earlier_release,
    revisions.later_release,
    revisions.earlier_data_version,
    revisions.later_data_version,
    revisions.earlier_count,
    revisions.later_count,
    revisions.added_count,
    revisions.gone_count,
    revisions.moved_count,
    revisions.recoded_count,
    revisions.reclassified_count,
    revisions.outcome_changed_count,
    coalesce(verdicts.status = 'passed' and verdicts.data_version = revisions.later_data_version, false)
        as is_later_current
from revisions
left join verdicts
    on
        verdicts.dataset = 'police_street'
        and revisions."month" = verdicts."month"
        and revisions."force" = verdicts."force"
order by
    revisions."month", revisions."force", revisions.earlier_release, revisions.earlier_data_version,
    revisions.later_data_version
