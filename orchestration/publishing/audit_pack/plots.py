"""Plots of values with their intervals, as plain numbers for an SVG: the same every time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.publishing.audit_pack.fairness_words import Axis

ROW_HEIGHT, TOP = 20, 42
_AXIS_WIDTH, _RIGHT = 430, 24
# Of the widest common sans-serif at 12 pixels, so that no label is cut.
_LETTER_WIDTH, _LABEL_GAP = 6.6, 20
_MOST_TICKS = 6


@dataclass(frozen=True)
class Mark:
    """A value and the ends of its interval; none where there is nothing to draw, and then why."""

    label: str
    value: float | None
    lower: float | None
    upper: float | None
    note: str = ""


@dataclass(frozen=True)
class DrawnMark:
    """A mark in pixels: its label with what is said of it, its line and its dot."""

    label: str
    note: str
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
    axis
        What the axis measures, with its unit.
    marks
        One a row, from above.
    ticks
        Place and text of each tick of the axis.
    reference_x
        Place of the line of no difference; none for none.
    width, label_width, height
        Its size, and how much of the width is for labels.
    left_out
        Rows that it does not draw.
    """

    title: str
    axis: str
    marks: list[DrawnMark]
    ticks: list[tuple[float, str]]
    reference_x: float | None
    width: int
    label_width: int
    height: int
    left_out: int


def draw_intervals(
    title: str, marks: Sequence[Mark], reference: float | None, most: int, axis: Axis
) -> IntervalPlot:
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
    axis
        What they measure.

    Returns
    -------
    IntervalPlot
        The plot.
    """
    shown = marks[:most]
    letters = max((len(f"{mark.label} {mark.note}") for mark in shown), default=0)
    label_width = math.ceil(letters * _LETTER_WIDTH) + _LABEL_GAP
    values = [end for mark in shown for end in (mark.value, mark.lower, mark.upper) if end is not None]
    low, high = min([*values, 0.0]), max([*values, reference or 0.0])
    step = _step(high - low)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)

    def place(value: float) -> float:
        share = (value / step - first) / (last - first)
        return round(label_width + share * _AXIS_WIDTH, 1)

    def place_known(value: float | None) -> float | None:
        return None if value is None else place(value)

    drawn = [
        DrawnMark(
            mark.label,
            mark.note,
            TOP + row * ROW_HEIGHT + ROW_HEIGHT // 2,
            place_known(mark.value),
            place_known(mark.lower),
            place_known(mark.upper),
        )
        for row, mark in enumerate(shown)
    ]
    ticks = [(place(at * step), _tick(at * step, axis)) for at in range(first, last + 1)]
    height = TOP + len(shown) * ROW_HEIGHT + 6
    width = label_width + _AXIS_WIDTH + _RIGHT
    reference_x, left_out = place_known(reference), len(marks) - len(shown)
    return IntervalPlot(title, axis.words, drawn, ticks, reference_x, width, label_width, height, left_out)


def _tick(value: float, axis: Axis) -> str:
    return f"{100 * value if axis.is_share else value:.6g}"


def _step(width: float) -> float:
    """Return the distance of ticks: 1, 2 or 5 times a power of ten, so that there are few."""
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width / _MOST_TICKS))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if width / (power * factor) <= _MOST_TICKS)
