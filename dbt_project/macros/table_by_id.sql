{#
    A table of one row per id, which the files of any month may name. It asks of a model: `id_column`; `month_column`,
    the last month whose records name the id; `named_by`, the tables whose records do, each with its month; and
    `of_touched_ids` wherever it reads them.

    A build that is told from which month on its input has changed (CRIMEHARM_REBUILD_FROM) makes those rows anew whose
    id such a month names or named, from the records of every month, and keeps the others. Rows lie in no order.
#}
{% materialization table_by_id, adapter = 'duckdb' %}
    {%- set id_column = config.require('id_column') -%}
    {%- set month_column = config.require('month_column') -%}
    {%- set named_by = config.require('named_by') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type = 'table') -%}
    {%- set keeps_rows = may_keep_rows(existing) -%}
    {%- set building = table_to_write(target, keeps_rows) -%}

    {{ run_hooks(pre_hooks, inside_transaction = False) }}
    {{ run_hooks(pre_hooks, inside_transaction = True) }}

    {% if keeps_rows %}
        {% call statement('touched') -%}
            create or replace temporary table touched_ids as
            select {{ id_column }} from {{ building }} where {{ month_column }} >= '{{ rebuild_from() }}-01'
            {%- for table, month in named_by.items() %}
                union
                select {{ id_column }} from {{ this.incorporate(path = {'identifier': table}) }}
                where {{ month }} >= '{{ rebuild_from() }}-01'
            {%- endfor %}
        {%- endcall %}
        {% call statement('delete') -%}
            delete from {{ building }} where {{ id_column }} in (select {{ id_column }} from touched_ids)
        {%- endcall %}
        {% call statement('main') -%}
            insert into {{ building }} by name {{ narrowed_to_touched_ids(compiled_code, id_column) }}
        {%- endcall %}
        {% call statement('forget') -%} drop table touched_ids {%- endcall %}
    {% else %}
        {% call statement('main') -%} {{ create_table_as(False, building, compiled_code) }} {%- endcall %}
    {% endif %}
    {% do put_in_place(existing, building, target) %}
    {{ run_hooks(post_hooks, inside_transaction = True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction = False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# The condition that a record's id is among those whose rows are made. True but for `table_by_id`. #}
{% macro of_touched_ids() -%}
    /* of_touched_ids */ true
{%- endmacro %}

{% macro narrowed_to_touched_ids(sql, id_column) -%}
    {{ return(sql.replace(
        '/* of_touched_ids */ true', id_column ~ ' in (select ' ~ id_column ~ ' from touched_ids)'
    )) }}
{%- endmacro %}
