{# Any build makes the record of what the warehouse was made from untrue; the caller that finishes one writes it anew. #}
{% macro forget_build_record() -%}
    {%- if flags.WHICH in ('build', 'run', 'seed', 'retry') -%}
    drop table if exists build_record
    {%- endif -%}
{%- endmacro %}
