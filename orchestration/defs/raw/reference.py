"""Reference data: boundaries, look-ups, populations, deprivation, calendar, weather; one asset a dataset."""

import dagster as dg

from orchestration.defs.common import table_schema
from orchestration.defs.raw.whole import whole_asset
from orchestration.landing import land_reference
from orchestration.sources.catalogue import CATALOGUE


def raw_reference_assets() -> list[dg.AssetsDefinition]:
    """Return the raw asset of each reference dataset in the catalogue."""
    return [_raw_asset(dataset) for dataset in CATALOGUE]


def _raw_asset(dataset: str) -> dg.AssetsDefinition:
    source = CATALOGUE[dataset]
    return whole_asset(
        dataset,
        description=f"{source.title}, as published ({source.vintage}). {source.grain}",
        kinds={"http"},
        metadata={
            **table_schema((column.name, column.type, column.description) for column in source.columns),
            "licence": source.licence,
            "attribution": source.attribution,
            "vintage": source.vintage,
            "home_page": dg.MetadataValue.url(source.home_page),
        },
        is_optional=source.is_optional,
        land=lambda run: land_reference(dataset, run.upstream, run.paths),
    )
