{# Name of the active weight scheme: the var, else the environment, else the article's. #}
{% macro harm_scheme() -%}
    {{ return(var('harm_scheme', env_var('CRIMEHARM_HARM_SCHEME', 'seed_article'))) }}
{%- endmacro %}

{# Whether a crime counts as ultra-high harm: by its weight, or by a category that always does. #}
{% macro is_ultra_high_harm(crime_type, harm_days) -%}
    (
        {{ harm_days }} >= {{ var('ultra_high_harm_days') }}
        {%- for category in var('ultra_high_harm_always') %}
        or {{ crime_type }} = '{{ category | replace("'", "''") }}'
        {%- endfor %}
    )
{%- endmacro %}
