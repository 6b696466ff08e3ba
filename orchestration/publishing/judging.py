"""Judges a finished release by its suite before anything points at it: a critical fault stops it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.manifest import MANIFEST_NAME, read_manifest, sha256_of, verify_release
from orchestration.publishing.tables import SUPPRESSED_FROM, selection

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_COUNTS = "_count"


def judge_release(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], folder: Path, verdict_folder: Path
) -> None:
    """Judge a release and keep its verdict.

    Parameters
    ----------
    connection
        The open warehouse that the release was made of.
    tables
        From `published_tables`.
    folder
        The release, finished with its manifest.
    verdict_folder
        Where the verdict and its evidence go.

    Raises
    ------
    ReleaseError
        When a critical rule is broken, or could not be judged.
    """
    from data_quality.boundaries import judge_table, write_outcome
    from data_quality.suites.boundaries import table_suites
    from data_quality.suites.boundaries.published import RELEASE

    frames = release_frames(connection, tables, folder)
    outcome = judge_table(
        table_suites("release")[RELEASE],
        frames,
        row_count=int(frames["files"]["listed_count"].iloc[0]),
        data_version=sha256_of(folder / MANIFEST_NAME),
    )
    # One suite judges all releases; a verdict is about one of them.
    release = folder.name.removeprefix(".building-")
    outcome = replace(outcome, verdict=replace(outcome.verdict, dataset=release))
    write_outcome(outcome, verdict_folder)
    if outcome.verdict.status != "passed":
        raise ReleaseError(
            release,
            f"did not pass its own suite: {outcome.verdict.reason}",
            f"the earlier release stays the latest; the answers are in {verdict_folder.name}",
        )


def release_frames(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], folder: Path
) -> dict[str, pd.DataFrame]:
    """Return the frames by which a release is judged, by the names of its suite's parts.

    Parameters
    ----------
    connection, tables, folder
        As for :func:`judge_release`.
    """
    import pandas as pd

    manifest = read_manifest(folder)
    names = ("dataset", "licence", "attribution")
    sources = [{name: source.get(name) or None for name in names} for source in manifest["sources"]]
    # A dataset that was used without being named as a source has neither licence nor attribution.
    named = {source["dataset"] for source in sources}
    used = {entry["dataset"] for entry in manifest["data_versions"]}
    sources += [{"dataset": dataset} for dataset in sorted(used - named)]
    problems = "; ".join(verify_release(folder))
    return {
        "files": pd.DataFrame([{"listed_count": len(manifest["files"]), "problems": problems}]),
        "tables": pd.DataFrame([_table(connection, *held, folder) for held in tables.items()]),
        "geography": pd.DataFrame([_shapes(path) for path in sorted((folder / "geo").iterdir())]),
        "small_counts": _small_counts(connection, tables, folder),
        "sources": pd.DataFrame(sources, columns=list(names)),
    }


def _table(connection: duckdb.DuckDBPyConnection, name: str, qualified: str, folder: Path) -> dict[str, Any]:
    path = folder / "tables" / f"{name}.parquet"
    if not path.is_file():
        return {
            "table": name,
            "row_count": -1,
            "warehouse_row_count": 0,
            "column_problems": "the file is missing",
        }
    asked = _columns(connection, selection(connection, name, qualified))
    held = connection.from_parquet(str(path))
    found = dict(zip(held.columns, map(str, held.types), strict=True))
    different = sorted(column for column in asked | found if asked.get(column) != found.get(column))
    (row_count,) = held.count("*").fetchall()[0]
    (wanted,) = connection.execute(f"select count(*) from {qualified}").fetchall()[0]
    return {
        "table": name,
        "row_count": row_count,
        "warehouse_row_count": wanted,
        "column_problems": ", ".join(different),
    }


def _columns(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    described = connection.execute(f"describe {query}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _shapes(path: Path) -> dict[str, Any]:
    import geopandas as gpd

    if path.suffix == ".geojson":
        read = json.loads(path.read_text(encoding="utf-8"))["features"]
        frame = gpd.GeoDataFrame.from_features(read, crs="EPSG:4326") if read else gpd.GeoDataFrame()
        crs: str | None = "EPSG:4326"
    else:
        frame = gpd.read_parquet(path)
        crs = frame.crs.to_string() if frame.crs else None
    # An area without a known boundary has no shape; the overview counts those.
    shapes = frame.geometry.dropna() if len(frame) else frame
    invalid = int((~shapes.is_valid | shapes.is_empty).sum()) if len(shapes) else 0
    return {"file": path.name, "shape_count": len(frame), "invalid_count": invalid, "crs": crs}


def _small_counts(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], folder: Path
) -> pd.DataFrame:
    """Return the smallest published count of every column about people, of the tables that withhold some."""
    import pandas as pd

    rows = []
    for table in sorted(set(SUPPRESSED_FROM) & set(tables)):
        held = connection.from_parquet(str(folder / "tables" / f"{table}.parquet"))
        for column in (name for name in SUPPRESSED_FROM[table] if _COUNTS in name):
            (smallest,) = held.min(column).fetchall()[0]
            rows.append({"table": table, "column": column, "smallest_count": smallest})
    return pd.DataFrame(rows, columns=["table", "column", "smallest_count"])
