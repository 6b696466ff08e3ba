with judged as (
    select * from {{ ref('int_gate_files_judged') }}
)

select
    filename,
    dataset,
    "month",
    "force",
    data_version
from judged
where is_accepted
order by filename
