with published as (
    select * from {{ validated('ons_lsoa_2021_centroids') }}
)

select
    lsoa_2021_code as lsoa_code,
    easting_m::double as easting_m,
    northing_m::double as northing_m
from published
