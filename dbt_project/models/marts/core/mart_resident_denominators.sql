with areas as (
    select * from {{ ref('dim_lsoa') }}
),

crimes as (
    select * from {{ ref('fct_crimes') }}
),

boundaries as (
    select * from {{ ref('stg_ons__lsoa_boundaries') }}
),

town_centres as (
    select * from {{ ref('stg_gla__town_centres') }}
),

-- Centres may overlap each other: their ground is counted once.
covered as (
    select
        boundaries.lsoa_code,
        st_area(st_union_agg(st_intersection(boundaries.boundary, town_centres.boundary)))
        / st_area(any_value(boundaries.boundary)) as town_centre_share
    from boundaries
    inner join town_centres on st_intersects(boundaries.boundary, town_centres.boundary)
    group by boundaries.lsoa_code
),

-- Polygons are published for Greater London alone: they speak for the districts that have one.
mapped_districts as (
    select distinct areas.lad_code
    from areas
    inner join covered on areas.lsoa_code = covered.lsoa_code
),

observed as (
    select max(crime_month) as last_month from crimes
),

in_window as (
    select
        crimes.lsoa_code,
        crimes.force_slug,
        crimes.crime_month
    from crimes
    cross join observed
    where crimes.crime_month >= {{ window_start('observed.last_month') }}
),

force_months as (
    select
        force_slug,
        count(distinct crime_month) as month_count
    from in_window
    group by force_slug
),

crime_counts as (
    select
        lsoa_code,
        count(*) as crime_count
    from in_window
    where lsoa_code is not null
    group by lsoa_code
),

gathered as (
    select
        areas.lsoa_code,
        areas.population_count,
        areas.population_year,
        areas.has_small_population,
        mapped_districts.lad_code is not null as is_mapped,
        case when mapped_districts.lad_code is not null then coalesce(covered.town_centre_share, 0) end
            as town_centre_share,
        -- As if the force's months had been twelve.
        case
            when force_months.month_count > 0 and areas.population_count > 0
                then 12.0 * coalesce(crime_counts.crime_count, 0) / force_months.month_count / areas.population_count
        end::double as crimes_per_resident_year
    from areas
    left join covered on areas.lsoa_code = covered.lsoa_code
    left join mapped_districts on areas.lad_code = mapped_districts.lad_code
    left join force_months on areas.force_slug = force_months.force_slug
    left join crime_counts on areas.lsoa_code = crime_counts.lsoa_code
),

judged as (
    select
        *,
        case
            when is_mapped then town_centre_share >= {{ var('town_centre_overlap_share') }}
            else crimes_per_resident_year >= {{ var('town_centre_crimes_per_resident') }}
        end as is_town_centre,
        case
            when is_mapped then 'town_centre_polygon'
            when crimes_per_resident_year is not null then 'crimes_per_resident'
            else 'not_judged'
        end as town_centre_rule
    from gathered
)

select
    lsoa_code,
    population_count,
    population_year,
    coalesce(has_small_population, true) as is_small_population,
    town_centre_share,
    crimes_per_resident_year,
    is_town_centre,
    town_centre_rule,
    coalesce(has_small_population, true) or coalesce(is_town_centre, false) as is_resident_rate_misleading
from judged
order by lsoa_code
