"""Builds warehouses with dbt, in this process, from the synthetic world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from synthetic_world import point, write_absence, write_partition, write_references

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


@dataclass(frozen=True)
class Build:
    """What one dbt invocation left behind."""

    root: Path
    warehouse: Path
    statuses: dict[str, str]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.load_extension("spatial")
            return connection.execute(sql).fetchall()

    def failures(self) -> set[str]:
        """Return the names of the nodes that failed, without those skipped because of them."""
        return {name for name, status in self.statuses.items() if status in ("fail", "error", "runtime error")}


def run_dbt(root: Path, *arguments: str, environment: dict[str, str] | None = None) -> Build:
    """Run dbt over a data root, in a target folder beside it."""
    import duckdb_extensions
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    duckdb_extensions.import_extension("spatial")
    warehouse = root.parent / f"{root.name}.duckdb"
    target = root.parent / f"{root.name}_target"
    variables = {
        "CRIMEHARM_DATA_ROOT": str(root),
        "CRIMEHARM_WAREHOUSE": str(warehouse),
        "CRIMEHARM_KEEP_OPEN": "true",
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        **(environment or {}),
    }
    places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            answer = dbtRunner().invoke([*arguments, *places])
        finally:
            DuckDBConnectionManager.close_all_connections()
    if answer.exception is not None:
        raise answer.exception
    results = getattr(answer.result, "results", [])
    return Build(root, warehouse, {result.node.name: str(result.status) for result in results})


@pytest.fixture(scope="session")
def good_build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """Return a whole build, unit tests included, of a world in which nothing is wrong."""
    root = tmp_path_factory.mktemp("good") / "data"
    write_references(root)
    write_partition(root, "police_street", "2023-12", "eastvale", _street_2023())
    write_partition(root, "police_street", "2024-12", "eastvale", _street_2024(), quarantined=2)
    write_partition(root, "police_outcomes", "2024-12", "eastvale", _outcomes())
    write_partition(root, "police_stop_and_search", "2024-12", "eastvale", _stops())
    write_absence(root, "police_street", "2024-12", "westmere", "absent", "not in the archive")
    old = root / "validated/police_street/month=2024-12/force=eastvale/superseded/1"
    old.mkdir(parents=True)
    (old / "part.parquet").write_bytes((old.parents[1] / "part.parquet").read_bytes())
    yield run_dbt(root, "build")


def _street_2023() -> list[dict[str, Any]]:
    return [{"crime_id": "old", "month": "2023-12", "lsoa_code": "E01000001", "crime_type": "Burglary", **point(0.5)}]


def _street_2024() -> list[dict[str, Any]]:
    placed = [
        ("E01000001", 0.5, "Robbery"),
        ("E01000002", 1.5, "Drugs"),
        ("E01033002", 3.5, "Burglary"),
        ("E01000004", 4.5, "Shoplifting"),
        # Contained by E01033002, though the centroid of E01033001 is nearer.
        ("E01000003", 3.8, "Possession of weapons"),
        # Of the split, but north of every polygon: the nearest centroid of a child decides.
        ("E01000003", 3.1, "Vehicle crime"),
        (None, 7.5, "Public order"),
        # No polygon but the crude one, and its centroid within 5 km; then beyond 5 km of every centroid.
        (None, 21.5, "Other theft"),
        (None, 40.0, "Other crime"),
        ("E01999999", 0.5, "Bicycle theft"),
    ]
    rows = []
    for place, (code, kilometre, crime_type) in enumerate(placed):
        north = 1_500.0 if crime_type == "Vehicle crime" else 500.0
        rows.append(
            {
                "crime_id": f"id{place}",
                "month": "2024-12",
                "lsoa_code": code,
                "crime_type": crime_type,
                **point(kilometre, north),
            }
        )
    # Two reports of anti-social behaviour that equal each other in every field are two reports.
    nowhere = {"month": "2024-12", "crime_type": "Anti-social behaviour", "location": "No Location"}
    return [*rows, nowhere, dict(nowhere)]


def _outcomes() -> list[dict[str, Any]]:
    common = {"month": "2024-12", "lsoa_code": "E01000001", **point(0.5)}
    return [
        {"crime_id": "id0", "outcome_type": "Suspect charged", **common},
        {"crime_id": "id0", "outcome_type": "Offender given penalty notice", **common},
        {"crime_id": "elsewhere", "outcome_type": "Under investigation", **common},
    ]


def _stops() -> list[dict[str, Any]]:
    stop = {
        "type": "Person search",
        # Just before midnight UTC of the month before: still of the file's month.
        "date": "2024-11-30T23:59:00+00:00",
        "self_defined_ethnicity": "Black or Black British - African (B2)",
        "officer_defined_ethnicity": "Black",
        "outcome": "Suspect arrested",
        **point(0.5),
    }
    not_stated = {
        "type": "Person search",
        "date": "2024-12-05T10:00:00+00:00",
        "self_defined_ethnicity": "Other ethnic group - Not stated",
        "officer_defined_ethnicity": "White",
        "outcome": "A no further action disposal",
    }
    return [stop, dict(stop), not_stated]
