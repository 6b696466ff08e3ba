-- A weight that a join lost and a coalesce made nothing of would pass for a crime without harm.
select
    crimes.crime_record_id,
    crimes.crime_type,
    crimes.harm_days,
    weights.harm_days as weight
from {{ ref('fct_crimes') }} as crimes
left join {{ ref('int_harm_weights_current') }} as weights
    on
        crimes.harm_scheme = weights.harm_scheme
        and crimes.crime_type = weights.crime_type
where crimes.harm_days is distinct from weights.harm_days
