"""Twelve months of records by area, and whose records they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LAST_YEAR = "crime_month > (select max(crime_month) - interval 12 month from fct_crimes)"
# Of the areas of a force that sent none of these months nothing is known: they are not areas without crime.
# Nor is a month that a force did not send one without crime, so that rates are over the months that it has.
HELD_FORCES = f"""
    select
        force_slug,
        count(*) as month_count,
        sum(datediff('day', crime_month, (crime_month + interval 1 month)::date))::bigint as day_count
    from (select distinct force_slug, crime_month from fct_crimes where {LAST_YEAR}) as months
    group by force_slug
"""
AREAS = f"""
    with held as ({HELD_FORCES}),
    totals as (
        select
            lsoa_code,
            sum(crime_count)::bigint as crime_count,
            sum(harm_days::decimal(18, 6))::double as harm_days
        from fct_crime_lsoa_month where {LAST_YEAR} group by lsoa_code
    )
    select
        dim_lsoa.lsoa_code,
        dim_lsoa.easting_m,
        dim_lsoa.northing_m,
        case when not dim_lsoa.has_small_population then dim_lsoa.population_count end as resident_count,
        held.month_count,
        coalesce(totals.crime_count, 0) as crime_count,
        coalesce(totals.harm_days, 0) as harm_days
    from dim_lsoa
    inner join held on dim_lsoa.force_slug = held.force_slug
    left join totals on dim_lsoa.lsoa_code = totals.lsoa_code
    order by dim_lsoa.lsoa_code
"""
# Who lives in every area, whichever of them an asset looks at.
GROUPS = """
    select lsoa_code, imd_2025_decile, asian_count, black_count, mixed_count, white_count, other_count
    from dim_lsoa
    order by lsoa_code
"""
DOMAINS = """
    select lsoa_code, index_year, "domain", domain_score
    from mart_deprivation_domains
    where not is_built_from_crime
    order by lsoa_code, index_year, "domain"
"""
COUNTS = f"""
    select lsoa_code, crime_type, sum(crime_count)::bigint as crime_count
    from fct_crime_lsoa_month where {LAST_YEAR}
    group by lsoa_code, crime_type order by lsoa_code, crime_type
"""
WINDOW = f"""
    select min(crime_month) as window_start_month, max(crime_month) as window_end_month
    from fct_crimes where {LAST_YEAR}
"""


def months_of(window: pd.DataFrame) -> tuple[str, str]:
    """Return the first and the last month of `WINDOW` as text, for a card; "none" without any record."""
    months = window.iloc[0].dropna()
    return (f"{months.iloc[0]:%Y-%m}", f"{months.iloc[1]:%Y-%m}") if len(months) else ("none", "none")
