"""Micro-hotspots of ultra-high-harm crime in the last twelve months, tested and followed through time."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from ml.hotspots import HotspotSettings, hotspot_tables
from ml.hotspots.night_time import NIGHT_TIME_PLACES
from orchestration.code_version import code_version
from orchestration.defs.common import ANALYSIS
from orchestration.defs.ml.cards import publish_card
from orchestration.defs.ml.contracted import contract_check, current_warehouse, ml_spec, write_contracted
from orchestration.defs.ml.digests import frame_digest
from orchestration.defs.ml.figures import figure_metadata
from orchestration.resources import DUCKDB_POOL, Run, Warehouse

_ULTRA_HIGH_HARM = """
    select easting_m, northing_m, harm_days, crime_type, crime_month
    from fct_crimes
    where is_ultra_high_harm and easting_m is not null
    order by crime_record_id
"""
# The window ends with the newest month of what is clustered; twelve months even out the seasons.
# Names are those of the same months: upstream revises its list of points, and venues come and go.
LOCATED = f"""
    with before as (
        select max(crime_month) - interval 12 month as last_month
        from fct_crimes
        where is_ultra_high_harm and easting_m is not null
    ),
    night_time as (
        select distinct longitude, latitude
        from stg_police_uk__street
        where location_name in {NIGHT_TIME_PLACES} and crime_month > (select last_month from before)
    )
    select
        crimes.easting_m,
        crimes.northing_m,
        count(*) as record_count,
        count(night_time.longitude) > 0 as is_night_time
    from fct_crimes as crimes
    left join night_time
        on crimes.longitude = night_time.longitude and crimes.latitude = night_time.latitude
    where crimes.easting_m is not null and crimes.crime_month > (select last_month from before)
    group by crimes.easting_m, crimes.northing_m
    order by crimes.easting_m, crimes.northing_m
"""
_TOWN_CENTRES = """
    select town_centre_name, st_aswkb(boundary) as geometry_wkb
    from stg_gla__town_centres
    order by town_centre_name
"""
CARD_NAME = "hotspots"
_CRIMES = "fct_crimes"
_BESIDE = [_CRIMES, "stg_police_uk__street", "stg_gla__town_centres"]
_DEPENDENCIES = {
    "ml_hotspots": _BESIDE,
    "ml_hotspot_history": [_CRIMES],
    "ml_hotspot_null": _BESIDE,
}


class HotspotConfig(dg.Config):
    """How hotspots are found, drawn and tested; see `ml.hotspots.HotspotSettings`."""

    method: str = HotspotSettings.method
    eps_m: float = HotspotSettings.eps_m
    min_samples: int = HotspotSettings.min_samples
    is_harm_weighted: bool = HotspotSettings.is_harm_weighted
    hull: str = HotspotSettings.hull
    relabellings: int = HotspotSettings.relabellings
    night_time_radius_m: float = HotspotSettings.night_time_radius_m


def hotspot_assets() -> list[dg.AssetsDefinition]:
    """Return the hotspots, their history, and what chance finds."""

    @dg.multi_asset(
        name="hotspots",
        specs=[
            ml_spec(table, upstream, ANALYSIS, {"scipy", "shapely"})
            for table, upstream in _DEPENDENCIES.items()
        ],
        check_specs=[contract_check(table) for table in _DEPENDENCIES],
        pool=DUCKDB_POOL,
    )
    def hotspots(
        config: HotspotConfig, warehouse: Warehouse, run: dg.ResourceParam[Run]
    ) -> Iterator[dg.MaterializeResult]:
        from ml.hotspots.card import hotspot_card
        from ml.hotspots.figures import history_plot, hotspot_map, null_plot

        settings = HotspotSettings(**config.model_dump())
        with current_warehouse(warehouse, run) as connection:
            records, located = (connection.execute(sql).df() for sql in (_ULTRA_HIGH_HARM, LOCATED))
            centres = connection.execute(_TOWN_CENTRES).df()
            scheme = run.settings.harm_scheme
            found = hotspot_tables(records, located, centres, harm_scheme=scheme, settings=settings)
            version = f"{code_version()}, data {frame_digest(records, located)}"
            card = hotspot_card(found, version=version, harm_scheme=scheme)
            shown = {"ml_hotspots": publish_card(run.paths, CARD_NAME, card)}
            drawn = (
                ("ml_hotspots", found.hotspots, hotspot_map, "Map of the hotspots"),
                ("ml_hotspot_history", found.history, history_plot, "Hotspots by end of window"),
                ("ml_hotspot_null", found.null, null_plot, "What was found beside what chance finds"),
            )
            for table, frame, draw, words in drawn:
                added = {"picture": figure_metadata(draw(frame), words), **shown.get(table, {})}
                yield write_contracted(connection, table, frame, asdict(settings), added)

    return [hotspots]
