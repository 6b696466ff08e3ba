with files as (
    select * from {{ ref('stg_gate__parquet_files') }}
),

verdicts as (
    select * from {{ ref('stg_gate__verdicts') }}
),

provenance as (
    select * from {{ ref('stg_gate__provenance') }}
),

required as (
    select * from {{ ref('stg_gate__required_versions') }}
),

judged as (
    select
        files.filename,
        files.dataset,
        files."month",
        files."force",
        verdicts.data_version,
        case
            when verdicts.folder is null
                then 'no verdict.json lies beside it'
            when
                coalesce(verdicts.judged_dataset, '') <> files.dataset
                or coalesce(verdicts.judged_month, '') <> coalesce(files."month", '')
                or coalesce(verdicts.judged_force, '') <> coalesce(files."force", '')
                then 'the verdict beside it is that of another partition'
            when coalesce(verdicts.status, 'missing') <> 'passed'
                then 'its verdict is ' || coalesce(verdicts.status, 'missing')
            when provenance.data_version is null
                then 'no provenance.json says what landed'
            when required.data_version is null
                then 'the bytes that lie landed are not those that were landed'
            when
                coalesce(verdicts.data_version, '') <> provenance.data_version
                or coalesce(verdicts.data_version, '') <> required.data_version
                then 'its verdict is for other bytes than those landed'
            when coalesce(verdicts.suite_version, '') <> coalesce(required.suite_version, 'none')
                then 'its verdict was given by other rules than those of today'
            when coalesce(verdicts.decisions_version, '') <> coalesce(required.decisions_version, '')
                then 'waivers or corrections have changed, expired or been removed since its verdict'
            when files.is_kept is not true and coalesce(verdicts.parquet_sha256, '') <> files.parquet_sha256
                then 'its bytes are not those that the gate passed'
        end as refusal_reason
    from files
    left join verdicts on files.folder = verdicts.folder
    left join provenance
        on
            files.dataset = provenance.dataset
            and files."month" is not distinct from provenance."month"
            and files."force" is not distinct from provenance."force"
    left join required
        on
            files.dataset = required.dataset
            and files."month" is not distinct from required."month"
            and files."force" is not distinct from required."force"
)

select
    filename,
    dataset,
    "month",
    "force",
    data_version,
    refusal_reason is null as is_accepted,
    refusal_reason
from judged
order by filename
