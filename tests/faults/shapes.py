"""Shapes that no boundary may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def bow_tie() -> bytes:
    """Return a polygon that crosses itself."""
    import shapely

    wkb: bytes = shapely.Polygon(
        [(530_000, 180_000), (531_000, 181_000), (531_000, 180_000), (530_000, 181_000)]
    ).wkb
    return wkb


def a_point() -> bytes:
    """Return a point."""
    import shapely

    wkb: bytes = shapely.Point(530_000, 180_000).wkb
    return wkb


def in_degrees(frame: pd.DataFrame) -> pd.DataFrame:
    """Return boundaries in longitude and latitude."""
    import numpy as np
    import pyproj
    import shapely

    to_degrees = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    moved = shapely.transform(
        shapely.from_wkb(frame["geometry_wkb"].to_numpy()),
        lambda points: np.column_stack(to_degrees.transform(points[:, 0], points[:, 1])),
    )
    return frame.assign(geometry_wkb=list(shapely.to_wkb(moved)))
