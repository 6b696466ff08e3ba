with provenance as (
    select * from {{ ref('stg_gate__provenance') }}
)

select
    dataset,
    "force",
    min(fetched_at) as first_fetched_at,
    max(fetched_at) as last_fetched_at
from provenance
group by dataset, "force"
order by dataset, "force"
