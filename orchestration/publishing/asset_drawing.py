"""Places and lines of a picture of assets: a column for each stage, the same in every build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_COLUMN_WIDTH, _ROW_HEIGHT, _NODE_WIDTH, _TOP = 250, 19, 196, 34


def draw_stages(stages: Mapping[str, Sequence[str]], links: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Place assets in columns and draw a line for each link.

    Parameters
    ----------
    stages
        Names of assets by the stage's heading, both in the order in which they are drawn.
    links
        From an asset to one that is made of it; one that leads to itself is not drawn.

    Returns
    -------
    dict
        What ``part_assets.svg.j2`` draws, in pixels: ``width``, ``height``, ``heads``, ``nodes`` and
        ``lines``; and ``link_count``.
    """
    wanted = sorted(set(links))
    places = {
        asset: (stage * _COLUMN_WIDTH, _TOP + row * _ROW_HEIGHT)
        for stage, assets in enumerate(stages.values())
        for row, asset in enumerate(assets)
    }
    return {
        "width": len(stages) * _COLUMN_WIDTH,
        "height": _TOP + max(map(len, stages.values())) * _ROW_HEIGHT + 10,
        "heads": [(stage * _COLUMN_WIDTH, name) for stage, name in enumerate(stages)],
        "nodes": [(asset, x, y) for asset, (x, y) in places.items()],
        "lines": [_line(places[a], places[b]) for a, b in wanted if a != b],
        "link_count": len(wanted),
    }


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = start, end
    x, middle = x + _NODE_WIDTH, _ROW_HEIGHT // 2 - 2
    bend = max(40, (to_x - x) // 2)
    return f"M{x} {y + middle} C{x + bend} {y + middle} {to_x - bend} {to_y + middle} {to_x} {to_y + middle}"
