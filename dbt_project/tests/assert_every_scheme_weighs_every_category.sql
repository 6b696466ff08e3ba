select
    schemes.harm_scheme,
    crime_types.crime_type
from (select distinct harm_scheme from {{ ref('int_harm_weights_current') }}) as schemes
cross join {{ ref('crime_types') }} as crime_types
left join {{ ref('int_harm_weights_current') }} as weights
    on
        schemes.harm_scheme = weights.harm_scheme
        and crime_types.crime_type = weights.crime_type
where weights.harm_days is null
