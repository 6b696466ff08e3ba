"""Column lineage as Dagster shows it."""

import dagster as dg

from orchestration.lineage.model import RAW, ColumnRef, beginnings
from orchestration.lineage.whole import whole_lineage


def column_lineage(asset: str) -> dict[str, dg.TableColumnLineage | dg.MarkdownMetadataValue]:
    """Return the metadata that say where each of an asset's columns comes from.

    Dagster's open source pages answer queries from ``dagster/column_lineage`` but do not draw it;
    ``column_origins`` says the same in a table that they do show, down to the raw columns. Both belong on
    materialisations, and are empty for an asset without inputs.
    """
    origins = whole_lineage().get(asset, {})
    columns = {
        column: [dg.TableColumnDep(asset_key=ref.asset, column_name=ref.column) for ref in origin.inputs]
        for column, origin in origins.items()
        if origin.inputs
    }
    if not columns or asset.startswith(RAW):
        return {}
    head = "| column | made from | begins in |\n|---|---|---|\n"
    rows = "\n".join(_origin_row(ColumnRef(asset, column)) for column in origins)
    return {
        "dagster/column_lineage": dg.TableColumnLineage(columns),
        "column_origins": dg.MetadataValue.md(head + rows),
    }


def _origin_row(reference: ColumnRef) -> str:
    made_from = whole_lineage()[reference.asset][reference.column].inputs
    raw, notes = beginnings(whole_lineage(), reference)
    cells = [
        reference.column,
        ", ".join(f"`{found}`" for found in made_from),
        ", ".join([*(f"`{found}`" for found in sorted(raw)), *sorted(notes)]),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
