"""How every dataset that comes whole, and not month by month, becomes a raw asset."""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from orchestration.defs.common import DATA_ENGINEERING
from orchestration.defs.report_links import report_links
from orchestration.landing import Landing
from orchestration.resources import Run

_URLS_SHOWN = 5


def whole_asset(
    dataset: str,
    *,
    description: str,
    kinds: set[str],
    metadata: Mapping[str, Any],
    is_optional: bool,
    land: Callable[[Run], Landing],
) -> dg.AssetsDefinition:
    """Return the raw asset of a dataset, with the check that it could be fetched.

    Parameters
    ----------
    dataset
        Slug of the dataset.
    description, kinds, metadata
        What the UI shows of it.
    is_optional
        Whether a run may go on without it.
    land
        Lands it for a run.
    """
    name = f"raw_{dataset}"

    @dg.asset(
        name=name,
        group_name="raw",
        kinds=kinds,
        owners=[DATA_ENGINEERING],
        description=description,
        metadata=metadata,
        check_specs=[
            dg.AssetCheckSpec("fetched", asset=name, blocking=True, description="It could be fetched.")
        ],
    )
    def raw(run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        links = report_links(run.paths.validation_report, dataset)
        return _summarise(land(run), is_optional, links)

    return raw


def _summarise(landing: Landing, is_optional: bool, links: Mapping[str, Any]) -> dg.MaterializeResult:
    held, absence = landing.provenance, landing.absence
    failed = [absence.reason] if absence and absence.status == "fetch_failed" else []
    # What was held before is still used; without it, nothing can be built that needs the dataset.
    blocks = bool(failed) and held is None and not is_optional
    metadata: dict[str, Any] = {"status": absence.status, "reason": absence.reason} if absence else {}
    if held is not None:
        metadata |= {
            "files": len(held.files),
            "bytes": sum(file.bytes for file in held.files),
            "urls": [file.url for file in held.files[:_URLS_SHOWN]],
            "release": held.release or "",
        }
        if held.record_count is not None:
            metadata["dagster/row_count"] = held.record_count
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(held.data_version) if held else None,
        check_results=[
            dg.AssetCheckResult(
                check_name="fetched",
                passed=not failed,
                severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
                metadata={"failed": failed, **links},
            )
        ],
    )
