{{ config(
    materialized = 'table_by_month',
    month_column = 'first_month',
    first_seen_by = ['supplied_lsoa_code', 'longitude', 'latitude']
) }}

with crimes as (
    select
        supplied_lsoa_code,
        longitude,
        latitude,
        partition_month
    from {{ ref('stg_police_uk__street') }}
    where {{ in_these_months('partition_month', 'source_file') }}
),

outcomes as (
    select
        supplied_lsoa_code,
        longitude,
        latitude,
        partition_month
    from {{ ref('stg_police_uk__outcomes') }}
    where {{ in_these_months('partition_month', 'source_file') }}
),

stops as (
    select
        null::varchar as supplied_lsoa_code,
        longitude,
        latitude,
        stop_month as partition_month
    from {{ ref('stg_police_uk__stop_and_search') }}
    where {{ in_these_months('stop_month', 'source_file') }}
),

supplied as (
    select * from crimes
    union all
    select * from outcomes
    union all
    select * from stops
)

select
    supplied_lsoa_code,
    longitude,
    latitude,
    min(partition_month) as first_month
from supplied
group by supplied_lsoa_code, longitude, latitude
order by first_month, supplied_lsoa_code, longitude, latitude
