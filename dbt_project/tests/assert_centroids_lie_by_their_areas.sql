-- Exchanged axes, or another grid, would still be metres inside the grid's bounds.
select
    centroids.lsoa_code,
    st_distance(boundaries.boundary, st_point(centroids.easting_m, centroids.northing_m)) as distance_m
from {{ ref('stg_ons__lsoa_centroids') }} as centroids
inner join {{ ref('stg_ons__lsoa_boundaries') }} as boundaries on centroids.lsoa_code = boundaries.lsoa_code
where st_distance(boundaries.boundary, st_point(centroids.easting_m, centroids.northing_m)) >= 5000
