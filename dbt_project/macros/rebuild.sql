{#
    Facts lie in order of month. A build that is told from which month on its input has changed
    (CRIMEHARM_REBUILD_FROM, YYYY-MM) deletes that month and those after it, and inserts them anew; any other build
    makes the whole table. Either way the same rows lie in the same order.
#}
{% macro rebuild_from() -%}
    {{ return(env_var('CRIMEHARM_REBUILD_FROM', '')) }}
{%- endmacro %}

{# Whether this build keeps the months of a fact that come before the first changed one. #}
{% macro is_rebuilt_by_month() -%}
    {{ return(rebuild_from() != '' and is_incremental()) }}
{%- endmacro %}

{# Before a fact is built by month: its months that are built again. #}
{% macro forget_rebuilt_months(month_column) -%}
    {%- if execute and is_rebuilt_by_month() -%}
    delete from {{ this }} where {{ month_column }} >= '{{ rebuild_from() }}-01'
    {%- endif -%}
{%- endmacro %}

{# Any build makes the record of what the warehouse was made from untrue; the caller that finishes one writes it anew. #}
{% macro forget_build_record() -%}
    {%- if flags.WHICH in ('build', 'run', 'seed', 'retry') -%}
    drop table if exists build_record
    {%- endif -%}
{%- endmacro %}
