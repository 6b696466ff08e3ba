{#
    What `table_by_month` and `table_by_id` share. Either some rows of the table that is there are made anew, or the whole
    table is built beside it and takes its place.
#}

{# The table that a build writes into: the one that is there when it keeps rows, else one beside it, which is begun anew. #}
{% macro table_to_write(target, keeps_rows) -%}
    {%- if keeps_rows -%}
        {{ return(target) }}
    {%- endif -%}
    {%- set beside = make_intermediate_relation(target) -%}
    {% do drop_relation_if_exists(load_cached_relation(beside)) %}
    {{ return(beside) }}
{%- endmacro %}

{# Whether there is a table whose rows this build may keep. #}
{% macro may_keep_rows(existing) -%}
    {{ return(existing is not none and existing.is_table and rebuild_from() != '') }}
{%- endmacro %}

{# Put what was written in the table's place, if it was written beside it. #}
{% macro put_in_place(existing, written, target) -%}
    {% if written != target %}
        {% do drop_relation_if_exists(existing) %}
        {% do adapter.rename_relation(written, target) %}
    {% endif %}
    {% do persist_docs(target, model) %}
{%- endmacro %}
