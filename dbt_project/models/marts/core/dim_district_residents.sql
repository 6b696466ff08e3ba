with areas as (
    select * from {{ ref('dim_lsoa') }}
),

estimates as (
    select * from {{ ref('stg_nomis__age_sex') }}
),

population as (
    select * from {{ ref('stg_nomis__population') }}
),

-- The age ranges in which police.uk publishes those searched.
age_ranges (age_range, first_age, last_age) as (
    values ('under 10', 0, 9), ('10-17', 10, 17), ('18-24', 18, 24), ('25-34', 25, 34), ('over 34', 35, 90)
),

genders (gender) as (
    values ('Male'), ('Female')
),

districts as (
    select
        lad_code,
        max(lad_name) as lad_name,
        max(force_slug) as force_slug,
        count(*) as lsoa_count
    from areas
    where lad_code is not null
    group by lad_code
),

estimated as (
    select
        lad_code,
        population_year,
        sum(resident_count) as resident_count
    from estimates
    group by lad_code, population_year
),

by_area as (
    select
        areas.lad_code,
        population.population_year,
        sum(population.population_count) as population_count,
        count(*) as lsoa_count
    from areas
    inner join population on areas.lsoa_code = population.lsoa_code
    group by areas.lad_code, population.population_year
),

-- Only the residents of all of a district's areas, in the same year, can be set against the estimate.
judged as (
    select
        districts.lad_code,
        districts.lad_name,
        districts.force_slug,
        estimated.population_year,
        case
            when estimated.lad_code is null then 'not_in_estimates'
            when
                abs(estimated.resident_count - by_area.population_count)
                > {{ var('district_residents_tolerance') }} * by_area.population_count
                then 'disagrees_with_areas'
            when by_area.lad_code is null then 'not_compared'
            else 'agrees_with_areas'
        end as resident_basis
    from districts
    left join estimated on districts.lad_code = estimated.lad_code
    left join by_area
        on
            estimated.lad_code = by_area.lad_code
            and estimated.population_year = by_area.population_year
            and districts.lsoa_count = by_area.lsoa_count
),

counted as (
    select
        estimates.lad_code,
        age_ranges.age_range,
        estimates.sex as gender,
        sum(estimates.resident_count)::bigint as resident_count
    from estimates
    inner join age_ranges on estimates.age_years between age_ranges.first_age and age_ranges.last_age
    group by estimates.lad_code, age_ranges.age_range, estimates.sex
)

select
    judged.lad_code,
    judged.lad_name,
    judged.force_slug,
    age_ranges.age_range,
    genders.gender,
    case when judged.resident_basis in ('agrees_with_areas', 'not_compared') then counted.resident_count end
        as resident_count,
    judged.population_year,
    judged.resident_basis
from judged
cross join age_ranges
cross join genders
left join counted
    on
        judged.lad_code = counted.lad_code
        and age_ranges.age_range = counted.age_range
        and genders.gender = counted.gender
order by judged.lad_code, age_ranges.first_age, genders.gender
