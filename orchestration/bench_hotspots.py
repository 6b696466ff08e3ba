"""Measures hotspots and spatial statistics at four sizes, on places made from a seed: best of three, warm."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import click
import numpy as np
import pandas as pd

from ml.hotspots import HotspotSettings
from ml.hotspots.find import find_clusters
from ml.spatial import getis_ord, knox_test, local_clusters, nearest_neighbours
from ml.spatial.autocorrelation import grid_neighbours

POINT_COUNTS = (12_500, 25_000, 50_000, 100_000)
GRID_SIDES = (40, 80, 160, 320)
_REPEATS = 3
_CLUSTERS, _SPREAD_M, _SIDE_M, _DAYS = 400, 150.0, 20_000.0, 3 * 365
_SEED = 20261126


def clustered_records(count: int) -> pd.DataFrame:
    """Make records around 400 centres on 20 x 20 km, no two on one point, with skewed harm and a day.

    Parameters
    ----------
    count
        Number of records.
    """
    generator = np.random.default_rng(_SEED)
    centres = generator.uniform(0, _SIDE_M, (_CLUSTERS, 2))
    place = centres[generator.integers(0, _CLUSTERS, count)] + generator.normal(0, _SPREAD_M, (count, 2))
    frame = pd.DataFrame(place).set_axis(["easting_m", "northing_m"], axis=1)
    return frame.assign(
        harm_days=generator.lognormal(5, 1, count),
        crime_type="Robbery",
        crime_month=pd.Timestamp("2025-01-01"),
        day=generator.integers(0, _DAYS, count),
    )


def best_seconds(run: Callable[[], object]) -> float:
    """Return the shortest wall time of three runs after one that warms up."""
    run()
    taken = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return min(taken)


def point_row(count: int) -> str:
    """Write the row of one number of points: harm-weighted DBSCAN with polygons, and Knox's test."""
    records = clustered_records(count)
    settings = HotspotSettings(is_harm_weighted=True)
    found = len(find_clusters(records, settings)[0])
    at = records["easting_m"].to_numpy(), records["northing_m"].to_numpy(), records["day"].to_numpy()
    seconds = (
        best_seconds(lambda: find_clusters(records, settings)),
        best_seconds(lambda: knox_test(*at, distance_m=200.0, interval=14, permutations=99)),
    )
    return f"| {count:,} | {found:,} | " + " | ".join(f"{one:.2f}" for one in seconds) + " |"


def grid_row(side: int) -> str:
    """Write the row of one square grid: Gi* with weights given and made, and local Moran's I."""
    values = np.random.default_rng(_SEED).lognormal(0, 1, side * side)
    north, east = 250.0 * np.array(np.divmod(np.arange(side * side), side))
    near = nearest_neighbours(east, north)
    weights = grid_neighbours(side, side)
    seconds = (
        best_seconds(lambda: getis_ord(values, weights)),
        best_seconds(lambda: getis_ord(values, grid_neighbours(side, side))),
        best_seconds(lambda: local_clusters(values, near)),
    )
    return f"| {side * side:,} | " + " | ".join(f"{one:.4f}" for one in seconds) + " |"


@click.command()
def main() -> None:
    """Print both tables as Markdown, with the load of the machine before and after."""
    before = os.getloadavg()[0]
    click.echo("| points | clusters | harm-weighted DBSCAN with polygons, s | Knox, 99 permutations, s |")
    click.echo("| --- | --- | --- | --- |")
    for count in POINT_COUNTS:
        click.echo(point_row(count))
    click.echo("\n| cells | Gi*, s | Gi* with its weights, s | local Moran's I, 99,999 draws, s |")
    click.echo("| --- | --- | --- | --- |")
    for side in GRID_SIDES:
        click.echo(grid_row(side))
    click.echo(f"\nLoad average: {before:.1f} before, {os.getloadavg()[0]:.1f} after.")


if __name__ == "__main__":
    main()
