{#
    Fails for every key of several columns that more than one row has. Nulls count as equal to each other. With
    `month_column`, what an earlier build tested and this one keeps is not tested again: months, when the column is a
    part of the key; else (`among_all`) rows whose key no row of the months built anew has.
#}
{% test unique_combination(model, columns, month_column = none, among_all = false) %}
    {%- set key = columns | join(', ') -%}
    {%- set is_anew = lies_in_window([month_column], rebuild_from() if month_column else '', '') %}
    select
        {{ key }},
        count(*) as row_count
    from {{ model }}
    where
        {% if among_all and rebuild_from() -%}
        ({{ key }}) in (select ({{ key }}) from {{ model }} where {{ is_anew }})
        {%- else -%}
        {{ is_anew }}
        {%- endif %}
    group by {{ key }}
    having count(*) > 1
{% endtest %}
