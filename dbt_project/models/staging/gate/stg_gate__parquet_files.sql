with files as (
    select
        filename,
        sha256(content) as parquet_sha256
    from read_blob('{{ data_root() }}/validated/**/*.parquet')
)

select
    filename,
    parse_dirpath(filename) as folder,
    {{ partition_columns('parse_dirpath(filename)') }},
    parquet_sha256
from files
where
    parse_filename(filename) <> '_schema.parquet'
    and not {{ is_superseded('filename') }}
