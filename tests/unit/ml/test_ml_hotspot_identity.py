"""Identities of hotspots through time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.hotspots.identity import follow, window_persistence

BOXES = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 3)), max_size=6, unique_by=lambda b: b[:2]
)


def hulls(*boxes: tuple[int, int, int]) -> np.ndarray:
    """Squares by west, south and side."""
    return np.array([shapely.box(x, y, x + side, y + side) for x, y, side in boxes], dtype=object)


def windows(history: list[list[tuple[int, int, int]]]) -> list[tuple[str, np.ndarray]]:
    """Squares by window."""
    return [(f"2025-{turn + 1:02d}", hulls(*boxes)) for turn, boxes in enumerate(history)]


@settings(max_examples=60, deadline=None)
@given(st.lists(BOXES, min_size=2, max_size=6))
def test_identities_are_unique_and_settled(history: list[list[tuple[int, int, int]]]) -> None:
    """Two hotspots of one name, or names that a later month changes, would make every report disagree."""
    followed = follow(windows(history))
    for window in followed:
        assert len({one.stable_id for one in window}) == len(window)
    assert follow(windows(history[:-1])) == followed[:-1]
    for turn, (before, now) in enumerate(pairwise(followed), start=1):
        known = {one.stable_id: hull for one, hull in zip(before, hulls(*history[turn - 1]), strict=True)}
        for one, hull in zip(now, hulls(*history[turn]), strict=True):
            if one.event in ("continued", "merged"):
                shared = shapely.area(shapely.intersection(hull, list(known.values())))
                kept = shapely.area(shapely.intersection(hull, known[one.stable_id]))
                assert kept == shared.max() and kept > 0
            else:
                assert one.stable_id not in known


@settings(max_examples=30, deadline=None)
@given(BOXES)
def test_what_stays_keeps_its_name(boxes: list[tuple[int, int, int]]) -> None:
    """A hotspot that did not move must not be reported as a new one."""
    apart = [(10 * x, 10 * y, side) for x, y, side in boxes]
    first, second = follow(windows([apart, apart]))
    assert [one.stable_id for one in first] == [one.stable_id for one in second]
    assert {one.event for one in second} <= {"continued"}


def test_splits_mergers_and_returns_are_named() -> None:
    """Without these, a place that fell apart looks like one that ended and one that appeared from nowhere."""
    history = [[(0, 0, 9)], [(0, 0, 5), (6, 6, 3)], [(0, 0, 9)], [], [(1, 1, 3)]]
    followed = follow(windows(history))
    assert [(one.event, one.split_from_id) for one in followed[1]] == [
        ("continued", None),
        ("split", "2025-01-001"),
    ]
    assert (followed[2][0].event, followed[2][0].merged_ids) == ("merged", ("2025-02-001",))
    assert (followed[4][0].event, followed[4][0].stable_id) == ("returned", "2025-01-001")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("111111", "persistent"),
        ("000111", "new"),
        ("001111", "emerging"),
        ("101101", "sporadic"),
        ("111110", "fading"),
        ("1", None),
        # Back after a year: the last twelve ends alone would call it new, or emerging.
        ("1" + 11 * "0" + "1", "sporadic"),
        ("11" + "0" + 11 * "1", "sporadic"),
        ("10" + 12 * "1", "persistent"),
    ],
)
def test_persistence_follows_the_written_rule(found: str, expected: str | None) -> None:
    """The classes are read as words: each must mean what the method note says."""
    assert window_persistence(np.array([mark == "1" for mark in found])) == expected
