"""What the definitions of every area share: owners, metadata and schemas."""

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

DATA_ENGINEERING = "team:data-engineering"
ANALYSIS = "team:analysis"
GOVERNANCE = "team:governance"
# By the tenth of each month, the refresh of the fifth has been there; Dagster looks back 28 days at most.
MONTHLY = dg.FreshnessPolicy.cron(
    deadline_cron="0 5 10 * *", lower_bound_delta=timedelta(days=28), timezone="Europe/London"
)


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
