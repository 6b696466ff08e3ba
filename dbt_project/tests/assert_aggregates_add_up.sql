with facts as (
    select
        count(*) as crime_count,
        count(lsoa_code) as located_count,
        coalesce(sum(harm_days), 0) as harm_days,
        coalesce(sum(harm_days) filter (where lsoa_code is not null), 0) as located_harm_days
    from {{ ref('fct_crimes') }}
),

force_months as (
    select
        coalesce(sum(crime_count), 0) as crime_count,
        coalesce(sum(crime_count - unlocated_count), 0) as located_count,
        coalesce(sum(harm_days), 0) as harm_days
    from {{ ref('mart_harm_force_month') }}
),

lsoa_months as (
    select
        coalesce(sum(crime_count), 0) as located_count,
        coalesce(sum(harm_days), 0) as located_harm_days
    from {{ ref('fct_crime_lsoa_month') }}
),

methods as (
    select coalesce(sum(crime_count), 0) as crime_count from {{ ref('audit_location_methods') }}
)

select
    facts.crime_count,
    facts.located_count,
    facts.harm_days,
    facts.located_harm_days
from facts
cross join force_months
cross join lsoa_months
cross join methods
where
    facts.crime_count <> force_months.crime_count
    or facts.crime_count <> methods.crime_count
    or facts.located_count <> force_months.located_count
    or facts.located_count <> lsoa_months.located_count
    -- Sums of doubles in different orders differ in their last digits.
    or abs(facts.harm_days - force_months.harm_days) > 1e-9 * greatest(facts.harm_days, 1)
    or abs(facts.located_harm_days - lsoa_months.located_harm_days) > 1e-9 * greatest(facts.harm_days, 1)
