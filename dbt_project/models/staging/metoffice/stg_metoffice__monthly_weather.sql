with published as (
    select *
    from {{ validated_if_supplied(
        'metoffice_monthly_weather',
        {
            'station_id': 'varchar', 'station_name': 'varchar', 'easting_m': 'double', 'northing_m': 'double',
            'weather_month': 'date', 'temperature_max_c': 'double', 'temperature_min_c': 'double',
            'air_frost_days': 'integer', 'rain_mm': 'double', 'sunshine_hours': 'double',
            'is_estimated': 'boolean', 'is_sunshine_from_sensor': 'boolean', 'is_provisional': 'boolean'
        }
    ) }}
)

select
    station_id,
    station_name,
    easting_m,
    northing_m,
    weather_month,
    temperature_max_c,
    temperature_min_c,
    air_frost_days,
    rain_mm,
    sunshine_hours,
    is_estimated,
    is_sunshine_from_sensor,
    is_provisional
from published
