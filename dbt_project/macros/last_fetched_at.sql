{# A query for the time of a dataset's newest fetch, from the provenance beside its landed bytes. #}
{% macro last_fetched_at(dataset) -%}
    select max(fetched_at)
    from read_json(
        '{{ data_root() }}/landing/{{ dataset }}/**/provenance.json',
        hive_partitioning = false,
        columns = {fetched_at: 'TIMESTAMP WITH TIME ZONE'}
    )
{%- endmacro %}
