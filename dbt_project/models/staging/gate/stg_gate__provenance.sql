with provenance as (
    select *
    from read_json(
        '{{ data_root() }}/landing/**/provenance.json',
        filename = true,
        hive_partitioning = false,
        columns = {
            dataset: 'VARCHAR',
            month: 'VARCHAR',
            "force": 'VARCHAR',
            "release": 'VARCHAR',
            record_count: 'BIGINT',
            data_version: 'VARCHAR',
            fetched_at: 'TIMESTAMP WITH TIME ZONE'
        }
    )
)

select
    dataset,
    month,
    "force",
    "release",
    record_count,
    data_version,
    make_timestamp(epoch_us(fetched_at)) as fetched_at
from provenance
where not {{ is_superseded('filename') }}
