"""The live feed: the newest month's crimes of a named area, from the police.uk API."""

import dagster as dg

from orchestration.defs.common import DATA_ENGINEERING, table_schema
from orchestration.landing import Landing, land_street_live
from orchestration.resources import Run
from orchestration.sources.police_uk.areas import read_areas
from orchestration.sources.police_uk.live_street import CRIME_COLUMNS, LIVE_STREET

_NAME = f"raw_{LIVE_STREET}"


def raw_live_assets() -> list[dg.AssetsDefinition]:
    """Return the raw asset of the live feed."""

    @dg.asset(
        name=_NAME,
        group_name="raw",
        kinds={"http", "json"},
        owners=[DATA_ENGINEERING],
        description=(
            "The newest published month of one area as the police.uk API answers it, byte for byte. "
            "A preview: only the archive's files are counted in facts and marts. A run goes on without it."
        ),
        metadata=table_schema((name, kind, "") for name, kind in CRIME_COLUMNS.items()),
        check_specs=[
            dg.AssetCheckSpec(
                "fetched", asset=_NAME, description="The API could be asked; it stops nothing when not."
            )
        ],
    )
    def raw(run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        area = read_areas()[run.settings.live_area]
        return _summarise(area.name, land_street_live(area, run.upstream, run.paths))

    return [raw]


def _summarise(area: str, landing: Landing) -> dg.MaterializeResult:
    held, absence = landing.provenance, landing.absence
    metadata: dict[str, str | int] = {"area": area}
    if held is not None:
        metadata |= {
            "dagster/row_count": held.record_count or 0,
            "answers": len(held.files) - 1,
            "release": held.release or "",
            "url": held.files[0].url,
        }
    if absence is not None:
        metadata |= {"status": absence.status, "reason": absence.reason}
    failed = absence is not None and absence.status == "fetch_failed"
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(held.data_version) if held else None,
        check_results=[
            dg.AssetCheckResult(
                check_name="fetched",
                passed=not failed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"failed": [absence.reason] if absence and failed else []},
            )
        ],
    )
