with verdicts as (
    select * from {{ ref('stg_gate__verdicts') }}
),

bank_holidays as (
    select * from {{ ref('stg_govuk__bank_holidays') }}
),

weather as (
    select * from {{ ref('stg_metoffice__monthly_weather') }}
),

asked_for as (
    select
        min(strptime("month", '%Y-%m'))::date as first_month,
        max(strptime("month", '%Y-%m'))::date as last_month
    from verdicts
    where "month" is not null
),

months as (
    select unnest(generate_series(first_month, last_month, interval 1 month))::date as calendar_month
    from asked_for
),

days as (
    select
        calendar_month,
        unnest(generate_series(calendar_month, last_day(calendar_month), interval 1 day))::date as calendar_day
    from months
),

calendar as (
    select
        calendar_month,
        count(*)::integer as days_in_month,
        (count(*) filter (where isodow(calendar_day) >= 6))::integer as weekend_day_count
    from days
    group by calendar_month
),

holidays as (
    select
        date_trunc('month', holiday_date)::date as calendar_month,
        count(*)::integer as bank_holiday_count
    from bank_holidays
    where division = 'england-and-wales'
    group by date_trunc('month', holiday_date)
),

-- A year of which no holiday is published lies outside the publisher's window: its count is unknown, not zero.
years as (
    select distinct year(holiday_date) as holiday_year
    from bank_holidays
    where division = 'england-and-wales'
),

-- Added as decimals: the mean of doubles depends on the order in which threads add them.
over_stations as (
    select
        weather_month as calendar_month,
        count(*)::integer as weather_station_count,
        avg(temperature_max_c::decimal(9, 3)) as temperature_max_c,
        avg(temperature_min_c::decimal(9, 3)) as temperature_min_c,
        avg(rain_mm::decimal(9, 3)) as rain_mm,
        avg(sunshine_hours::decimal(9, 3)) as sunshine_hours,
        avg(((temperature_max_c + temperature_min_c) / 2)::decimal(9, 3)) as temperature_mean_c,
        bool_or(is_provisional) as is_weather_provisional
    from weather
    group by weather_month
)

select
    calendar.calendar_month,
    calendar.days_in_month,
    calendar.weekend_day_count,
    case
        when years.holiday_year is not null then coalesce(holidays.bank_holiday_count, 0)
    end as bank_holiday_count,
    coalesce(over_stations.weather_station_count, 0) as weather_station_count,
    over_stations.temperature_mean_c,
    over_stations.temperature_max_c,
    over_stations.temperature_min_c,
    over_stations.rain_mm,
    over_stations.sunshine_hours,
    over_stations.is_weather_provisional
from calendar
left join years on year(calendar.calendar_month) = years.holiday_year
left join holidays on calendar.calendar_month = holidays.calendar_month
left join over_stations on calendar.calendar_month = over_stations.calendar_month
order by calendar.calendar_month
