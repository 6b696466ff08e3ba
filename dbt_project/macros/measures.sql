{# A rate per 1,000 residents; null where too few people live for a rate to mean anything. #}
{% macro rate_per_1000(measure, residents) -%}
    case when {{ residents }} >= {{ var('minimum_population') }} then 1000.0 * {{ measure }} / {{ residents }} end
{%- endmacro %}

{# The first of the months of a window of ranking_window_months that ends with the given month. #}
{% macro window_start(last_month) -%}
    ({{ last_month }} - interval ({{ var('ranking_window_months') }} - 1) month)::date
{%- endmacro %}

{# The stable name of a staged police record: force, month and place in the file. #}
{% macro record_id() -%}
    concat_ws('|', force_slug, partition_month, source_row)
{%- endmacro %}

{# A sum of weights in days, added as decimals: sums of doubles depend on the order in which threads add them. #}
{% macro sum_days(days) -%}
    sum(({{ days }})::decimal(18, 4))
{%- endmacro %}
