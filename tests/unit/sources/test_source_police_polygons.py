"""Areas of the police API: split, so that every published place is in one part, and put together again."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.sources.police_uk.polygons import Point, merge_parts, split_in_four, write_polygon

degree = st.integers(0, 1_000_000).map(lambda steps: steps / 1_000_000)
place = st.tuples(degree.map(lambda part: 51 + part), degree.map(lambda part: part - 1))


def ring(polygon: list[Point]) -> shapely.Polygon:
    """Return a polygon as the API draws it from its parameter."""
    corners = [
        tuple(float(number) for number in pair.split(",")) for pair in write_polygon(polygon).split(":")
    ]
    return shapely.Polygon(corners)


@st.composite
def star(draw: st.DrawFn) -> list[Point]:
    """Draw a polygon around a middle; many have dents."""
    middle = draw(place)
    radii = draw(st.lists(st.floats(0.01, 0.3), min_size=3, max_size=9))
    steps = [2 * math.pi * number / len(radii) for number in range(len(radii))]
    return [
        (round(middle[0] + radius * math.cos(angle), 6), round(middle[1] + radius * math.sin(angle), 6))
        for radius, angle in zip(radii, steps, strict=True)
    ]


@settings(max_examples=100, deadline=None)
@given(star())
def test_the_parts_cover_the_polygon(polygon: list[Point]) -> None:
    """A corner of the area would be lost, and its crimes with it."""
    parts = [shapely.Polygon(part).area for part in split_in_four(polygon)]
    assert sum(parts) == pytest.approx(shapely.Polygon(polygon).area, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(star(), st.lists(place, min_size=1, max_size=30), st.integers(1, 3))
def test_a_published_place_is_in_exactly_one_part(
    polygon: list[Point], places: list[Point], depth: int
) -> None:
    """A crime on a cut would come twice, or not at all."""
    area = ring(polygon)
    # Beside the outline, where the rounding of slanted edges decides.
    inside = [at for at in places if area.contains(shapely.Point(at).buffer(1e-6))]
    assume(inside)
    parts = [polygon]
    for _ in range(depth):
        parts = [part for whole in parts for part in split_in_four(whole)]
    rings = [ring(part) for part in parts]
    for at in inside:
        # Parts of a dented polygon hang together by edges of no width, on which no place lies.
        assert sum(shapely.contains_xy(part.buffer(0), *at) for part in rings) == 1


def test_equal_records_stay_and_shared_ones_count_once() -> None:
    """Two people searched at one place would become one; a search on an edge would become two."""
    assert merge_parts([["a", "a", "edge"], ["edge", "b"], []]) == ["a", "a", "edge", "b"]
    assert merge_parts([]) == []
