"""The map's layers: areas shaded by class, hotspot hulls, town centre outlines."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats
from orchestration.publishing.embedding import Figure

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

# ColorBrewer YlGnBu, safe for colour-blind readers, its first class greyed so that low harm does not glow.
PALETTE = ("#f1f4df", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494")
NO_DATA = "#d5d9de"
HOTSPOT = "#d1495b"
EDGE = "#7f8c99"
# Tooltips live in a shadow tree that the page's style sheet does not reach.
_TIP_STYLE = "max-width:270px;font-size:13px;line-height:1.45"
# Harm is concentrated, so the classes are finest where most of it is.
_CLASS_SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)
_DEGENERATE_HULL_M = 25.0
_RING_PIXELS = 12
_TOWN_TOLERANCE_M = 15.0
_DENSE_AREA_COUNT = 1_500


def draw_areas(plot: Figure, known: gpd.GeoDataFrame, shapes: list[Any]) -> dict[str, list[dict[str, str]]]:
    """Shade the areas by harm days; the classes of other measures go along, for the page to switch to.

    Parameters
    ----------
    plot
        The map.
    known
        Ranked LSOAs, in the order to draw them; ``expected_harm_days`` only where a risk map was published.
    shapes
        Their outlines (EPSG:27700, metres).

    Returns
    -------
    dict
        Measure (``harm``, ``rate``, ``risk``) to its legend: ``colour`` and ``label`` of each class.
    """
    from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper

    measures = {
        "harm": _classes(known["harm_days"], "no harm"),
        "rate": _classes(
            known["harm_days_rate_per_1000"].where(~known["has_small_population"]),
            "no rate: too few residents",
        ),
    }
    has_risk = "expected_harm_days" in known
    if has_risk:
        measures["risk"] = _classes(known["expected_harm_days"], "no forecast")
    xs, ys = _outlines(shapes)
    source = ColumnDataSource(
        {
            "xs": xs,
            "ys": ys,
            **{measure: classes for measure, (classes, _) in measures.items()},
            "name": [
                c if formats.is_missing(n) else n
                for c, n in zip(known["lsoa_code"], known["lsoa_name"], strict=True)
            ],
            "district": [formats.MISSING if formats.is_missing(name) else name for name in known["lad_name"]],
            "rank": [formats.number(v) for v in known["harm_rank"]],
            "crimes": [formats.number(v) for v in known["crime_count"]],
            "harm_text": [formats.number(v) for v in known["harm_days"]],
            "rate_text": [formats.number(v) for v in known["harm_days_rate_per_1000"]],
            "small": [" (few residents)" if small else "" for small in known["has_small_population"]],
            **({"risk_text": [formats.number(v) for v in known["expected_harm_days"]]} if has_risk else {}),
        }
    )
    mapper = LinearColorMapper(
        palette=list(PALETTE), low=-0.5, high=len(PALETTE) - 0.5, low_color=NO_DATA, nan_color=NO_DATA
    )
    layer = plot.patches(
        "xs",
        "ys",
        source=source,
        fill_color={"field": "harm", "transform": mapper},
        line_color=EDGE,
        line_alpha=0.5,
        line_width=0.6 if len(known) < _DENSE_AREA_COUNT else 0.25,
        hover_line_color="#111111",
        name="areas",
    )
    tips = (
        f'<div style="{_TIP_STYLE}"><b>@name</b><br>@district<br>Rank @rank by harm<br>'
        "@crimes crimes, @harm_text harm days<br>@rate_text harm days per 1,000 residents@small"
        f"{'<br>@risk_text harm days expected next month' if has_risk else ''}</div>"
    )
    plot.add_tools(
        HoverTool(renderers=[layer], tooltips=tips, point_policy="follow_mouse", attachment="right")
    )
    return {measure: legend for measure, (_, legend) in measures.items()}


def draw_towns(plot: Figure, towns: gpd.GeoDataFrame) -> None:
    """Outline town centres; hidden until the reader asks for them.

    Parameters
    ----------
    plot
        The map.
    towns
        Town centres (EPSG:27700, metres).
    """
    xs, ys = _outlines(list(towns.geometry.simplify(_TOWN_TOLERANCE_M).to_numpy()))
    plot.multi_line(xs, ys, line_color="#222222", line_width=1, line_dash=[4, 3], name="towns", visible=False)


def draw_hotspots(plot: Figure, hotspots: gpd.GeoDataFrame) -> None:
    """Draw hotspot hulls, each in a ring that is as large at any zoom: a hull of some metres is a speck.

    Parameters
    ----------
    plot
        The map.
    hotspots
        Hulls (EPSG:27700, metres), at least one.
    """
    from bokeh.models import ColumnDataSource, HoverTool

    # A cluster on one or two snap points has a hull without area; it is drawn as a small disc.
    hulls = hotspots.geometry.where(hotspots.geometry.area > 0, hotspots.geometry.buffer(_DEGENERATE_HULL_M))
    xs, ys = _outlines(list(hulls.to_numpy()))
    source = ColumnDataSource(
        {
            "xs": xs,
            "ys": ys,
            "x": hulls.centroid.x.to_numpy(),
            "y": hulls.centroid.y.to_numpy(),
            "records": [formats.number(v) for v in hotspots["record_count"]],
            "harm_text": [formats.number(v) for v in hotspots["harm_days"]],
            "points": [formats.number(v) for v in hotspots["distinct_point_count"]],
            "dominant": [formats.plain(v) for v in hotspots["dominant_crime_type"]],
            "town": [formats.MISSING if formats.is_missing(v) else v for v in hotspots["town_centre_name"]],
            "night_time": [formats.percent(v, 0) for v in hotspots["night_time_overlap_share"]],
        }
    )
    plot.patches(
        "xs",
        "ys",
        source=source,
        fill_color=HOTSPOT,
        fill_alpha=0.22,
        line_color=HOTSPOT,
        line_width=2.2,
        name="hotspots",
    )
    rings = plot.scatter(
        "x",
        "y",
        source=source,
        size=_RING_PIXELS,
        fill_color="#ffffff",
        fill_alpha=0.7,
        line_color=HOTSPOT,
        line_width=2.4,
        name="hotspot-rings",
    )
    tips = (
        f'<div style="{_TIP_STYLE}"><b>Hotspot</b><br>@records crimes of very high harm<br>'
        "on @points map points, @harm_text harm days<br>Mostly @dominant<br>Town centre: @town<br>In a "
        "night-time area: @night_time</div>"
    )
    plot.add_tools(
        HoverTool(renderers=[rings], tooltips=tips, point_policy="follow_mouse", attachment="left")
    )


def class_breaks(values: np.ndarray) -> list[float]:
    """Find the class limits of a skewed measure.

    Parameters
    ----------
    values
        Finite values, one per area.

    Returns
    -------
    list of float
        The 50th, 75th, 90th, 95th and 99th percentiles without repeats or the least value; may be empty.
    """
    import numpy as np

    if not len(values):
        return []
    limits = sorted({float(q) for q in np.quantile(values, _CLASS_SHARES)})
    return [limit for limit in limits if limit > values.min()]


def _classes(values: pd.Series, without: str) -> tuple[list[int], list[dict[str, str]]]:
    """Class of each area (-1: no value) and the legend; the darkest class is always the last."""
    import numpy as np

    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    has_value = np.isfinite(numbers)
    breaks = class_breaks(numbers[has_value])
    first = len(PALETTE) - 1 - len(breaks)
    classes = np.where(has_value, first + np.searchsorted(breaks, np.nan_to_num(numbers), side="right"), -1)
    edges = [formats.number(limit) for limit in breaks]
    labels = [
        *([f"under {edges[0]}"] if edges else ["all areas"]),
        *(f"{low} – {high}" for low, high in pairwise(edges)),
        *([f"{edges[-1]} or more"] if edges else []),
    ]
    legend = [{"colour": PALETTE[first + i], "label": label} for i, label in enumerate(labels)]
    if not has_value.all():
        legend.append({"colour": NO_DATA, "label": without})
    return [int(c) for c in classes], legend


def _outlines(shapes: list[Any]) -> tuple[list[list[float]], list[list[float]]]:
    """Outer rings in whole metres, the parts of one shape separated by NaN as Bokeh wants them."""
    import shapely

    xs: list[list[float]] = []
    ys: list[list[float]] = []
    for shape in shapes:
        x: list[float] = []
        y: list[float] = []
        for part in shapely.get_parts(shape):
            ring = shapely.get_coordinates(part.exterior).round().astype(int)
            gap = [float("nan")] if x else []
            x += [*gap, *ring[:, 0].tolist()]
            y += [*gap, *ring[:, 1].tolist()]
        xs.append(x)
        ys.append(y)
    return xs, ys
