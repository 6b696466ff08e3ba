"""Plots of values with their intervals, as plain numbers for an SVG: the same every time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LABEL_WIDTH, ROW_HEIGHT, TOP = 760, 300, 20, 24
_RIGHT = 24
_LABEL_LETTERS = 46
_MOST_TICKS = 6


@dataclass(frozen=True)
class Mark:
    """A value and the ends of its interval; none where there is nothing to draw."""

    label: str
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class DrawnMark:
    """A mark in pixels: its label, its line and its dot."""

    label: str
    y: int
    x: float | None
    x_lower: float | None
    x_upper: float | None


@dataclass(frozen=True)
class IntervalPlot:
    """A plot in pixels.

    Parameters
    ----------
    title
        What its rows have in common.
    marks
        One a row, from above.
    ticks
        Place and text of each tick of the axis.
    reference_x
        Place of the line of no difference; none for none.
    height
        Its height; the width is `WIDTH`.
    left_out
        Rows that it does not draw.
    """

    title: str
    marks: list[DrawnMark]
    ticks: list[tuple[float, str]]
    reference_x: float | None
    height: int
    left_out: int


def draw_intervals(title: str, marks: Sequence[Mark], reference: float | None, most: int) -> IntervalPlot:
    """Draw values with their intervals on one linear axis that begins at 0, or below it if a value does.

    Parameters
    ----------
    title
        What the marks have in common.
    marks
        The values.
    reference
        Value of no difference; none for none.
    most
        Marks to draw at most, from the first.

    Returns
    -------
    IntervalPlot
        The plot.
    """
    shown = marks[:most]
    values = [end for mark in shown for end in (mark.value, mark.lower, mark.upper) if end is not None]
    low, high = min([*values, 0.0]), max([*values, reference or 0.0])
    step = _step(high - low)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)

    def place(value: float) -> float:
        share = (value / step - first) / (last - first)
        return round(LABEL_WIDTH + share * (WIDTH - LABEL_WIDTH - _RIGHT), 1)

    def place_known(value: float | None) -> float | None:
        return None if value is None else place(value)

    drawn = [
        DrawnMark(
            _cut(mark.label),
            TOP + row * ROW_HEIGHT + ROW_HEIGHT // 2,
            place_known(mark.value),
            place_known(mark.lower),
            place_known(mark.upper),
        )
        for row, mark in enumerate(shown)
    ]
    ticks = [(place(at * step), f"{at * step:.6g}") for at in range(first, last + 1)]
    height = TOP + len(shown) * ROW_HEIGHT + 6
    return IntervalPlot(title, drawn, ticks, place_known(reference), height, len(marks) - len(shown))


def _step(width: float) -> float:
    """Return the distance of ticks: 1, 2 or 5 times a power of ten, so that there are few."""
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width / _MOST_TICKS))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if width / (power * factor) <= _MOST_TICKS)


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL_LETTERS else label[: _LABEL_LETTERS - 1] + "…"
