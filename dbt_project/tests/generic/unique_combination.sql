{#
    Fails for every key of several columns that more than one row has. Nulls count as equal to each other. With
    `month_column`, a part of the key, months that an earlier build tested and this one keeps are not tested again.
#}
{% test unique_combination(model, columns, month_column = none) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    {%- if month_column and rebuild_from() %}
    where {{ month_column }} >= '{{ rebuild_from() }}-01'
    {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
