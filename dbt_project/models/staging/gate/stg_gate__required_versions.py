"""What every verdict must name to bind now, asked of the code itself: a stored answer could be stale."""

import os
from dataclasses import asdict
from pathlib import Path


def model(dbt, session):
    """Return one row per landed partition or dataset that comes whole."""
    import pyarrow as pa

    from orchestration.binding import required_versions
    from orchestration.paths import DataPaths

    dbt.config(materialized="table")
    root = Path(os.environ.get("CRIMEHARM_DATA_ROOT", "../data"))
    names = ("dataset", "month", "force", "data_version", "suite_version", "decisions_version")
    schema = pa.schema([(name, pa.string()) for name in names])
    return pa.Table.from_pylist([asdict(one) for one in required_versions(DataPaths(root))], schema=schema)
