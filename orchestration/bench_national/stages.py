"""The stages that are measured, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import click

from data_quality.promotion import ensure_schema_files
from orchestration.bench_national.geography import make_geography
from orchestration.bench_national.records import write_month
from orchestration.bench_national.reference import write_reference
from orchestration.environment import shift_month
from orchestration.gating import gate_police
from orchestration.landing import land_police
from orchestration.paths import DataPaths
from orchestration.sources.police_uk.archive import open_archive
from orchestration.sources.types import Partition
from orchestration.warehouse import DBT_BUILD, DBT_EXECUTABLE, DBT_PROJECT, install_spatial
from orchestration.warehouse_build import next_warehouse

DATASET, HARM_SCHEME = "police_street", "seed_article"
MEMORY_LIMIT = "4GB"
LAST_MONTH = "2025-12"


def months_up_to_last(count: int) -> list[str]:
    """Return the newest months, the first of them first."""
    return [shift_month(LAST_MONTH, -back) for back in reversed(range(count))]


def csv_folder(root: Path) -> Path:
    """Return the folder that is laid out like the archive."""
    return root / "archive"


def generate(root: Path, data: Path, months: int) -> None:
    """Write the street files and the reference data."""
    geography = make_geography()
    for month in months_up_to_last(months):
        write_month(csv_folder(root), month, geography)
    write_reference(geography, DataPaths(data))


def land(root: Path, data: Path, months: int) -> None:
    """Land the files of the newest months that are not held yet."""
    archive = open_archive(csv_folder(root))
    land_police(DATASET, _partitions(root, months), archive, DataPaths(data))


def gate(root: Path, data: Path, months: int) -> None:
    """Take what is landed through its gate."""
    verdicts = gate_police(DATASET, _partitions(root, months), DataPaths(data))
    refused = [verdict.reason for verdict in verdicts if verdict.status != "passed"]
    if refused:
        raise click.ClickException(f"{len(refused)} partitions did not pass, such as {refused[0]}")


def warehouse(root: Path, data: Path, months: int) -> None:
    """Build the marts as a run does, without Dagster."""
    paths = DataPaths(data)
    install_spatial()
    ensure_schema_files(paths.validated_root, paths.quarantine_root)
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    target = paths.dbt_build_target
    with next_warehouse(paths, HARM_SCHEME) as variables:
        subprocess.run(
            [str(DBT_EXECUTABLE), "--quiet", *DBT_BUILD, *project, "--target-path", str(target)],
            env=os.environ | variables | {"CRIMEHARM_MEMORY_LIMIT": MEMORY_LIMIT},
            check=True,
        )


def duckdb_scan(root: Path, data: Path, months: int) -> None:
    """Count every column of the CSV files: the least that any pipeline must read."""
    import duckdb

    files = [str(path) for month in months_up_to_last(months) for path in csv_folder(root).glob(f"{month}/*")]
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute(
            "select count(columns(*)) from read_csv(?, all_varchar = true, header = true, delim = ',')",
            [files],
        ).fetchall()


def geopandas_slice(root: Path, data: Path, months: int) -> None:
    """Do to the newest month in pandas what the facts do: locate each record, weigh it and count by LSOA."""
    import geopandas
    import pandas as pd

    files = sorted(csv_folder(root).glob(f"{LAST_MONTH}/*"))
    crimes = pd.concat([pd.read_csv(path) for path in files], ignore_index=True)
    shapes = pd.read_parquet(DataPaths(data).validated("ons_lsoa_2021_boundaries") / "part.parquet")
    areas = geopandas.GeoDataFrame(
        shapes[["lsoa_2021_code"]],
        geometry=geopandas.GeoSeries.from_wkb(shapes["geometry_wkb"]),
        crs="EPSG:27700",
    )
    points = geopandas.GeoDataFrame(
        crimes,
        geometry=geopandas.points_from_xy(crimes["Longitude"], crimes["Latitude"]),
        crs="EPSG:4326",
    ).to_crs("EPSG:27700")
    located = points.sjoin(areas, how="left", predicate="within")
    seed = pd.read_csv(DBT_PROJECT / "seeds" / "harm_weights.csv")
    weights = seed[seed["scheme"] == HARM_SCHEME].set_index("category")["days"]
    located["harm_days"] = located["Crime type"].map(weights)
    located.groupby(["lsoa_2021_code", "Month", "Crime type"])["harm_days"].agg(["size", "sum"])


def _partitions(root: Path, months: int) -> list[Partition]:
    wanted = set(months_up_to_last(months))
    held = open_archive(csv_folder(root)).members()
    return sorted(partition for partition, _ in held if partition.month in wanted)


STAGES = {
    function.__name__: function
    for function in (generate, land, gate, warehouse, duckdb_scan, geopandas_slice)
}


@click.command()
@click.argument("stage", type=click.Choice(list(STAGES)))
@click.argument("root", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("months", type=int)
def main(stage: str, root: Path, data: Path, months: int) -> None:
    """Run one stage on the newest months."""
    STAGES[stage](root, data, months)


if __name__ == "__main__":
    main()
