"""A small warehouse with every table that a release reads, filled by a seeded generator."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely

from orchestration.paths import DataPaths
from orchestration.provenance import land
from orchestration.publishing.release import Release, build_release
from orchestration.sources.catalogue import CATALOGUE, POLICE_SOURCES
from orchestration.sources.types import Description, Fetched, Partition
from tests.unit.publishing import frames, model_frames
from tests.unit.publishing.frames import FORCES
from tests.unit.publishing.lineage_frames import LINEAGE


@dataclass
class World:
    """What `build_release` needs, on disk."""

    warehouse: Path
    data_root: Path
    published: Path
    lock: Path
    extra: dict[str, Path]

    def build(self, **changes: Any) -> Release:
        """Build a release with the usual arguments, some changed."""
        arguments: dict[str, Any] = {
            "code_version": "0123abc",
            "lock_path": self.lock,
            "run_id": "run-1",
            "profile": "sandbox",
            "harm_scheme": "seed_article",
            "data_versions": [
                {
                    "dataset": "police_street",
                    "month": "2024-12",
                    "force": f,
                    "data_version": "d" * 64,
                    "release": "2025-01",
                }
                for f in FORCES
            ]
            + [
                {
                    "dataset": "ons_lsoa_2021_boundaries",
                    "month": None,
                    "force": None,
                    "data_version": "e" * 64,
                    "release": None,
                }
            ],
            "extra_files": self.extra,
            "lineage": LINEAGE,
        }
        return build_release(self.warehouse, self.data_root, self.published, **arguments | changes)

    def run_sql(self, *statements: str) -> None:
        """Change the warehouse."""
        with duckdb.connect(str(self.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)

    def read_sql(self, query: str) -> list[tuple[Any, ...]]:
        """Ask DuckDB about published files."""
        return duckdb.sql(query).fetchall()


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[..., World]:
    """Give a maker of worlds, each in a folder of its own."""

    def make(name: str = "world", **options: Any) -> World:
        return write_world(tmp_path / name, **options)

    return make


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Give one world, released once, to all tests that only read."""
    world = write_world(tmp_path_factory.mktemp("shared"))
    world.build()
    return world


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Give one world of the usual size."""
    return make_world()


def write_world(root: Path, *, area_count: int = 36, crime_count: int = 600, month_count: int = 30) -> World:
    """Write a warehouse and the validated files that a release reads."""
    rng = np.random.default_rng(20240601)
    months = pd.date_range(end="2024-12-01", periods=month_count, freq="MS")
    areas, shapes = frames.make_areas(rng, area_count)
    data_root, warehouse = root / "data", root / "data" / "warehouse" / "crimeharm.duckdb"
    warehouse.parent.mkdir(parents=True)
    ranking = frames.make_ranking(rng, areas, months)
    tables = {
        "dim_lsoa": areas,
        "dim_month": frames.make_months(months),
        "fct_crimes": frames.make_crimes(rng, areas, months, crime_count),
        "fct_crime_lsoa_month": frames.make_area_months(rng, areas, months),
        "mart_harm_ranking": ranking,
        "mart_harm_scheme_sensitivity": frames.make_sensitivity(area_count),
        "mart_harm_force_month": frames.make_force_months(rng, months),
        "mart_stops_ethnicity": frames.make_stops(rng, months),
        "fct_stops": pd.DataFrame({"stop_record_id": ["a"], "gender": ["Male"]}),
        **frames.make_audits(rng, months),
        **model_frames.make_models(rng, areas, months),
    }
    with duckdb.connect(str(warehouse)) as connection:
        for name, frame in tables.items():
            connection.register("frame", frame)
            dates = [c for c in frame.columns if c.endswith("_month") and c != "days_in_month"]
            casts = ", ".join(f'CAST("{c}" AS DATE) AS "{c}"' for c in dates)
            connection.execute(
                f'CREATE TABLE "{name}" AS SELECT * {f"REPLACE ({casts})" if casts else ""} FROM frame'
            )
            connection.unregister("frame")
    _write_geometry(data_root / "validated", areas, shapes)
    _write_verdicts(data_root / "validated", months)
    _write_provenance(data_root)
    lock, report = root / "requirements.lock", root / "report.html"
    lock.write_text("duckdb==1.5.5\n")
    report.write_text("<!doctype html><title>Validation</title>")
    return World(warehouse, data_root, root / "published", lock, {"audit/validation/index.html": report})


def _write_geometry(validated: Path, areas: pd.DataFrame, shapes: list[shapely.Polygon]) -> None:
    (validated / "ons_lsoa_2021_boundaries").mkdir(parents=True)
    (validated / "gla_town_centres").mkdir(parents=True)
    pd.DataFrame({"lsoa_2021_code": areas["lsoa_code"], "geometry_wkb": shapely.to_wkb(shapes)}).to_parquet(
        validated / "ons_lsoa_2021_boundaries" / "part.parquet"
    )
    centre = shapely.Point(361_500, 171_500).buffer(400)
    pd.DataFrame(
        {"town_centre_name": ["Northport Quay"], "geometry_wkb": [shapely.to_wkb(centre)]}
    ).to_parquet(validated / "gla_town_centres" / "part.parquet")


def _write_provenance(data_root: Path) -> None:
    for force in FORCES:
        url = f"https://data.police.uk/a.zip!2024-12/2024-12-{force}-street.csv"
        file = Fetched(f"2024-12-{force}.csv", b"rows", url, release="2025-01")
        _land(data_root, POLICE_SOURCES["police_street"], [file], Partition("2024-12", force))
    boundaries = CATALOGUE["ons_lsoa_2021_boundaries"]
    query = "https://host.example/FeatureServer/0/query?where=1%3D1&resultOffset="
    pages = [Fetched(f"page-{n}.json", b"{}", f"{query}{n}", release=boundaries.vintage) for n in (1, 2)]
    _land(data_root, boundaries.description, pages, None)


def _land(data_root: Path, described: Description, files: list[Fetched], partition: Partition | None) -> None:
    folder = DataPaths(data_root).landing(described.dataset, partition)
    held = land(folder, described, files, partition)
    # The time of fetching would differ between two worlds.
    fixed = replace(held, fetched_at="2025-02-01T00:00:00+00:00")
    (folder / "provenance.json").write_text(fixed.to_json())


def _write_verdicts(validated: Path, months: pd.DatetimeIndex) -> None:
    for month in months[-3:]:
        for force in FORCES:
            folder = validated / "police_street" / f"month={month:%Y-%m}" / f"force={force}"
            folder.mkdir(parents=True)
            rules = [{"rule": "coordinates_present", "severity": "warning", "success": force == FORCES[0]}]
            verdict = {
                "dataset": "police_street",
                "status": "passed",
                "record_count_quarantined": 2,
                "rules": rules,
            }
            (folder / "verdict.json").write_text(json.dumps(verdict))
