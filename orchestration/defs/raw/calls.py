"""Calls for service of one agency: optional, landed with the mapping that says what they mean."""

import dagster as dg

from orchestration.defs.raw.whole import whole_asset
from orchestration.landing import CALLS, land_calls


def raw_calls_asset() -> dg.AssetsDefinition:
    """Return the raw asset of calls for service."""
    return whole_asset(
        CALLS,
        description="Calls for service as one agency publishes them, with the mapping that reads them.",
        kinds={"http", "csv"},
        metadata={},
        is_optional=True,
        land=lambda run: land_calls(run.settings.calls_agency, run.upstream, run.paths),
    )
