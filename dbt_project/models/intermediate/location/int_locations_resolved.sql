{{ config(materialized = 'table_by_month', month_column = 'first_month') }}

with supplied as (
    select * from {{ ref('int_supplied_locations') }}
    where {{ in_these_months('first_month') }}
),

codes as (
    select * from {{ ref('int_lsoa_codes_classified') }}
),

lookup as (
    select * from {{ ref('stg_ons__lsoa_lookup') }}
),

centroids as (
    select * from {{ ref('stg_ons__lsoa_centroids') }}
),

snap_points as (
    select * from {{ ref('int_snap_points_located') }}
),

placed as (
    select
        supplied.supplied_lsoa_code,
        supplied.longitude,
        supplied.latitude,
        supplied.first_month,
        snap_points.easting_m,
        snap_points.northing_m,
        snap_points.polygon_lsoa_code,
        snap_points.nearest_lsoa_code,
        codes.code_method,
        codes.lsoa_code as code_lsoa_code
    from supplied
    left join codes on supplied.supplied_lsoa_code = codes.supplied_lsoa_code
    left join snap_points
        on
            supplied.longitude = snap_points.longitude
            and supplied.latitude = snap_points.latitude
),

-- For a code that was split: the child that contains the point, and the child with the nearest centroid.
split_children as (
    select
        placed.supplied_lsoa_code,
        placed.longitude,
        placed.latitude,
        max(lookup.lsoa_2021_code) filter (
            where lookup.lsoa_2021_code = placed.polygon_lsoa_code
        ) as containing_child_code,
        min_by(
            lookup.lsoa_2021_code,
            ({{ squared_distance('placed', 'centroids') }}, lookup.lsoa_2021_code)
        ) as nearest_child_code
    from placed
    inner join lookup on placed.supplied_lsoa_code = lookup.lsoa_2011_code
    inner join centroids on lookup.lsoa_2021_code = centroids.lsoa_code
    where placed.code_method = 'split' and placed.easting_m is not null
    group by placed.supplied_lsoa_code, placed.longitude, placed.latitude
),

resolved as (
    select
        placed.supplied_lsoa_code,
        placed.longitude,
        placed.latitude,
        placed.first_month,
        placed.easting_m,
        placed.northing_m,
        case
            when placed.code_method in ('supplied_2021', 'supplied_unchanged', 'merged_parent')
                then placed.code_method
            when split_children.containing_child_code is not null then 'split_point_in_polygon'
            when split_children.nearest_child_code is not null then 'split_nearest_centroid'
            when placed.code_method is null and placed.polygon_lsoa_code is not null then 'point_in_polygon'
            when placed.code_method is null and placed.nearest_lsoa_code is not null then 'nearest_centroid'
            else 'unlocated'
        end as location_method,
        coalesce(
            placed.code_lsoa_code,
            split_children.containing_child_code,
            split_children.nearest_child_code,
            case when placed.code_method is null then placed.polygon_lsoa_code end,
            case when placed.code_method is null then placed.nearest_lsoa_code end
        ) as lsoa_code
    from placed
    left join split_children
        on
            placed.supplied_lsoa_code = split_children.supplied_lsoa_code
            and placed.longitude = split_children.longitude
            and placed.latitude = split_children.latitude
)

select
    supplied_lsoa_code,
    longitude,
    latitude,
    easting_m,
    northing_m,
    lsoa_code,
    location_method,
    first_month
from resolved
order by first_month, supplied_lsoa_code, longitude, latitude
