"""Draws the trends of the validation report as inline SVG; colours are the page's, so dark pages work too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

_WIDTH, _HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 10, 12, 26
_SPARK_WIDTH, _SPARK_HEIGHT = 120, 22
_MOST_LABELS = 7


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Parameters
    ----------
    values
        One for each label; None breaks the line.
    is_main
        Whether it is drawn strongly, with points; the others are the thin lines behind it.
    """

    values: Sequence[float | None]
    is_main: bool = True


def line_chart(labels: Sequence[str], series: Sequence[Series], description: str, is_share: bool) -> Markup:
    """Draw lines over evenly spaced labels, from zero.

    Parameters
    ----------
    labels
        Months or days.
    series
        Lines; the main one last.
    description
        What the chart shows, for those who cannot see it.
    is_share
        Whether values are shares, to be labelled in percent.

    Returns
    -------
    markupsafe.Markup
        An ``svg`` element.
    """
    known = [value for line in series for value in line.values if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    high = high if high > low else low + 1.0
    parts = [_tick(value, low, high, is_share) for value in _ticks(low, high)]
    parts += _label_texts(labels)
    for line in series:
        parts += _line(line, len(labels), low, high)
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(description)}">{"".join(parts)}</svg>'
    )


def sparkline(values: Sequence[float | None]) -> Markup:
    """Draw a small line without axes, from zero to its own highest value; it is decoration beside numbers."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(0.0, *known), max(0.0, *known)
    span = (high - low) or 1.0
    step = _SPARK_WIDTH / max(len(values) - 1, 1)
    points = [
        None
        if value is None
        else (number * step, _SPARK_HEIGHT - 2 - (value - low) / span * (_SPARK_HEIGHT - 4))
        for number, value in enumerate(values)
    ]
    return Markup(
        f'<svg class="spark" width="{_SPARK_WIDTH}" height="{_SPARK_HEIGHT}" aria-hidden="true">'
        f'<path class="main" d="{_path(points)}"/></svg>'
    )


def format_value(value: float | None, is_share: bool) -> str:
    """Return a share (0 to 1) in percent, or another value with four digits; a dash when there is none."""
    if value is None:
        return "–"
    if not is_share:
        return f"{value:,.4g}"
    if value and value < 0.0001:
        return "<0.01%"
    return f"{value:.2%}" if value else "0"


def _ticks(low: float, high: float) -> list[float]:
    return [low, (low + high) / 2, high]


def _tick(value: float, low: float, high: float, is_share: bool) -> str:
    y = _y(value, low, high)
    text = escape(format_value(value, is_share))
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
    )


def _label_texts(labels: Sequence[str]) -> list[str]:
    last = len(labels) - 1
    step = max(1, -(-last // (_MOST_LABELS - 1)))
    shown = [number for number in range(0, last + 1, step) if number == 0 or last - number >= step]
    shown = [*shown, last] if last and last not in shown else shown
    return [
        f'<text x="{_x(number, len(labels)):.1f}" y="{_HEIGHT - 8}" text-anchor="{_anchor(number, last)}">'
        f"{escape(labels[number])}</text>"
        for number in shown
    ]


def _anchor(number: int, last: int) -> str:
    if number == 0:
        return "start"
    return "end" if number == last else "middle"


def _line(line: Series, count: int, low: float, high: float) -> list[str]:
    points = [
        None if value is None else (_x(number, count), _y(value, low, high))
        for number, value in enumerate(line.values)
    ]
    drawn = [f'<path class="{"main" if line.is_main else "thin"}" d="{_path(points)}"/>']
    if line.is_main:
        drawn += [f'<circle cx="{p[0]:.1f}" cy="{p[1]:.1f}" r="3"/>' for p in points if p is not None]
    return drawn


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """Return the path's commands; a missing point lifts the pen."""
    commands = []
    is_down = False
    for point in points:
        if point is not None:
            commands.append(f"{'L' if is_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        is_down = point is not None
    return "".join(commands)


def _x(number: int, count: int) -> float:
    width = _WIDTH - _LEFT - _RIGHT
    return _LEFT + (width / 2 if count == 1 else number * width / (count - 1))


def _y(value: float, low: float, high: float) -> float:
    height = _HEIGHT - _TOP - _BOTTOM
    return _TOP + height - (value - low) / (high - low) * height
