"""Column lineage as Dagster shows it."""

import dagster as dg

from orchestration.lineage.model import RAW
from orchestration.lineage.whole import whole_lineage


def column_lineage(asset: str) -> dict[str, dg.TableColumnLineage]:
    """Return the metadata by which the UI draws where each of an asset's columns comes from.

    It belongs on materialisations, which the UI reads it from, and is empty for an asset without inputs.
    """
    columns = {
        column: [dg.TableColumnDep(asset_key=ref.asset, column_name=ref.column) for ref in origin.inputs]
        for column, origin in whole_lineage().get(asset, {}).items()
        if origin.inputs
    }
    if not columns or asset.startswith(RAW):
        return {}
    return {"dagster/column_lineage": dg.TableColumnLineage(columns)}
