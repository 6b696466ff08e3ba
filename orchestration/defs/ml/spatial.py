"""Where crime and harm gather: emerging hot spots by LSOA, and tests of the whole map."""

from collections.abc import Iterator

import dagster as dg

from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.area_queries import HELD_FORCES, LAST_YEAR
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.figures import figure_metadata
from orchestration.defs.ml.risk_queries import FORCE_MONTHS
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

AREA_MONTHS = """
    select lsoa_code, crime_month, sum(harm_days) as harm_days, sum(crime_count) as crime_count
    from fct_crime_lsoa_month
    group by lsoa_code, crime_month
    order by lsoa_code, crime_month
"""
# A month that one force did not send would make its areas calm, and its crimes near in time to each other.
_WHOLE_MONTHS = f"""
    with sent as (
        select distinct force_slug, crime_month
        from fct_crimes
        where {LAST_YEAR} and force_slug in (select force_slug from dim_lsoa)
    )
    select crime_month from sent
    group by crime_month
    having count(*) = (select count(distinct force_slug) from sent)
"""
# Only the areas of forces that sent months of the last year: elsewhere, no crime is no news.
AREAS = f"""
    with held as ({HELD_FORCES})
    select
        dim_lsoa.lsoa_code,
        dim_lsoa.force_slug,
        dim_lsoa.easting_m,
        dim_lsoa.northing_m,
        coalesce(totals.crime_count, 0) as crime_count,
        coalesce(totals.harm_days, 0) as harm_days
    from dim_lsoa
    inner join held on dim_lsoa.force_slug = held.force_slug
    left join (
        select lsoa_code, sum(crime_count) as crime_count, sum(harm_days) as harm_days
        from fct_crime_lsoa_month where crime_month in ({_WHOLE_MONTHS}) group by lsoa_code
    ) as totals on dim_lsoa.lsoa_code = totals.lsoa_code
    order by dim_lsoa.lsoa_code
"""
_EVENTS = f"""
    select easting_m, northing_m, year(crime_month) * 12 + month(crime_month) as month_number
    from fct_crimes
    where {{chosen}} and easting_m is not null and crime_month in ({_WHOLE_MONTHS})
    order by crime_record_id
"""
# Near repeats are a matter of burglary; of harm, they are asked of the gravest records.
EVENTS = {
    "crime_count": _EVENTS.format(chosen="crime_type = 'Burglary'"),
    "harm_days": _EVENTS.format(chosen="is_ultra_high_harm"),
}
_TABLES = ("ml_lsoa_emerging", "ml_spatial_tests")


def spatial_assets() -> list[dg.AssetsDefinition]:
    """Return the classes of LSOAs and the spatial tests."""
    upstream = ["fct_crime_lsoa_month", "dim_lsoa", "fct_crimes"]

    @dg.multi_asset(
        name="spatial",
        specs=[ml_spec(table, upstream, ANALYSIS, {"scipy"}) for table in _TABLES],
        check_specs=[contract_check(table) for table in _TABLES],
        pool=DUCKDB_POOL,
    )
    def spatial(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult]:
        from ml.spatial import emerging_hot_spots, spatial_tests
        from ml.spatial.figures import emerging_map, local_maps, lorenz_plot

        with current_warehouse(warehouse, run) as connection:
            areas = connection.execute(AREAS).df()
            emerging = emerging_hot_spots(
                connection.execute(AREA_MONTHS).df(), areas, connection.execute(FORCE_MONTHS).df()
            )
            events = {measure: connection.execute(query).df() for measure, query in EVENTS.items()}
            classes = figure_metadata(emerging_map(emerging, areas), "Emerging hot spots of harm by LSOA")
            maps = figure_metadata(local_maps(emerging, areas), "Gi* and local Moran of harm by LSOA")
            curves = figure_metadata(lorenz_plot(areas), "Concentration of crime and harm")
            drawn = (
                (emerging, {"picture": classes, "local_maps": maps}),
                (spatial_tests(areas, events), {"picture": curves}),
            )
            for table, (frame, pictures) in zip(_TABLES, drawn, strict=True):
                yield write_contracted(connection, table, frame, metadata=pictures)

    return [spatial]
