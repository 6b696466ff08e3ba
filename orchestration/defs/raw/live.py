"""The live feed: the newest month's crimes of a named area, from the police.uk API."""

import dagster as dg

from orchestration.defs.common import table_schema
from orchestration.defs.raw.whole import whole_asset
from orchestration.landing import land_street_live
from orchestration.sources.police_uk.areas import read_areas
from orchestration.sources.police_uk.live_street import CRIME_COLUMNS, LIVE_STREET


def raw_live_asset() -> dg.AssetsDefinition:
    """Return the raw asset of the live feed."""
    return whole_asset(
        LIVE_STREET,
        description=(
            "The newest published month of one area as the police.uk API answers it, byte for byte. "
            "A preview: only the archive's files are counted in facts and marts. A run goes on without it."
        ),
        kinds={"http", "json"},
        metadata=table_schema((name, kind, "") for name, kind in CRIME_COLUMNS.items()),
        is_optional=True,
        land=lambda run: land_street_live(read_areas()[run.settings.live_area], run.upstream, run.paths),
    )
