with crimes as (
    select * from {{ ref('stg_police_uk__street') }}
),

outcomes as (
    select * from {{ ref('stg_police_uk__outcomes') }}
),

stops as (
    select * from {{ ref('stg_police_uk__stop_and_search') }}
),

supplied as (
    select
        supplied_lsoa_code,
        longitude,
        latitude
    from crimes
    union
    select
        supplied_lsoa_code,
        longitude,
        latitude
    from outcomes
    union
    select
        null as supplied_lsoa_code,
        longitude,
        latitude
    from stops
)

select
    supplied_lsoa_code,
    longitude,
    latitude
from supplied
order by supplied_lsoa_code, longitude, latitude
