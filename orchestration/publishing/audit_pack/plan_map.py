"""Maps of a patrol plan as plain paths for an SVG: one a district, the same every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_MOST_WIDTH, _MOST_HEIGHT, _MARGIN = 560, 480, 12
# Outlines are simplified by less than a pixel, all together, so that neighbours keep a common edge.
_TOLERANCE_PIXELS = 0.7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MarkedArea:
    """An area of the plan in pixels: its outline, and where its rank is written."""

    path: str
    x: float
    y: float
    area: Mapping[str, Any]


@dataclass(frozen=True)
class PlanMap:
    """A map in pixels.

    Parameters
    ----------
    district
        Local authority district whose areas it shows; empty for those of none.
    width, height
        Its size.
    others
        Outlines of all areas that the plan could have named.
    marked
        The areas that it names.
    kilometres, kilometres_width
        Length of the scale bar, and how wide it is drawn.
    """

    district: str
    width: int
    height: int
    others: str
    marked: list[MarkedArea]
    kilometres: float
    kilometres_width: float


def draw_plan(
    areas: Sequence[Mapping[str, Any]], lsoas: pd.DataFrame, boundaries: gpd.GeoDataFrame
) -> tuple[list[PlanMap], list[str]]:
    """Draw a plan, a map for each district that it sends anybody to: in a county, areas of a town are specks.

    Parameters
    ----------
    areas
        The plan's areas, each with ``lsoa_code``.
    lsoas
        ``lsoa_code`` and ``lad_name`` of all areas that it could have named.
    boundaries
        ``lsoa_code`` and ``geometry`` (EPSG:27700, metres).

    Returns
    -------
    tuple of list of PlanMap and list of str
        In order of district; and the codes of the plan's areas without a boundary, which are on no map.
    """
    known = boundaries[boundaries.geometry.notna() & ~boundaries.geometry.is_empty]
    drawn = known.drop_duplicates("lsoa_code").merge(lsoas[["lsoa_code", "lad_name"]], on="lsoa_code")
    named = {str(area["lsoa_code"]): area for area in areas}
    maps = [
        _map(str(district), held.sort_values("lsoa_code", ignore_index=True), named)
        for district, held in drawn.fillna({"lad_name": ""}).groupby("lad_name")
        if held["lsoa_code"].isin(named).any()
    ]
    return maps, sorted(set(named) - set(drawn["lsoa_code"]))


def _map(district: str, held: gpd.GeoDataFrame, named: Mapping[str, Mapping[str, Any]]) -> PlanMap:
    import shapely

    west, south, east, north = held.total_bounds
    scale = min((_MOST_WIDTH - 2 * _MARGIN) / (east - west), (_MOST_HEIGHT - 2 * _MARGIN) / (north - south))
    shapes = shapely.coverage_simplify(held.geometry.to_numpy(), _TOLERANCE_PIXELS / scale)

    def place(metres: Floats) -> Floats:
        return (metres - (west, north)) * (scale, -scale) + _MARGIN

    # The drawing program reads the shape once, already in pixels.
    pixels = shapely.transform(shapes, place)
    paths = [_path(shape) for shape in pixels]
    inside = shapely.get_coordinates(shapely.point_on_surface(pixels)).round(1)
    codes = held["lsoa_code"].tolist()
    kilometres = _round_length((east - west) / 4000)
    return PlanMap(
        district=district,
        width=round((east - west) * scale) + 2 * _MARGIN,
        height=round((north - south) * scale) + 2 * _MARGIN,
        others="".join(paths),
        marked=[
            MarkedArea(path, float(x), float(y), named[code])
            for code, path, (x, y) in zip(codes, paths, inside, strict=True)
            if code in named
        ],
        kilometres=kilometres,
        kilometres_width=round(float(1000 * kilometres * scale), 1),
    )


def _path(shape: Any) -> str:
    """Return the outlines and holes of a shape's parts as one path; fill it by the rule of even and odd."""
    import shapely

    rings = shapely.get_rings(shapely.get_parts(shape))
    return "".join(
        "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1]) + "Z"
        for ring in rings
    )


def _round_length(kilometres: float) -> float:
    """Return the greatest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** np.floor(np.log10(max(kilometres, 1e-3)))
    return float(max(power * factor for factor in (1, 2, 5) if power * factor <= max(kilometres, power)))
