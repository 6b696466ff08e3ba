with files as (
    select
        file as filename,
        parse_dirpath(file) as folder,
        {{ partition_columns('parse_dirpath(file)') }}
    from glob('{{ data_root() }}/validated/**/*.parquet')
    where
        parse_filename(file) <> '_schema.parquet'
        and not {{ is_superseded('file') }}
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
