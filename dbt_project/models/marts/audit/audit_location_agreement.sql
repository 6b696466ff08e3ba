{{ config(materialized = 'table_by_month', month_column = 'crime_month') }}

with crimes as (
    select * from {{ ref('fct_crimes') }}
    where {{ in_these_months('crime_month') }}
),

snap_points as (
    select * from {{ ref('int_snap_points_located') }}
),

boundaries as (
    select * from {{ ref('stg_ons__lsoa_boundaries') }}
),

good_polygons as (
    select
        lsoa_code,
        boundary
    from boundaries
    where is_point_in_polygon_grade
),

-- Where the point itself chose the area, the two agree because they are one.
coded as (
    select
        force_slug,
        crime_month,
        -- Null keeps the rest from meeting a judged pair below, and lets DuckDB look pairs up by hash.
        case
            when location_method in ('supplied_2021', 'supplied_unchanged', 'merged_parent') then lsoa_code
        end as coding_lsoa_code,
        longitude,
        latitude,
        count(*) as crime_count
    from crimes
    where supplied_lsoa_code is not null and longitude is not null and latitude is not null
    group by force_slug, crime_month, coding_lsoa_code, longitude, latitude
),

pairs as (
    select distinct
        coding_lsoa_code as lsoa_code,
        longitude,
        latitude
    from coded
    where coding_lsoa_code is not null
),

-- Each distinct point meets the one polygon of its code, and no other.
judged_pairs as (
    select
        pairs.lsoa_code,
        pairs.longitude,
        pairs.latitude,
        coalesce(snap_points.polygon_lsoa_code = pairs.lsoa_code, false) as is_agreed,
        coalesce(
            st_distance(good_polygons.boundary, st_point(snap_points.easting_m, snap_points.northing_m))
            <= {{ var('location_tolerance_m') }},
            false
        ) as is_near
    from pairs
    inner join snap_points
        on
            pairs.longitude = snap_points.longitude
            and pairs.latitude = snap_points.latitude
    left join good_polygons on pairs.lsoa_code = good_polygons.lsoa_code
    where good_polygons.lsoa_code is not null or snap_points.polygon_lsoa_code is not null
),

counted as (
    select
        coded.force_slug,
        coded.crime_month,
        sum(coded.crime_count)::bigint as coded_point_count,
        coalesce(sum(coded.crime_count) filter (where judged_pairs.is_agreed is not null), 0)::bigint
            as judged_count,
        coalesce(sum(coded.crime_count) filter (where judged_pairs.is_agreed), 0)::bigint as agreeing_count,
        coalesce(
            sum(coded.crime_count) filter (where not judged_pairs.is_agreed and judged_pairs.is_near), 0
        )::bigint as near_count
    from coded
    left join judged_pairs
        on
            coded.coding_lsoa_code = judged_pairs.lsoa_code
            and coded.longitude = judged_pairs.longitude
            and coded.latitude = judged_pairs.latitude
    group by coded.force_slug, coded.crime_month
)

select
    force_slug,
    crime_month,
    coded_point_count,
    judged_count,
    agreeing_count,
    near_count,
    judged_count - agreeing_count - near_count as disagreeing_count,
    agreeing_count::double / nullif(judged_count, 0)::double as agreeing_share
from counted
order by crime_month, force_slug
