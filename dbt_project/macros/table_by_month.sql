{#
    A table that is built some months at a time: one sort of all of them would not fit in memory. It asks of a model:
    `month_column`, a date of every row; `order by` with that column first; and `in_these_months` wherever it reads
    records. With `first_seen_by`, a list of columns, a row is only inserted when no earlier month has one like it.

    A build that is told from which month on its input has changed (CRIMEHARM_REBUILD_FROM) keeps the months before it
    and inserts the others anew. Either way the same rows lie in the same order.
#}
{% materialization table_by_month, adapter = 'duckdb' %}
    {%- set month_column = config.require('month_column') -%}
    {%- set first_seen_by = config.get('first_seen_by') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type = 'table') -%}
    {%- set keeps_months = may_keep_rows(existing) -%}
    {%- set building = table_to_write(target, keeps_months) -%}

    {{ run_hooks(pre_hooks, inside_transaction = False) }}
    {{ run_hooks(pre_hooks, inside_transaction = True) }}

    {% call statement('main') -%}
        {% if keeps_months -%}
            delete from {{ building }} where {{ month_column }} >= '{{ rebuild_from() }}-01'
        {%- else -%}
            {{ create_table_as(False, building, 'select * from (' ~ compiled_code ~ ') where false') }}
        {%- endif %}
    {%- endcall %}
    {% for first, after in windows_of_months(rebuild_from() if keeps_months else '') %}
        {% call statement('insert ' ~ loop.index) -%}
            insert into {{ building }} by name
            {% if first_seen_by -%}
                select fresh.*
                from ({{ of_months(compiled_code, first, after) }}) as fresh
                anti join {{ building }} as held
                    on {% for name in first_seen_by -%}
                        fresh.{{ name }} is not distinct from held.{{ name }}{{ ' and ' if not loop.last }}
                    {%- endfor %}
                order by {{ month_column }}, {{ first_seen_by | join(', ') }}
            {%- else -%}
                {{ of_months(compiled_code, first, after) }}
            {%- endif %}
        {%- endcall %}
    {% endfor %}

    {% do put_in_place(existing, building, target) %}
    {{ run_hooks(post_hooks, inside_transaction = True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction = False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
    The month (YYYY-MM) from which on this build makes facts anew; empty for all of them. Not asked for while parsing:
    dbt would parse all that names it anew whenever it changes.
#}
{% macro rebuild_from() -%}
    {{ return(env_var('CRIMEHARM_REBUILD_FROM', '') if execute else '') }}
{%- endmacro %}

{#
    The condition that a record is of the months being inserted: `month` is a date and `file`, if it is given, a text
    that begins with the month, so that whole Parquet files are passed over. True but for `table_by_month`.
#}
{% macro in_these_months(month, file = '') -%}
    /* in_these_months {{ month }} {{ file }} */ true
{%- endmacro %}

{# A model's SQL with `in_these_months` narrowed to a window. #}
{% macro of_months(sql, first, after) -%}
    {%- set parts = sql.split('/* in_these_months ') -%}
    {%- set narrowed = [parts[0]] -%}
    {%- for part in parts[1:] -%}
        {%- set columns, rest = part.split('*/ true', 1) -%}
        {%- do narrowed.append(lies_in_window(columns.split(), first, after) ~ rest) -%}
    {%- endfor -%}
    {{ return(narrowed | join('')) }}
{%- endmacro %}

{#
    Windows of months, as pairs of the first month and the one after the last (YYYY-MM). The outermost are open, so
    that a row of a month without a file of its own is kept too, and found by the tests.
#}
{% macro windows_of_months(first_month) -%}
    {%- set months = run_query(
        "select distinct \"month\" from " ~ this.incorporate(path = {'identifier': 'int_gate_accepted_files'})
        ~ " where \"month\" >= '" ~ first_month ~ "' order by 1"
    ).columns[0].values() -%}
    {%- set starts = [first_month] -%}
    {%- for month in months -%}
        {%- if loop.index0 > 0 and loop.index0 % var('months_inserted_at_once') == 0 -%}
            {%- do starts.append(month) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(zip(starts, starts[1:] + [''])) }}
{%- endmacro %}

{% macro lies_in_window(columns, first, after) -%}
    {%- set conditions = ['true'] -%}
    {%- for bound, comparison in ((first, '>='), (after, '<')) if bound -%}
        {%- do conditions.append(columns[0] ~ ' ' ~ comparison ~ " '" ~ bound ~ "-01'") -%}
        {%- if columns | length > 1 -%}
            {%- do conditions.append(columns[1] ~ ' ' ~ comparison ~ " '" ~ bound ~ "'") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(conditions | join(' and ')) }}
{%- endmacro %}
