{% set waivers %}STRUCT(
    "file" VARCHAR, sha256 VARCHAR, rules VARCHAR[], signed_by VARCHAR, "role" VARCHAR, signed_on VARCHAR,
    reason VARCHAR, valid_until VARCHAR
)[]{% endset %}

with verdicts as (
    select *
    from read_json(
        '{{ data_root() }}/validated/**/verdict.json',
        filename = true,
        hive_partitioning = false,
        columns = {
            dataset: 'VARCHAR',
            month: 'VARCHAR',
            "force": 'VARCHAR',
            status: 'VARCHAR',
            data_version: 'VARCHAR',
            suite_version: 'VARCHAR',
            record_count_landed: 'BIGINT',
            record_count_validated: 'BIGINT',
            record_count_quarantined: 'BIGINT',
            parquet_sha256: 'VARCHAR',
            reason: 'VARCHAR',
            decisions_version: 'VARCHAR',
            waivers: '{{ waivers }}',
            corrections: 'STRUCT("count" BIGINT)[]'
        }
    )
)

select
    parse_dirpath(filename) as folder,
    {{ partition_columns('parse_dirpath(filename)') }},
    dataset as judged_dataset,
    "month" as judged_month,
    "force" as judged_force,
    status,
    data_version,
    suite_version,
    record_count_landed as landed_count,
    record_count_validated as validated_count,
    record_count_quarantined as quarantined_count,
    parquet_sha256,
    reason,
    decisions_version,
    waivers,
    list_sum(list_transform(corrections, lambda file: struct_extract(file, 'count')))::bigint as corrected_count
from verdicts
where not {{ is_superseded('filename') }}
