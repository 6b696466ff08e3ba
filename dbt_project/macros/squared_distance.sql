{# Square of the straight distance between two relations' points, in square metres of the British National Grid. #}
{% macro squared_distance(left, right) -%}
    power({{ left }}.easting_m - {{ right }}.easting_m, 2) + power({{ left }}.northing_m - {{ right }}.northing_m, 2)
{%- endmacro %}
