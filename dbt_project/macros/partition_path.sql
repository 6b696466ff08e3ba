{# What a folder under validated/ holds, read from its path: dataset, month and force (null for reference data). #}
{% macro partition_columns(folder) -%}
    regexp_extract({{ folder }}, '.*/validated/([^/]+)', 1) as dataset,
    nullif(regexp_extract({{ folder }}, '/month=([^/]+)/force=[^/]+$', 1), '') as "month",
    nullif(regexp_extract({{ folder }}, '/month=[^/]+/force=([^/]+)$', 1), '') as "force"
{%- endmacro %}
