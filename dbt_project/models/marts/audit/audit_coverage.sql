with verdicts as (
    select * from {{ ref('stg_gate__verdicts') }}
),

provenance as (
    select * from {{ ref('stg_gate__provenance') }}
),

files as (
    select * from {{ ref('int_gate_files_judged') }}
),

waivers as (
    select
        dataset,
        "month",
        "force",
        string_agg(waived_rules, ', ' order by waiver_file) as waived_rules,
        string_agg(
            waiver_file || ' (sha256 ' || waiver_sha256 || '): signed by ' || signed_by || ', ' || signed_role
            || ', on ' || signed_on || ', until ' || valid_until || ': ' || waiver_reason,
            '; ' order by waiver_file
        ) as waivers,
        min(valid_until) as waived_until
    from {{ ref('int_gate_waivers') }}
    group by dataset, "month", "force"
),

refused as (
    select
        dataset,
        "month",
        "force",
        bool_or(is_accepted) as has_accepted_file,
        string_agg(parse_filename(filename) || ': ' || refusal_reason, '; ' order by filename) as refusals
    from files
    group by dataset, "month", "force"
),

asked_for as (
    select
        dataset,
        "month",
        "force"
    from verdicts
    union
    select
        dataset,
        "month",
        "force"
    from provenance
    union
    select
        dataset,
        "month",
        "force"
    from refused
),

gathered as (
    select
        asked_for.dataset,
        asked_for."month",
        asked_for."force",
        coalesce(refused.has_accepted_file, false) as has_accepted_file,
        verdicts.status as verdict_status,
        coalesce(provenance.record_count, verdicts.landed_count) as landed_count,
        waivers.waived_rules,
        waivers.waivers,
        waivers.waived_until,
        coalesce(verdicts.corrected_count, 0) as corrected_count,
        coalesce(
            refused.refusals,
            verdicts.reason,
            case
                when verdicts.status is null then 'landed, but its gate has not run'
                when verdicts.status = 'passed' then 'its verdict is passed, but no Parquet file lies beside it'
            end
        ) as reason
    from asked_for
    left join verdicts
        on
            asked_for.dataset = verdicts.dataset
            and asked_for."month" is not distinct from verdicts."month"
            and asked_for."force" is not distinct from verdicts."force"
    left join provenance
        on
            asked_for.dataset = provenance.dataset
            and asked_for."month" is not distinct from provenance."month"
            and asked_for."force" is not distinct from provenance."force"
    left join waivers
        on
            asked_for.dataset = waivers.dataset
            and asked_for."month" is not distinct from waivers."month"
            and asked_for."force" is not distinct from waivers."force"
    left join refused
        on
            asked_for.dataset = refused.dataset
            and asked_for."month" is not distinct from refused."month"
            and asked_for."force" is not distinct from refused."force"
)

select
    dataset,
    "month",
    "force",
    case
        when has_accepted_file then 'present'
        when verdict_status = 'absent' then 'absent'
        else 'withheld'
    end as status,
    landed_count,
    case when not has_accepted_file then reason end as reason,
    waived_rules,
    waivers,
    waived_until,
    corrected_count
from gathered
order by dataset, "month", "force"
