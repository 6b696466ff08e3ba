"""What the fairness audits read from the warehouse."""

from orchestration.defs.ml.area_queries import HELD_FORCES, LAST_YEAR

# The same searches as in mart_stops_ethnicity, without those of a vehicle alone: of other months, the two
# tables could be subtracted from each other.
STOPS = """
    with windows as (
        select distinct force_slug, window_start_month, window_end_month
        from mart_stops_ethnicity
    )
    select
        stops.force_slug,
        case
            when stops.lsoa_code is null then 'without_coordinates'
            when areas.force_slug is distinct from stops.force_slug then 'elsewhere'
            else coalesce(areas.lad_code, 'elsewhere')
        end as district_code,
        case
            when stops.lsoa_code is null then 'Without coordinates'
            when areas.force_slug is distinct from stops.force_slug then 'Outside the force''s area'
            else coalesce(areas.lad_name, 'Outside the force''s area')
        end as district_name,
        coalesce(stops.object_of_search, 'Not stated') as object_of_search,
        coalesce(stops.ethnic_group, 'Not stated') as self_defined_ethnicity,
        coalesce(stops.officer_ethnic_group, 'Not stated') as officer_defined_ethnicity,
        coalesce(stops.age_range, 'Not stated') as age_range,
        coalesce(stops.gender, 'Not stated') as gender,
        windows.window_start_month,
        windows.window_end_month,
        count(*) as stop_count,
        count(*) filter (where not stops.is_exact_repeat) as unrepeated_count,
        count(*) filter (where not stops.is_outcome_no_further_action) as hit_count,
        count(*) filter (where stops.is_outcome_no_further_action) as miss_count,
        count(*) filter (where stops.is_object_found) as find_count,
        count(*) filter (where not stops.is_object_found) as no_find_count
    from fct_stops as stops
    inner join windows on stops.force_slug = windows.force_slug
    left join dim_lsoa as areas on stops.lsoa_code = areas.lsoa_code
    where
        stops.stop_month >= windows.window_start_month
        and stops.stop_type is distinct from 'Vehicle search'
    group by all
    order by all
"""
RESIDENTS = """
    unpivot (
        select
            force_slug,
            lad_code as district_code,
            sum(asian_count)::bigint as "Asian",
            sum(black_count)::bigint as "Black",
            sum(mixed_count)::bigint as "Mixed",
            sum(white_count)::bigint as "White",
            sum(other_count)::bigint as "Other"
        from dim_lsoa
        where force_slug is not null
        group by force_slug, lad_code
    )
    on "Asian", "Black", "Mixed", "White", "Other"
    into name ethnic_group value resident_count
    order by all
"""
RESIDENTS_BY_AGE = """
    select force_slug, lad_code as district_code, age_range, gender, resident_count
    from dim_district_residents
    where force_slug is not null
    order by all
"""
HOTSPOTS = "select * from ml_hotspots order by hotspot_id"
# The audited area is that of the forces that sent months in which hotspots were looked for: nobody else can
# live in one, and counting others would make any group of the area look exposed.
LSOAS = f"""
    with held as ({HELD_FORCES})
    select
        dim_lsoa.lsoa_code,
        dim_lsoa.population_count,
        dim_lsoa.imd_2025_decile,
        dim_lsoa.asian_count,
        dim_lsoa.black_count,
        dim_lsoa.mixed_count,
        dim_lsoa.white_count,
        dim_lsoa.other_count,
        coalesce(dim_lsoa.asian_count, 0) + coalesce(dim_lsoa.black_count, 0)
            + coalesce(dim_lsoa.mixed_count, 0) + coalesce(dim_lsoa.white_count, 0)
            + coalesce(dim_lsoa.other_count, 0) as resident_count,
        st_aswkb(boundaries.boundary) as geometry_wkb
    from dim_lsoa
    inner join held on dim_lsoa.force_slug = held.force_slug
    inner join stg_ons__lsoa_boundaries as boundaries on dim_lsoa.lsoa_code = boundaries.lsoa_code
    order by dim_lsoa.lsoa_code
"""
RISK = """
    select lsoa_code, expected_crime_count, expected_harm_days
    from ml_risk_lsoa
    where crime_group = 'all_crime'
    order by lsoa_code
"""
RISK_CELLS = """
    select cell_easting_m, cell_northing_m, expected_crime_count, expected_harm_days
    from ml_risk_grid
    where crime_group = 'all_crime'
    order by cell_id
"""
# All of them, with or without a boundary: each was forecast.
FORECAST_LSOAS = """
    select
        lsoa_code, area_km2, imd_2025_decile, asian_count, black_count, mixed_count, white_count, other_count
    from dim_lsoa
    where lsoa_code in (select lsoa_code from ml_risk_backtest_lsoa)
    order by lsoa_code
"""
FORECASTS = """
    select
        forecast_month, crime_group, lsoa_code,
        expected_crime_count, recorded_crime_count, expected_harm_days, recorded_harm_days,
        crime_count_lower_95, crime_count_lower_80, crime_count_upper_80, crime_count_upper_95
    from ml_risk_backtest_lsoa
    order by crime_group, forecast_month, lsoa_code
"""
CRIME_LSOAS = f"""
    with held as ({HELD_FORCES}),
    recorded as (
        select lsoa_code, sum(crime_count)::double as crime_count
        from fct_crime_lsoa_month where {LAST_YEAR} group by lsoa_code
    )
    select
        dim_lsoa.lsoa_code,
        dim_lsoa.imd_2025_decile,
        coalesce(recorded.crime_count, 0) / held.day_count as daily_crime_count
    from dim_lsoa
    inner join held on dim_lsoa.force_slug = held.force_slug
    left join recorded on dim_lsoa.lsoa_code = recorded.lsoa_code
    order by dim_lsoa.lsoa_code
"""
