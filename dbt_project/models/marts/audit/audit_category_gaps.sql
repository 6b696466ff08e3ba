with crimes as (
    select * from {{ ref('fct_crimes') }}
),

coverage as (
    select * from {{ ref('audit_coverage') }}
),

crime_types as (
    select crime_type from {{ ref('crime_types') }}
),

present_months as (
    select
        "force" as force_slug,
        strptime("month", '%Y-%m')::date as crime_month
    from coverage
    where dataset = 'police_street' and status = 'present'
),

counted as (
    select
        force_slug,
        crime_month,
        crime_type,
        count(*) as crime_count
    from crimes
    group by force_slug, crime_month, crime_type
),

cells as (
    select
        present_months.force_slug,
        present_months.crime_month,
        crime_types.crime_type,
        coalesce(counted.crime_count, 0) as crime_count
    from present_months
    cross join crime_types
    left join counted
        on
            present_months.force_slug = counted.force_slug
            and present_months.crime_month = counted.crime_month
            and crime_types.crime_type = counted.crime_type
),

surrounded as (
    select
        force_slug,
        crime_month,
        crime_type,
        crime_count,
        avg(crime_count) over nearby as expected_count,
        count(*) over nearby as month_count
    from cells
    window nearby as (
        partition by force_slug, crime_type
        order by crime_month
        range between interval {{ var('category_gap_months') }} month preceding
        and interval {{ var('category_gap_months') }} month following
        exclude current row
    )
)

select
    force_slug,
    crime_month,
    crime_type,
    expected_count,
    month_count,
    exp(-expected_count) as zero_probability
from surrounded
where crime_count = 0 and expected_count >= {{ var('category_gap_expected_count') }}
order by force_slug, crime_month, crime_type
