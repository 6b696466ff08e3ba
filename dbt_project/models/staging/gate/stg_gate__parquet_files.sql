with files as (
    select
        filename,
        parse_dirpath(filename) as folder,
        {{ partition_columns('parse_dirpath(filename)') }}
    from read_blob('{{ data_root() }}/validated/**/*.parquet')
    where
        parse_filename(filename) <> '_schema.parquet'
        and not {{ is_superseded('filename') }}
),

-- A build that keeps months is told so by a caller that found every byte of them to be what the last build read.
digests as (
    select
        filename,
        sha256(content) as parquet_sha256
    from read_blob('{{ data_root() }}/validated/**/*.parquet')
    where
        not contains(filename, '/month=')
        or regexp_extract(filename, '/month=([^/]+)/', 1) >= '{{ rebuild_from() }}'
)

select
    files.filename,
    files.folder,
    files.dataset,
    files."month",
    files."force",
    digests.parquet_sha256,
    digests.filename is null as is_kept
from files
left join digests on files.filename = digests.filename
