{# The data folder, without a slash at its end. Dagster sets the variable to an absolute path. #}
{% macro data_root() -%}
    {{ return(env_var('CRIMEHARM_DATA_ROOT', '../data').rstrip('/')) }}
{%- endmacro %}

{# A DuckDB expression that is true for a path that lies in a folder of superseded files. #}
{% macro is_superseded(path) -%}
    contains({{ path }}, '/superseded/')
{%- endmacro %}
