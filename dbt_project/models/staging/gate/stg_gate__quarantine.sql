with quarantined as (
    select *
    from read_parquet(
        '{{ data_root() }}/quarantine/**/*.parquet',
        filename = true, union_by_name = true, hive_partitioning = false
    )
)

select
    dataset,
    month,
    "force",
    source_file,
    source_row::bigint as source_row,
    rule,
    reason,
    value,
    record
from quarantined
where not {{ is_superseded('filename') }}
