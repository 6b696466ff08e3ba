{#
    Fails for every row on which the expression is false or null. With `months`, a date and the name of the record's
    file, months that an earlier build tested and this one keeps are not tested again.
#}
{% test expression_is_true(model, expression, months = none) %}
    select *
    from {{ model }}
    where
        not coalesce({{ expression }}, false)
        and {{ lies_in_window(months, rebuild_from() if months else '', '') }}
{% endtest %}
