with verdicts as (
    select * from {{ ref('stg_gate__verdicts') }}
),

unnested as (
    select
        dataset,
        "month",
        "force",
        unnest(waivers) as waiver
    from verdicts
)

select
    dataset,
    "month",
    "force",
    struct_extract(waiver, 'file') as waiver_file,
    struct_extract(waiver, 'sha256') as waiver_sha256,
    array_to_string(struct_extract(waiver, 'rules'), ', ') as waived_rules,
    struct_extract(waiver, 'signed_by') as signed_by,
    struct_extract(waiver, 'role') as signed_role,
    struct_extract(waiver, 'signed_on')::date as signed_on,
    struct_extract(waiver, 'reason') as waiver_reason,
    struct_extract(waiver, 'valid_until')::date as valid_until
from unnested
order by dataset, "month", "force", waiver_file
