"""Polygons of hotspots: hulls, centroids, overlap with town centres. EPSG:27700, metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Geometries = npt.NDArray[np.object_]

HULL_GRID_M = 0.01
DISC_RADIUS_M = 10.0
"""Radius that gives an area to a cluster of one point or of points in a line."""
CONCAVE_RATIO = 0.5
"""Longest edge kept by a concave hull, between the shortest (0) and longest (1) of its triangulation."""


def cluster_hulls(
    cluster: npt.NDArray[np.int64],
    easting_m: npt.NDArray[np.float64],
    northing_m: npt.NDArray[np.float64],
    *,
    is_concave: bool = False,
) -> dict[int, Any]:
    """Hull of each cluster's points.

    One point, points in a line, or a hull smaller than the disc have no area to draw: they are widened
    by `DISC_RADIUS_M`, so that every hotspot is a valid polygon at least as large as the disc.

    Parameters
    ----------
    cluster : ndarray of int, shape (n,)
        Cluster of each point.
    easting_m, northing_m : ndarray of float, shape (n,)
        Coordinates, in metres.
    is_concave : bool
        Follow the outline of the points (`CONCAVE_RATIO`) instead of the convex hull.

    Returns
    -------
    dict
        Cluster number to shapely Polygon, on a grid of one centimetre.
    """
    import shapely

    numbers, position = np.unique(cluster, return_inverse=True)
    order = np.argsort(position, kind="stable")
    points = shapely.points(easting_m[order], northing_m[order])
    members = shapely.multipoints(points, indices=position[order])
    convex = shapely.convex_hull(members)
    hulls = shapely.concave_hull(members, ratio=CONCAVE_RATIO) if is_concave else convex
    is_small = shapely.area(hulls) < np.pi * DISC_RADIUS_M**2
    hulls = np.where(is_small, shapely.buffer(hulls, DISC_RADIUS_M), hulls)
    hulls = shapely.normalize(shapely.set_precision(hulls, HULL_GRID_M))
    return dict(zip(numbers.tolist(), hulls, strict=True))


def to_longitude_latitude(
    easting_m: npt.NDArray[np.float64], northing_m: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Turn British National Grid metres into WGS84 degrees.

    Without the national grid-shift file (never downloaded here) the transformation is good to some
    five metres, which is finer than a snap point's meaning. Rounded to six decimals.
    """
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    longitude, latitude = transformer.transform(easting_m, northing_m)
    return np.round(np.asarray(longitude), 6), np.round(np.asarray(latitude), 6)


def dissolve_town_centres(town_centres: pd.DataFrame) -> tuple[list[str], Geometries]:
    """One geometry per town centre name, in order of name.

    Parameters
    ----------
    town_centres : DataFrame or GeoDataFrame
        ``town_centre_name`` and either ``geometry_wkb`` (WKB bytes) or ``geometry`` (shapely),
        EPSG:27700.

    Returns
    -------
    names : list of str
    geometries : ndarray of shapely geometries

    Raises
    ------
    ValueError
        A needed column is missing.
    """
    import shapely

    column = "geometry_wkb" if "geometry_wkb" in town_centres.columns else "geometry"
    for name in ("town_centre_name", column):
        if name not in town_centres.columns:
            raise ValueError(f"town_centres: column {name!r} is missing; give names and polygons")
    usable = town_centres[town_centres["town_centre_name"].notna() & town_centres[column].notna()]
    geometries = usable[column].to_numpy(dtype=object)
    if column == "geometry_wkb":
        geometries = shapely.from_wkb([bytes(value) for value in geometries])
    names = usable["town_centre_name"].to_numpy(dtype=object)
    valid = shapely.make_valid(np.asarray(geometries, dtype=object))
    ordered_names = sorted(set(names))
    dissolved = [shapely.union_all(valid[names == name]) for name in ordered_names]
    return ordered_names, np.asarray(dissolved, dtype=object)


def largest_overlaps(
    hulls: Geometries, names: list[str], centres: Geometries
) -> tuple[list[str | None], npt.NDArray[np.float64]]:
    """For each hull, the town centre that covers the largest share of it.

    Returns
    -------
    names : list of str or None
        None where no centre overlaps; ties go to the first name.
    shares : ndarray of float
        Share of the hull's area, 0 where no centre overlaps.
    """
    import shapely

    best: list[str | None] = [None] * len(hulls)
    shares = np.zeros(len(hulls))
    if len(centres) == 0 or len(hulls) == 0:
        return best, shares
    hull_index, centre_index = shapely.STRtree(centres).query(hulls, predicate="intersects")
    overlap = shapely.area(shapely.intersection(hulls[hull_index], centres[centre_index]))
    share = np.clip(overlap / shapely.area(hulls[hull_index]), 0.0, 1.0)
    for i in np.lexsort((centre_index, -share)):
        hull = int(hull_index[i])
        if best[hull] is None and share[i] > 0:
            best[hull] = names[int(centre_index[i])]
            shares[hull] = share[i]
    return best, shares
