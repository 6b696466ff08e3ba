"""The map of a patrol plan: every area where it lies, and north above."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from orchestration.publishing.audit_pack.plan_map import draw_plan

_NUMBER = re.compile(r"-?\d+\.\d")


def _ends(path: str) -> tuple[float, float, float, float]:
    numbers = list(map(float, _NUMBER.findall(path)))
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def _world() -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    ring = shapely.box(0, 0, 3000, 3000).difference(shapely.box(1000, 1000, 2000, 2000))
    north = shapely.MultiPolygon([shapely.box(0, 3000, 3000, 4500), shapely.box(0, 5000, 3000, 6000)])
    shapes = [ring, shapely.box(1000, 1000, 2000, 2000), north, None]
    shapes += [shapely.box(90_000, 0, 91_000, 500)]
    codes = ["ring", "middle", "north", "lost", "far"]
    lsoas = pd.DataFrame({"lsoa_code": codes, "lad_name": ["one"] * 4 + ["two"]})
    return lsoas, gpd.GeoDataFrame({"lsoa_code": codes}, geometry=shapes, crs="EPSG:27700")


def test_areas_lie_where_they_are_and_holes_stay_open() -> None:
    """A map upside down, or an area drawn over the one inside it, would send patrols elsewhere."""
    lsoas, boundaries = _world()
    named = [{"lsoa_code": code, "patrol_rank": 1} for code in ("middle", "north", "lost")]
    (drawn,), missing = draw_plan(named, lsoas, boundaries)
    assert drawn.district == "one" and missing == ["lost"]
    places = {one.area["lsoa_code"]: one for one in drawn.marked}
    assert set(places) == {"middle", "north"}
    middle, north = _ends(places["middle"].path), _ends(places["north"].path)
    assert north[3] <= middle[1] and north[0] < middle[0] < middle[2] < north[2]
    assert middle[0] < places["middle"].x < middle[2] and middle[1] < places["middle"].y < middle[3]
    # The ring has an outline and a hole, the north two parts, the middle one outline.
    assert drawn.others.count("M") == drawn.others.count("Z") == 5
    west, top, east, bottom = _ends(drawn.others)
    assert 0 <= west < east <= drawn.width and 0 <= top < bottom <= drawn.height
    assert (bottom - top) / (east - west) == 2
    assert drawn.kilometres_width / drawn.kilometres == pytest.approx((east - west) / 3, rel=0.01)


def test_each_district_has_a_map_of_its_own() -> None:
    """Areas of a town would be specks on the map of a county."""
    lsoas, boundaries = _world()
    maps, _ = draw_plan([{"lsoa_code": "far"}, {"lsoa_code": "ring"}], lsoas, boundaries)
    assert [(one.district, len(one.marked)) for one in maps] == [("one", 1), ("two", 1)]
    maps, missing = draw_plan([{"lsoa_code": "elsewhere"}], lsoas, boundaries)
    assert maps == [] and missing == ["elsewhere"]
