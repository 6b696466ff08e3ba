-- A page lost in a download would leave its areas without rate, force or place, and nobody would see it.
with areas as (
    select * from {{ ref('dim_lsoa') }}
),

incomplete as (
    select
        lsoa_code,
        concat_ws(
            ', ',
            case when ward_code is null then 'ward' end,
            case when force_slug is null then 'police force' end,
            case when easting_m is null or northing_m is null then 'centroid' end,
            case when area_km2 is null then 'boundary' end,
            case when population_count is null then 'population' end,
            case when asian_count is null then 'ethnic groups' end
        ) as missing
    from areas
),

empty_areas as (
    select
        count(*) filter (where population_count = 0) as empty_count,
        count(*) as area_count
    from areas
)

select
    lsoa_code,
    missing
from incomplete
where missing <> ''
union all
select
    'all areas' as lsoa_code,
    'residents: ' || empty_count || ' of ' || area_count || ' areas have none' as missing
from empty_areas
where empty_count > 0.1 * area_count
