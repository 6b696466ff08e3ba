"""The map: LSOAs shaded by harm, hotspot hulls above them, town centres as an optional outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats
from orchestration.publishing.embedding import Figure, new_figure
from orchestration.publishing.map_layers import draw_areas, draw_hotspots, draw_towns

if TYPE_CHECKING:
    import geopandas as gpd

ASPECT = 16 / 10
_TOLERANCES_M = (15, 30, 60, 120, 240, 480)
_VERTEX_BUDGET = 260_000
_VIEW_MARGIN = 1.08
_LEAST_VIEW_M = 1_500.0


@dataclass(frozen=True)
class HarmMap:
    """The map and what its legend and controls need.

    Parameters
    ----------
    plot
        The figure, or None when no LSOA has a boundary.
    legends
        Measure (``harm``, ``rate``, ``risk``) to its classes, each ``colour`` and ``label``.
    views
        Named extents, the widest first: ``name``, ``x``, ``y``, ``width`` (metres).
    tolerance_m
        How far outlines were simplified.
    without_boundary_count
        LSOAs that could not be drawn.
    has_hotspots, has_town_centres
        Which layers there are.
    """

    plot: Figure | None
    legends: dict[str, list[dict[str, str]]]
    views: list[dict[str, Any]]
    tolerance_m: int
    without_boundary_count: int
    has_hotspots: bool
    has_town_centres: bool


def harm_map(
    areas: gpd.GeoDataFrame, hotspots: gpd.GeoDataFrame, towns: gpd.GeoDataFrame | None, forces: list[str]
) -> HarmMap:
    """Draw the map.

    Parameters
    ----------
    areas
        Ranked LSOAs with crime: polygons (EPSG:27700, metres; null where unknown), ``has_small_population``.
    hotspots
        Hulls, may be empty.
    towns
        Town centres, or None.
    forces
        Slugs of the forces in the release; the first view is their own area.

    Returns
    -------
    HarmMap
        The map.
    """
    known = areas[areas.geometry.notna() & ~areas.geometry.is_empty]
    missing = len(areas) - len(known)
    if known.empty:
        return HarmMap(None, {}, [], 0, missing, False, False)
    # Large areas first, so that an area inside another's hole is drawn, and found by the pointer, above it.
    known = known.assign(_area=known.geometry.area).sort_values(
        ["_area", "lsoa_code"], ascending=[False, True]
    )
    shapes, tolerance = _simplified(known)
    plot = _frame()
    legends = draw_areas(plot, known, shapes)
    if towns is not None:
        towns = towns.cx[slice(*known.total_bounds[[0, 2]]), slice(*known.total_bounds[[1, 3]])]
    has_towns = towns is not None and len(towns) > 0
    if towns is not None and has_towns:
        draw_towns(plot, towns)
    if len(hotspots):
        draw_hotspots(plot, hotspots)
    views = _views(known, forces)
    _set_view(plot, views[0])
    return HarmMap(plot, legends, views, tolerance, missing, len(hotspots) > 0, has_towns)


def _simplified(known: gpd.GeoDataFrame) -> tuple[list[Any], int]:
    """Simplify all areas together, so that neighbours keep a common edge, until the page stays small."""
    import shapely

    originals = known.geometry.to_numpy()
    for tolerance in _TOLERANCES_M:
        shapes = shapely.coverage_simplify(originals, tolerance)
        if shapely.get_num_coordinates(shapes).sum() <= _VERTEX_BUDGET:
            break
    return list(shapes), tolerance


def _frame() -> Figure:
    from bokeh.models import PanTool, Range1d, WheelZoomTool
    from bokeh.models.annotations import ScaleBar

    # The wheel zooms with the control key held, as the page itself must stay scrollable.
    wheel = WheelZoomTool(modifiers="ctrl")
    plot = new_figure(
        aspect_ratio=ASPECT,
        sizing_mode="scale_width",
        toolbar_location=None,
        tools=[PanTool(), wheel],
        active_scroll=wheel,
        x_range=Range1d(),
        y_range=Range1d(),
        min_border=0,
        name="harm-map",
        background_fill_color="#f4f5f6",
        border_fill_color=None,
        outline_line_color=None,
    )
    plot.axis.visible = False
    plot.grid.visible = False
    plot.add_layout(
        ScaleBar(
            range=plot.x_range,
            unit="m",
            location="bottom_left",
            background_fill_alpha=0.8,
            border_line_color=None,
            label_text_font_size="12px",
            bar_length=0.12,
        )
    )
    return plot


def _views(known: gpd.GeoDataFrame, forces: list[str]) -> list[dict[str, Any]]:
    own = known[known["force_slug"].isin(forces)]
    views = [_view("All forces", own if len(own) else known)]
    held = [slug for slug in forces if (known["force_slug"] == slug).any()]
    if len(held) > 1:
        views += [_view(formats.force_name(slug), known[known["force_slug"] == slug]) for slug in held]
    return views


def _view(name: str, areas: gpd.GeoDataFrame) -> dict[str, Any]:
    west, south, east, north = areas.total_bounds
    width = max((east - west) * _VIEW_MARGIN, (north - south) * _VIEW_MARGIN * ASPECT, _LEAST_VIEW_M)
    return {
        "name": name,
        "x": round(float(west + east) / 2),
        "y": round(float(south + north) / 2),
        "width": round(float(width)),
    }


def _set_view(plot: Figure, view: dict[str, Any]) -> None:
    half_width, half_height = view["width"] / 2, view["width"] / ASPECT / 2
    plot.x_range.start, plot.x_range.end = view["x"] - half_width, view["x"] + half_width
    plot.y_range.start, plot.y_range.end = view["y"] - half_height, view["y"] + half_height
