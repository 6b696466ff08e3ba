{{ config(
    materialized = 'table_by_month',
    month_column = 'first_month',
    first_seen_by = ['longitude', 'latitude']
) }}

with supplied as (
    select * from {{ ref('int_supplied_locations') }}
    where {{ in_these_months('first_month') }}
),

boundaries as (
    select * from {{ ref('stg_ons__lsoa_boundaries') }}
),

centroids as (
    select * from {{ ref('stg_ons__lsoa_centroids') }}
),

snap_points as (
    select
        longitude,
        latitude,
        st_transform(st_point(longitude, latitude), 'EPSG:4326', 'EPSG:27700', always_xy := true) as snap_point,
        min(first_month) as first_month
    from supplied
    where longitude is not null and latitude is not null
    group by longitude, latitude
),

good_polygons as (
    select
        lsoa_code,
        boundary
    from boundaries
    where is_point_in_polygon_grade
),

-- Generalised neighbours may overlap by a sliver: the lower code wins, so that the answer is always the same.
contained as (
    select
        snap_points.longitude,
        snap_points.latitude,
        min(good_polygons.lsoa_code) as polygon_lsoa_code
    from snap_points
    inner join good_polygons on st_contains(good_polygons.boundary, snap_points.snap_point)
    group by snap_points.longitude, snap_points.latitude
),

outside_every_good_polygon as (
    select
        snap_points.longitude,
        snap_points.latitude,
        st_x(snap_points.snap_point) as easting_m,
        st_y(snap_points.snap_point) as northing_m
    from snap_points
    left join contained
        on
            snap_points.longitude = contained.longitude
            and snap_points.latitude = contained.latitude
    where contained.polygon_lsoa_code is null
),

-- A centroid within 5 km lies in the point's own 5 km cell or in one of the eight around it.
centroid_cells as (
    select
        centroids.lsoa_code,
        centroids.easting_m,
        centroids.northing_m,
        floor(centroids.easting_m / 5000) + shift_east.step as cell_east,
        floor(centroids.northing_m / 5000) + shift_north.step as cell_north
    from centroids
    cross join (values (-1), (0), (1)) as shift_east (step)
    cross join (values (-1), (0), (1)) as shift_north (step)
),

nearest_centroids as (
    select
        outside_every_good_polygon.longitude,
        outside_every_good_polygon.latitude,
        min_by(
            centroid_cells.lsoa_code,
            (
                {{ squared_distance('outside_every_good_polygon', 'centroid_cells') }},
                centroid_cells.lsoa_code
            )
        ) as lsoa_code
    from outside_every_good_polygon
    inner join centroid_cells
        on
            floor(outside_every_good_polygon.easting_m / 5000) = centroid_cells.cell_east
            and floor(outside_every_good_polygon.northing_m / 5000) = centroid_cells.cell_north
    where {{ squared_distance('outside_every_good_polygon', 'centroid_cells') }} <= 5000 * 5000
    group by outside_every_good_polygon.longitude, outside_every_good_polygon.latitude
),

-- Where the nearest area has a good polygon, the point is known to lie outside it: no area is better than a wrong one.
nearest_crude_areas as (
    select
        nearest_centroids.longitude,
        nearest_centroids.latitude,
        nearest_centroids.lsoa_code as nearest_lsoa_code
    from nearest_centroids
    left join good_polygons on nearest_centroids.lsoa_code = good_polygons.lsoa_code
    where good_polygons.lsoa_code is null
)

select
    snap_points.longitude,
    snap_points.latitude,
    st_x(snap_points.snap_point) as easting_m,
    st_y(snap_points.snap_point) as northing_m,
    contained.polygon_lsoa_code,
    nearest_crude_areas.nearest_lsoa_code,
    snap_points.first_month
from snap_points
left join contained
    on
        snap_points.longitude = contained.longitude
        and snap_points.latitude = contained.latitude
left join nearest_crude_areas
    on
        snap_points.longitude = nearest_crude_areas.longitude
        and snap_points.latitude = nearest_crude_areas.latitude
order by snap_points.first_month, snap_points.longitude, snap_points.latitude
