"""What the definitions of every area share: owners, metadata and schemas."""

from collections.abc import Iterable

import dagster as dg

DATA_ENGINEERING = "team:data-engineering"
ANALYSIS = "team:analysis"
GOVERNANCE = "team:governance"


def table_schema(columns: Iterable[tuple[str, str, str]]) -> dict[str, dg.TableSchema]:
    """Return column-schema metadata from (name, type, description) triples."""
    return {
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(name=name, type=kind, description=description or None)
                for name, kind, description in columns
            ]
        )
    }
