"""Micro-hotspots of ultra-high-harm crime in the last twelve months."""

import dagster as dg

from ml.hotspots import find_hotspots
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

# The window ends with the newest month in the warehouse; twelve months even out the seasons.
_ULTRA_HIGH_HARM = """
    select easting_m, northing_m, harm_days, crime_type, crime_month
    from fct_crimes
    where is_ultra_high_harm
        and easting_m is not null
        and crime_month > (select max(crime_month) - interval 12 month from fct_crimes)
    order by crime_record_id
"""
_TOWN_CENTRES = """
    select town_centre_name, st_aswkb(boundary) as geometry_wkb
    from stg_gla__town_centres
    order by town_centre_name
"""


def hotspot_assets() -> list[dg.AssetsDefinition]:
    """Return the hotspot table."""

    @dg.multi_asset(
        name="hotspots",
        specs=[ml_spec("ml_hotspots", ["fct_crimes", "stg_gla__town_centres"], ANALYSIS, {"scikitlearn"})],
        check_specs=[contract_check("ml_hotspots")],
        pool=DUCKDB_POOL,
    )
    def hotspots(warehouse: Warehouse, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        with current_warehouse(warehouse, run) as connection:
            found = find_hotspots(
                connection.execute(_ULTRA_HIGH_HARM).df(),
                connection.execute(_TOWN_CENTRES).df(),
                harm_scheme=run.settings.harm_scheme,
            )
            return write_contracted(connection, "ml_hotspots", found)

    return [hotspots]
