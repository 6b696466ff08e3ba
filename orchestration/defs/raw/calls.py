"""Calls for service of one agency: optional, landed with the mapping that says what they mean."""

import dagster as dg

from orchestration.defs.common import DATA_ENGINEERING
from orchestration.landing import CALLS, land_calls
from orchestration.resources import Run


def raw_calls_asset() -> dg.AssetsDefinition:
    """Return the raw asset of calls for service."""

    @dg.asset(
        name=f"raw_{CALLS}",
        group_name="raw",
        kinds={"http", "csv"},
        owners=[DATA_ENGINEERING],
        description="Calls for service as one agency publishes them, with the mapping that reads them.",
    )
    def raw(run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        agency = run.settings.calls_agency
        landing = land_calls(agency, run.upstream, run.paths)
        if landing.provenance is None:
            assert landing.absence is not None
            return dg.MaterializeResult(
                metadata={
                    "agency": agency,
                    "dagster/row_count": 0,
                    "status": landing.absence.status,
                    "reason": landing.absence.reason,
                }
            )
        held = landing.provenance
        return dg.MaterializeResult(
            metadata={
                "agency": agency,
                "dagster/row_count": held.record_count or 0,
                "files": len(held.files),
                "urls": [file.url for file in held.files[:5]],
                "licence": held.licence,
                "attribution": held.attribution,
            },
            data_version=dg.DataVersion(held.data_version),
        )

    return raw
