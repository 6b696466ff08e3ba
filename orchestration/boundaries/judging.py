"""Judges every table of a boundary in the warehouse and keeps the verdicts; knows nothing of dagster."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from data_quality.boundaries import judge_table, refusals, write_outcome
from data_quality.suites.boundaries import Boundary, TableSuite, table_suites
from data_quality.suites.boundaries.drift import mix_drift
from data_quality.verdicts import Verdict
from orchestration.boundaries import (
    area_model_queries,
    audit_queries,
    error_queries,
    fairness_group_queries,
    fairness_queries,
    forecast_queries,
    patrol_queries,
    queries,
    sensitivity_queries,
)
from orchestration.paths import DataPaths
from orchestration.publishing.errors import ReleaseError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

BOUNDARIES: tuple[Boundary, ...] = ("warehouse", "ml")
QUERIES: Mapping[str, Mapping[str, str]] = (
    queries.QUERIES
    | audit_queries.QUERIES
    | area_model_queries.QUERIES
    | error_queries.QUERIES
    | fairness_queries.QUERIES
    | fairness_group_queries.QUERIES
    | forecast_queries.QUERIES
    | patrol_queries.QUERIES
    | sensitivity_queries.QUERIES
)


def judge_boundary(
    connection: duckdb.DuckDBPyConnection, boundary: Boundary, paths: DataPaths
) -> list[Verdict]:
    """Judge every table of a boundary, and write each verdict with its evidence.

    Parameters
    ----------
    connection
        The open warehouse.
    boundary
        ``warehouse`` or ``ml``.
    paths
        Where verdicts go.

    Returns
    -------
    list of Verdict
        In order of table.

    Raises
    ------
    duckdb.CatalogException
        When a table that has a suite is not in the warehouse.
    """
    verdicts = []
    for table, suite in table_suites(boundary).items():
        version, rows = table_version(connection, table)
        outcome = judge_table(suite, frames_of(connection, suite), row_count=rows, data_version=version)
        write_outcome(outcome, paths.boundary_verdict(boundary, table))
        verdicts.append(outcome.verdict)
    return verdicts


def check_boundaries(connection: duckdb.DuckDBPyConnection, paths: DataPaths) -> None:
    """Refuse to publish unless every judged table passed, with the content that it has now.

    Parameters
    ----------
    connection
        The open warehouse.
    paths
        Where verdicts are.

    Raises
    ------
    ReleaseError
        When a critical rule was broken at a boundary, or a table was not judged as it is.
    """
    held = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    refused: list[str] = []
    for boundary in BOUNDARIES:
        versions = {t: table_version(connection, t)[0] for t in table_suites(boundary) if t in held}
        refused += refusals(paths.verdicts_root / boundary, boundary, versions)
    if refused:
        raise ReleaseError(
            "what the release is made of",
            f"did not pass its gates: {'; '.join(refused)}",
            "follow the remedies named there, and materialise what changed before publishing again",
        )


def frames_of(connection: duckdb.DuckDBPyConnection, suite: TableSuite) -> dict[str, pd.DataFrame]:
    """Return the frames by which a table is judged, by the names of its suite's parts."""
    frames = {name: connection.execute(query).df() for name, query in QUERIES[suite.table].items()}
    if suite.table == "fct_crimes":
        drift = mix_drift(frames.pop("crime_types"))
        frames["force_months"] = frames["force_months"].merge(
            drift, on=["force_slug", "crime_month"], how="left"
        )
    return frames


def table_version(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, int]:
    """Return the digest of a table's content, whatever the order of its rows, and their number.

    The digest finds a table that was written anew since it was judged; it is no signature.

    Parameters
    ----------
    connection
        The open warehouse.
    table
        One of the tables that have a suite.

    Returns
    -------
    tuple of str and int
        64 hexadecimal digits, and the number of rows.
    """
    quoted = '"' + table.replace('"', '""') + '"'
    (rows, total) = connection.execute(f"select count(*), sum(hash(held)) from {quoted} as held").fetchall()[
        0
    ]
    return hashlib.sha256(f"{table}:{rows}:{total}".encode()).hexdigest(), int(rows)
