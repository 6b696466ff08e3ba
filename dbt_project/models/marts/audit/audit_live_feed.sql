with live as (
    select * from {{ ref('stg_police_uk__street_live') }}
),

street as (
    select * from {{ ref('fct_crimes') }}
),

crime_types as (
    select crime_type from {{ ref('crime_types') }}
),

asked as (
    select
        area_name,
        area_wkt,
        crime_month
    from live
    group by area_name, area_wkt, crime_month
),

archived as (
    select
        asked.area_name,
        street.crime_type,
        count(*) filter (
            where st_contains(st_geomfromtext(asked.area_wkt), st_point(street.longitude, street.latitude))
        ) as archive_count
    from asked
    inner join street on asked.crime_month = street.crime_month
    group by asked.area_name, street.crime_type
),

held as (
    select distinct crime_month from street
),

previewed as (
    select
        crime_type,
        count(*) as api_count
    from live
    group by crime_type
)

select
    asked.area_name,
    asked.crime_month,
    crime_types.crime_type,
    coalesce(previewed.api_count, 0) as api_count,
    case when held.crime_month is not null then coalesce(archived.archive_count, 0) end as archive_count,
    case
        when held.crime_month is not null
            then coalesce(previewed.api_count, 0) - coalesce(archived.archive_count, 0)
    end as count_difference
from asked
cross join crime_types
left join held on asked.crime_month = held.crime_month
left join previewed on crime_types.crime_type = previewed.crime_type
left join archived
    on
        asked.area_name = archived.area_name
        and crime_types.crime_type = archived.crime_type
order by crime_types.crime_type
