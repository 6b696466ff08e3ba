"""What the risk assets read from the warehouse."""

# The transport police have no area of their own: their months say nothing about a force's files.
FORCE_MONTHS = """
    select distinct force_slug, crime_month
    from fct_crimes
    where force_slug in (select force_slug from dim_lsoa)
"""
# Corners of the 250 m cells of the National Grid; records without a place are counted, and lie in none.
RECORDS = """
    select
        lsoa_code,
        250.0::double * floor(easting_m / 250) as cell_easting_m,
        250.0::double * floor(northing_m / 250) as cell_northing_m,
        crime_month,
        crime_type,
        count(*) as crime_count,
        sum(harm_days::decimal(18, 6))::double as harm_days
    from fct_crimes
    where crime_month >= ?
    group by all
    order by all
"""
LSOAS = """
    with domains as (
        select
            lsoa_code,
            max(domain_score) filter (where "domain" = 'income') as income_score,
            max(domain_score) filter (where "domain" = 'employment') as employment_score,
            max(domain_score) filter (where "domain" = 'education') as education_score,
            max(domain_score) filter (where "domain" = 'health') as health_score,
            max(domain_score) filter (where "domain" = 'housing') as housing_score,
            max(domain_score) filter (where "domain" = 'environment') as environment_score
        from mart_deprivation_domains
        where index_year = 2025 and not is_built_from_crime
        group by lsoa_code
    )
    select
        dim_lsoa.lsoa_code,
        dim_lsoa.force_slug,
        dim_lsoa.easting_m,
        dim_lsoa.northing_m,
        dim_lsoa.area_km2,
        dim_lsoa.population_count,
        domains.* exclude (lsoa_code),
        st_aswkb(boundaries.boundary) as geometry_wkb
    from dim_lsoa
    left join stg_ons__lsoa_boundaries as boundaries on dim_lsoa.lsoa_code = boundaries.lsoa_code
    left join domains on dim_lsoa.lsoa_code = domains.lsoa_code
    where dim_lsoa.force_slug in (select unnest(?))
    order by dim_lsoa.lsoa_code
"""
