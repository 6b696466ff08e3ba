{{ config(materialized = 'table_by_month', month_column = 'crime_month') }}

with lsoa_months as (
    select * from {{ ref('fct_crime_lsoa_month') }}
    where {{ in_these_months('crime_month') }}
),

weights as (
    select * from {{ ref('int_harm_weights_current') }}
),

crime_types as (
    select * from {{ ref('crime_types') }}
)

select
    lsoa_months.lsoa_code,
    lsoa_months.crime_month,
    weights.harm_scheme,
    weights.is_active_scheme,
    sum(lsoa_months.crime_count)::bigint as crime_count,
    {{ sum_days('lsoa_months.crime_count * weights.harm_days') }}::double as harm_days,
    coalesce(
        {{ sum_days('lsoa_months.crime_count * weights.harm_days') }} filter (where not crime_types.is_proactive), 0
    )::double as harm_days_without_proactive
from lsoa_months
inner join weights on lsoa_months.crime_type = weights.crime_type
inner join crime_types on lsoa_months.crime_type = crime_types.crime_type
group by lsoa_months.lsoa_code, lsoa_months.crime_month, weights.harm_scheme, weights.is_active_scheme
order by lsoa_months.crime_month, lsoa_months.lsoa_code, weights.harm_scheme
