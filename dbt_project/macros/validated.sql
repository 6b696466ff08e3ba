{#
    The rows of a validated dataset that a matching verdict vouches for, with the file name of each.
    source() is called for the lineage alone: the rows come from the files that int_gate_accepted_files lists.
    hive_partitioning is off because the folders' month would shadow the column of that name.
#}
{% macro validated(dataset) -%}
    {%- do source('validated', dataset) -%}
    (
        select *
        from read_parquet(
            '{{ data_root() }}/validated/{{ dataset }}/**/*.parquet',
            filename = true, union_by_name = true, hive_partitioning = false
        )
        where filename in (select filename from {{ ref('int_gate_accepted_files') }})
    )
{%- endmacro %}

{#
    The same for a dataset that may not have been supplied: without any file, no rows of the given columns and types.
    While parsing nothing may be read, and the source and the gate must still be seen as upstream.
#}
{% macro validated_if_supplied(dataset, columns) -%}
    {{ rows_if_any_file(data_root() ~ '/validated/' ~ dataset ~ '/**/*.parquet', validated(dataset), columns) }}
{%- endmacro %}

{#
    The given relation when any file matches the pattern, else no rows of the given columns and types. Whoever reads
    the compiled SQL for its lineage assumes that every file was supplied.
#}
{% macro rows_if_any_file(pattern, relation, columns) -%}
    {%- if not execute or var('assume_every_file', false) or run_query("select 1 from glob('" ~ pattern ~ "') limit 1") | length > 0 -%}
    {{ relation }}
    {%- else -%}
    (
        select
            {%- for name, type in columns.items() %}
            null::{{ type }} as "{{ name }}"{{ ',' if not loop.last }}
            {%- endfor %}
        where false
    )
    {%- endif -%}
{%- endmacro %}
