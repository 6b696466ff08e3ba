"""Areas as the police.uk API takes them: checked, written as text, cut into four, and put together again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Point = tuple[float, float]
Record = TypeVar("Record", bound=Hashable)

# Places have six decimals of a degree. Cuts lie half a step beside them, so that no place is on one.
_PLACES_PER_DEGREE = 1_000_000
_COORDINATE_DECIMALS = 7


def check_polygon(polygon: Sequence[Point]) -> None:
    """Refuse what cannot be an area; the API would answer it with 404 or 502, or with nothing.

    Parameters
    ----------
    polygon
        Corners as (latitude, longitude).

    Raises
    ------
    ValueError
        When there are fewer than three corners, or one is not in degrees.
    """
    if len(polygon) < 3:
        raise ValueError(f"a polygon needs three corners, this has {len(polygon)}")
    if not all(-90 <= latitude <= 90 and -180 <= longitude <= 180 for latitude, longitude in polygon):
        raise ValueError("a corner is (latitude, longitude) in degrees; one of these is not")


def write_polygon(polygon: Sequence[Point]) -> str:
    """Return a polygon as the API's parameter ``poly``: ``latitude,longitude:latitude,longitude:…``."""
    decimals = _COORDINATE_DECIMALS
    return ":".join(f"{latitude:.{decimals}f},{longitude:.{decimals}f}" for latitude, longitude in polygon)


def split_in_four(polygon: Sequence[Point]) -> list[list[Point]]:
    """Cut a polygon along the middle of its bounding box into at most four, leaving out empty ones.

    Parameters
    ----------
    polygon
        Corners as (latitude, longitude).

    Returns
    -------
    list of list of tuple
        The parts; together they cover the polygon, and no published place lies on a cut.
    """
    middles = [_beside_places((min(values) + max(values)) / 2) for values in zip(*polygon, strict=True)]
    parts: list[list[Point]] = [list(polygon)]
    for axis, middle in enumerate(middles):
        parts = [_clip(part, axis, middle, side) for part in parts for side in (-1, 1)]
        parts = [part for part in parts if len(part) >= 3]
    return parts


def merge_parts(parts: Iterable[Iterable[Record]]) -> list[Record]:
    """Put together what the parts of an area were answered with.

    Equal records within a part stay, as they may be two people searched at one place. A record on the edge
    of two parts is in both answers, so each counts as often as in the part that holds it most.

    Parameters
    ----------
    parts
        Records of each part.

    Returns
    -------
    list
        Records of the whole area, in the order in which they were first met.
    """
    whole: Counter[Record] = Counter()
    for part in parts:
        whole |= Counter(part)
    return list(whole.elements())


def _beside_places(degrees: float) -> float:
    return (math.floor(degrees * _PLACES_PER_DEGREE) + 0.5) / _PLACES_PER_DEGREE


def _clip(polygon: list[Point], axis: int, middle: float, side: int) -> list[Point]:
    """Keep the part on one side of a line (Sutherland and Hodgman 1974)."""
    kept: list[Point] = []
    for start, end in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        start_is_in = side * (start[axis] - middle) >= 0
        end_is_in = side * (end[axis] - middle) >= 0
        if start_is_in:
            kept.append(start)
        if start_is_in != end_is_in:
            kept.append(_crossing(start, end, axis, middle))
    return kept


def _crossing(start: Point, end: Point, axis: int, middle: float) -> Point:
    # Worked out from the same end in both directions, so that the parts on either side share the corner.
    first, last = sorted((start, end))
    share = (middle - first[axis]) / (last[axis] - first[axis])
    other = first[1 - axis] + share * (last[1 - axis] - first[1 - axis])
    return (middle, other) if axis == 0 else (other, middle)
