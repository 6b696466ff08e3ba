"""Reference data: boundaries, look-ups, populations, deprivation, calendar, weather; one asset a dataset."""

import dagster as dg

from orchestration.defs.common import DATA_ENGINEERING, table_schema
from orchestration.landing import land_reference
from orchestration.resources import Run
from orchestration.sources.catalogue import CATALOGUE


def raw_reference_assets() -> list[dg.AssetsDefinition]:
    """Return the raw asset of each reference dataset in the catalogue."""
    return [_raw_asset(dataset) for dataset in CATALOGUE]


def _raw_asset(dataset: str) -> dg.AssetsDefinition:
    source = CATALOGUE[dataset]

    @dg.asset(
        name=f"raw_{dataset}",
        group_name="raw",
        kinds={"http"},
        owners=[DATA_ENGINEERING],
        description=f"{source.title}, as published ({source.vintage}). {source.grain}",
        metadata={
            **table_schema((column.name, column.type, column.description) for column in source.columns),
            "licence": source.licence,
            "attribution": source.attribution,
            "vintage": source.vintage,
            "home_page": dg.MetadataValue.url(source.home_page),
        },
    )
    def raw(run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        landing = land_reference(dataset, run.upstream, run.paths)
        if landing.provenance is None:
            assert landing.absence is not None
            return dg.MaterializeResult(
                metadata={"status": landing.absence.status, "reason": landing.absence.reason}
            )
        held = landing.provenance
        return dg.MaterializeResult(
            metadata={
                "files": len(held.files),
                "bytes": sum(file.bytes for file in held.files),
                "urls": [file.url for file in held.files[:5]],
            },
            data_version=dg.DataVersion(held.data_version),
        )

    return raw
