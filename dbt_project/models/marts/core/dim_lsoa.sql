with lookup as (
    select * from {{ ref('stg_ons__lsoa_lookup') }}
),

wards as (
    select * from {{ ref('stg_ons__lsoa_wards') }}
),

force_areas as (
    select * from {{ ref('stg_ons__lad_police_forces') }}
),

forces as (
    select * from {{ ref('police_forces') }}
),

centroids as (
    select * from {{ ref('stg_ons__lsoa_centroids') }}
),

boundaries as (
    select * from {{ ref('stg_ons__lsoa_boundaries') }}
),

population as (
    select * from {{ ref('stg_nomis__population') }}
),

ethnicity as (
    select * from {{ ref('stg_nomis__ethnicity') }}
),

imd_2019 as (
    select * from {{ ref('int_deprivation_2019_reconciled') }}
),

imd_2025 as (
    select * from {{ ref('stg_iod__imd_2025') }}
),

lsoas as (
    select
        lsoa_2021_code as lsoa_code,
        max(lsoa_2021_name) as lsoa_name
    from lookup
    group by lsoa_2021_code
),

latest_population as (
    select
        lsoa_code,
        max(population_year) as population_year,
        max_by(population_count, population_year) as population_count
    from population
    group by lsoa_code
),

residents as (
    select
        lsoa_code,
        sum(resident_count) filter (where ethnic_group = 'Asian')::bigint as asian_count,
        sum(resident_count) filter (where ethnic_group = 'Black')::bigint as black_count,
        sum(resident_count) filter (where ethnic_group = 'Mixed')::bigint as mixed_count,
        sum(resident_count) filter (where ethnic_group = 'White')::bigint as white_count,
        sum(resident_count) filter (where ethnic_group = 'Other')::bigint as other_count
    from ethnicity
    group by lsoa_code
)

select
    lsoas.lsoa_code,
    lsoas.lsoa_name,
    wards.ward_code,
    wards.ward_name,
    wards.lad_code,
    wards.lad_name,
    force_areas.police_force_area_code,
    force_areas.police_force_area_name,
    forces.force_slug,
    centroids.easting_m,
    centroids.northing_m,
    st_area(boundaries.boundary) / 1e6 as area_km2,
    latest_population.population_count,
    latest_population.population_year,
    latest_population.population_count < {{ var('minimum_population') }} as has_small_population,
    imd_2019.imd_2019_score,
    imd_2019.imd_2019_rank,
    imd_2019.imd_2019_decile,
    imd_2019.imd_2019_method,
    imd_2025.imd_score as imd_2025_score,
    imd_2025.imd_rank as imd_2025_rank,
    imd_2025.imd_decile as imd_2025_decile,
    residents.asian_count,
    residents.black_count,
    residents.mixed_count,
    residents.white_count,
    residents.other_count,
    starts_with(lsoas.lsoa_code, 'E') as is_in_england
from lsoas
left join wards on lsoas.lsoa_code = wards.lsoa_code
left join force_areas on wards.lad_code = force_areas.lad_code
left join forces on force_areas.police_force_area_code = forces.police_force_area_code
left join centroids on lsoas.lsoa_code = centroids.lsoa_code
left join boundaries on lsoas.lsoa_code = boundaries.lsoa_code
left join latest_population on lsoas.lsoa_code = latest_population.lsoa_code
left join imd_2019 on lsoas.lsoa_code = imd_2019.lsoa_code
left join imd_2025 on lsoas.lsoa_code = imd_2025.lsoa_2021_code
left join residents on lsoas.lsoa_code = residents.lsoa_code
order by lsoas.lsoa_code
