with weights as (
    select * from {{ ref('harm_weights') }}
),

current_weights as (
    select
        scheme as harm_scheme,
        category as crime_type,
        max_by(days, valid_from)::double as harm_days
    from weights
    group by scheme, category
)

select
    harm_scheme,
    crime_type,
    harm_days,
    harm_scheme = '{{ harm_scheme() }}' as is_active_scheme
from current_weights
order by harm_scheme, crime_type
