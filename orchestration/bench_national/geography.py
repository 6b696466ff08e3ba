"""A synthetic England and Wales on a grid: as many LSOAs, changes and snap points as the real one has."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.warehouse import DBT_PROJECT

if TYPE_CHECKING:
    import numpy as np

SEED = 20260101
LSOA_COUNT, WELSH_COUNT = 35_672, 1_917
# As many as the look-up of 2011 to 2021 has of each kind, but for its six irregular areas.
SPLIT_PARENTS, SPLIT_CHILDREN = 861, 1_900
MERGED_CHILDREN = 119
SNAP_POINTS_PER_LSOA = 21
_COLUMNS = 192
_WEST_M, _SOUTH_M, _SIDE_M = 330_000, 120_000, 1_000.0


@dataclass(frozen=True)
class Geography:
    """The areas and places that crimes happen in.

    Parameters
    ----------
    forces
        Slug and area code of each force, in the order of their areas.
    force_of_lsoa
        Shape (areas,): place in ``forces``.
    codes_2021, codes_2011
        Shape (areas,): each area's code, and the code that a record of it carried before the change.
    second_parents
        Code of 2011 of the other parent of each merged area, by the area's place.
    changes
        Shape (areas,): U, S or M.
    west_m, south_m
        Shape (areas,): corner of each square kilometre.
    longitude, latitude
        Shape (areas, points): its snap points, degrees to six places.
    """

    forces: list[tuple[str, str]]
    force_of_lsoa: np.ndarray
    codes_2021: np.ndarray
    codes_2011: np.ndarray
    second_parents: dict[int, str]
    changes: np.ndarray
    west_m: np.ndarray
    south_m: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray


def read_forces() -> list[tuple[str, str]]:
    """Return slug and area code of the 43 territorial forces, the Welsh last."""
    with (DBT_PROJECT / "seeds" / "police_forces.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["is_synthetic"] == "false"]
    areas = [(row["force_slug"], row["police_force_area_code"]) for row in rows]
    return sorted((area for area in areas if area[1]), key=lambda area: (area[1][0] == "W", area[0]))


def make_geography() -> Geography:
    """Make the same geography every time."""
    import numpy as np

    random = np.random.default_rng(SEED)
    forces = read_forces()
    welsh = sum(area.startswith("W") for _, area in forces)
    english_count = LSOA_COUNT - WELSH_COUNT
    force_of_lsoa = np.concatenate(
        [
            _areas_of_forces(random, english_count, len(forces) - welsh, 0),
            _areas_of_forces(random, WELSH_COUNT, welsh, len(forces) - welsh),
        ]
    )
    place = np.arange(LSOA_COUNT)
    west_m = _WEST_M + _SIDE_M * (place % _COLUMNS)
    south_m = _SOUTH_M + _SIDE_M * (place // _COLUMNS)
    codes_2021 = np.array([_code(number, english_count) for number in range(LSOA_COUNT)], dtype=np.object_)
    changes, codes_2011, second = _change(random, codes_2021, english_count)
    longitude, latitude = _snap_points(random, west_m, south_m)
    return Geography(
        forces, force_of_lsoa, codes_2021, codes_2011, second, changes, west_m, south_m, longitude, latitude
    )


def _code(number: int, english_count: int) -> str:
    return f"E010{number:05d}" if number < english_count else f"W010{number - english_count:05d}"


def _areas_of_forces(random: np.random.Generator, areas: int, forces: int, first: int) -> np.ndarray:
    """Give each force a run of neighbouring areas, many to some and few to others."""
    import numpy as np

    shares = random.lognormal(0.0, 0.6, forces)
    bounds = np.round(np.cumsum(shares) / shares.sum() * areas).astype(int)
    return first + np.searchsorted(bounds, np.arange(areas), side="right").clip(0, forces - 1)


def _change(
    random: np.random.Generator, codes_2021: np.ndarray, english_count: int
) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    """Choose which areas came from splits and merges; they get codes that are in one census alone."""
    import numpy as np

    changes = np.full(len(codes_2021), "U", dtype=object)
    codes_2011 = codes_2021.copy()
    sizes = np.full(SPLIT_PARENTS, 2)
    sizes[: SPLIT_CHILDREN - 2 * SPLIT_PARENTS] += 1
    # Four apart, so that no two changes overlap.
    chosen = 4 * random.choice(english_count // 4 - 1, SPLIT_PARENTS + MERGED_CHILDREN, replace=False)
    for number, (start, size) in enumerate(zip(chosen[:SPLIT_PARENTS], sizes, strict=True)):
        for child in range(start, start + size):
            changes[child], codes_2011[child] = "S", f"E0105{number:04d}"
            codes_2021[child] = f"E011{child:05d}"
    second: dict[int, str] = {}
    for number, merged in enumerate(chosen[SPLIT_PARENTS:]):
        changes[merged], codes_2011[merged] = "M", f"E0107{number:04d}"
        second[int(merged)] = f"E0108{number:04d}"
        codes_2021[merged] = f"E0109{number:04d}"
    return changes, codes_2011, second


def _snap_points(
    random: np.random.Generator, west_m: np.ndarray, south_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    import pyproj

    shape = (len(west_m), SNAP_POINTS_PER_LSOA)
    east = west_m[:, None] + random.uniform(10, _SIDE_M - 10, shape)
    north = south_m[:, None] + random.uniform(10, _SIDE_M - 10, shape)
    to_degrees = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(east, north)
    return longitude.round(6), latitude.round(6)
