with published as (
    select * from {{ validated('ons_lsoa_2021_boundaries') }}
)

select
    lsoa_2021_code as lsoa_code,
    lsoa_2021_name as lsoa_name,
    is_point_in_polygon_grade,
    st_geomfromwkb(geometry_wkb) as boundary
from published
