"""How much of the hotspots' ground lies in town centres or night-time areas, as found and by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from ml.hotspots.shapes import Geometries

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]


def area_inside(hulls: Geometries, area: Any) -> Floats:
    """Return how many square metres of each hull lie inside the area."""
    import numpy as np
    import shapely

    shapely.prepare(area)
    inside = np.zeros(len(hulls))
    touching = shapely.intersects(area, hulls)
    inside[touching] = shapely.area(shapely.intersection(hulls[touching], area))
    return inside


def overlap_share(hulls: Geometries, area: Any | None) -> float:
    """Return the share of the hulls' ground inside the area; NaN without hulls, or of an unknown area."""
    import shapely

    if area is None or len(hulls) == 0:
        return float("nan")
    return float(area_inside(hulls, area).sum() / shapely.area(hulls).sum())


def overlaps_of_draws(
    points: Floats,
    draws: Sequence[tuple[Integers, Integers]],
    areas: Mapping[str, Any],
    *,
    is_concave: bool,
) -> dict[str, Floats]:
    """Return `overlap_share` of each draw's clusters with each area.

    Most clusters come back in many draws, so each set of points is drawn and laid on the areas once.

    Parameters
    ----------
    points : ndarray of float, shape (p, 2)
        Snap points, easting and northing in metres.
    draws : sequence of pairs of ndarray of int, each of one shape
        Points inside clusters, ascending, and the cluster of each, numbered from 0 on without a gap.
    areas : mapping of str to shapely geometry or None
        Areas; None for an unknown one.
    is_concave : bool
        As in `ml.hotspots.shapes.cluster_hulls`.
    """
    import numpy as np
    import shapely

    from ml.hotspots.shapes import cluster_hulls

    found: dict[bytes, int] = {}
    kinds = [[found.setdefault(each.tobytes(), len(found)) for each in _members(*draw)] for draw in draws]
    unknown = np.full(len(draws), np.nan)
    if not found or all(area is None for area in areas.values()):
        return dict.fromkeys(areas, unknown)
    held = [np.frombuffer(key, dtype=np.int64) for key in found]
    number = np.repeat(np.arange(len(held)), [len(each) for each in held])
    hulls = cluster_hulls(number, *points[np.concatenate(held)].T, is_concave=is_concave)
    shapes = np.array([hulls[kind] for kind in range(len(held))], dtype=object)
    ground = shapely.area(shapes)
    totals = np.array([ground[kind].sum() if kind else np.nan for kind in kinds])

    def shares(inside: Floats) -> Floats:
        return np.array([inside[kind].sum() for kind in kinds]) / totals

    return {
        name: unknown if area is None else shares(area_inside(shapes, area)) for name, area in areas.items()
    }


def _members(point: Integers, cluster: Integers) -> list[Integers]:
    """Points of each cluster, ascending."""
    import numpy as np

    order = np.argsort(cluster, kind="stable")
    ends = np.cumsum(np.bincount(cluster))
    return np.split(point[order], ends[:-1]) if len(cluster) else []
