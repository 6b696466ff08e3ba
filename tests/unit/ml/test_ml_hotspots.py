"""Hotspots on toy layouts with known answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.common.contracts import ML_HOTSPOTS
from ml.hotspots import hotspot_population_exposure
from ml.hotspots.clusters import Dbscan, label_records
from tests.unit.ml.hotspot_frames import find_hotspots

MONTH = pd.Timestamp("2025-01-01")


def records(points: list[tuple[float, float, int]], **columns: Any) -> pd.DataFrame:
    """Records from (easting, northing, repeats)."""
    rows = [(e, n) for e, n, repeats in points for _ in range(repeats)]
    frame = pd.DataFrame(rows, columns=["easting_m", "northing_m"])
    defaults: dict[str, Any] = {"harm_days": 450.0, "crime_type": "Robbery", "crime_month": MONTH}
    return frame.assign(**{**defaults, **columns})


LAYOUT = [
    (500000.0, 200000.0, 4),
    (500060.0, 200000.0, 4),
    (500000.0, 200060.0, 4),
    (505000.0, 205000.0, 15),
    (510000.0, 210000.0, 9),
    (520000.0, 220000.0, 6),
    (520050.0, 220000.0, 6),
]


def test_toy_layout() -> None:
    """A triangle, a single point and a line cluster; nine records do not reach ten."""
    table = find_hotspots(records(LAYOUT))
    assert table["hotspot_id"].tolist() == ["H001", "H002", "H003"]
    assert table["record_count"].tolist() == [15, 12, 12]
    assert table["distinct_point_count"].tolist() == [1, 3, 2]
    assert table["harm_days"].tolist() == [15 * 450.0, 12 * 450.0, 12 * 450.0]
    assert table["area_m2"][1] == pytest.approx(60 * 60 / 2)
    assert table["area_m2"][0] == pytest.approx(np.pi * 100, rel=0.01)
    assert table["area_m2"][2] == pytest.approx(np.pi * 100 + 50 * 20, rel=0.01)
    shapes = shapely.from_wkt(table["geometry_wkt"].to_numpy(dtype=object))
    assert shapely.is_valid(shapes).all()
    assert set(shapely.get_type_id(shapes)) == {shapely.GeometryType.POLYGON}


def test_no_hotspot_is_smaller_than_the_disc() -> None:
    """Three points a step apart are an area of half a square metre, which no map shows."""
    steps = [(500000.0, 200000.0, 4), (500001.0, 200000.0, 4), (500000.0, 200001.0, 4)]
    assert find_hotspots(records(steps))["area_m2"].iloc[0] > np.pi * 100


def test_the_first_hotspot_has_the_most_harm() -> None:
    """Readers start at H001: ranked by records, the gravest place would stand behind the busiest."""
    frame = records([(500000.0, 200000.0, 15), (510000.0, 200000.0, 10)])
    frame["harm_days"] = [300.0] * 15 + [1_000.0] * 10
    assert find_hotspots(frame)["record_count"].tolist() == [10, 15]


def test_ties_go_by_easting() -> None:
    """Ids are in reports and in notes: equal harm must not swap them between runs."""
    table = find_hotspots(records(LAYOUT))
    assert table["centroid_easting_m"][1] < table["centroid_easting_m"][2]


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False))
def test_input_order_does_not_matter(random: object) -> None:
    """The same records in another order must give the same bytes."""
    frame = records(LAYOUT, harm_days=np.linspace(0.1, 900.3, 48))
    order = list(range(len(frame)))
    random.shuffle(order)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(find_hotspots(frame), find_hotspots(frame.iloc[order]))


def test_duplicate_index_is_harmless() -> None:
    """Frames concatenated from monthly files repeat their index."""
    frame = pd.concat([records(LAYOUT[:2]), records(LAYOUT[2:])])
    assert len(find_hotspots(frame)) == 3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6)), min_size=1, max_size=25),
    st.integers(2, 12),
)
def test_distinct_points_equal_all_records(points: list[tuple[int, int, int]], min_samples: int) -> None:
    """Clustering distinct points with weights is only allowed if it is DBSCAN on the records."""
    from sklearn.cluster import DBSCAN

    frame = records([(50.0 * x, 50.0 * y, repeats) for x, y, repeats in points])
    frame = frame.sort_values(["easting_m", "northing_m"])
    coordinates = frame[["easting_m", "northing_m"]].to_numpy()
    whole = DBSCAN(eps=75.0, min_samples=min_samples).fit(coordinates).labels_
    fast = label_records(frame, Dbscan(75.0, min_samples))
    np.testing.assert_array_equal(fast, whole)


def test_empty_input_has_the_contract_columns() -> None:
    """A force without located records must give an empty table, not an error."""
    table = find_hotspots(records(LAYOUT).iloc[:0])
    assert table.empty and list(table.columns) == ML_HOTSPOTS.column_names


def test_a_record_without_a_place_is_refused() -> None:
    """Left out in silence, it would be missing from every count that the null is held against."""
    frame = records(LAYOUT)
    frame.loc[3, "easting_m"] = np.nan
    with pytest.raises(ValueError, match="has no place"):
        find_hotspots(frame)


def test_dominant_type_is_by_harm() -> None:
    """Nine burglaries weigh more than ten thefts."""
    frame = records([(500000.0, 200000.0, 19)])
    frame["crime_type"] = ["Burglary"] * 9 + ["Drugs"] * 10
    frame["harm_days"] = [400.0] * 9 + [300.0] * 10
    assert find_hotspots(frame)["dominant_crime_type"].tolist() == ["Burglary"]


def test_window_is_that_of_all_records() -> None:
    """A quiet last month is still searched: leaving it out would claim an older window."""
    frame = records([*LAYOUT[3:4], (1.0, 1.0, 1)])
    frame.loc[15, "crime_month"] = pd.Timestamp("2025-12-01")
    table = find_hotspots(frame)
    assert table["window_end_month"].tolist() == [pd.Timestamp("2025-12-01")]


def test_centroid_degrees() -> None:
    """Swapped axes put Bedford in the ocean; the Ordnance Survey's worked point is near 52.66, 1.72."""
    table = find_hotspots(records([(651409.9, 313177.3, 10)]))
    assert table["centroid_latitude"][0] == pytest.approx(52.658, abs=0.001)
    assert table["centroid_longitude"][0] == pytest.approx(1.716, abs=0.001)


def test_town_centres_as_wkb() -> None:
    """The centre that covers most is named; parts of one name count together; no data is not no overlap."""
    frame = records(LAYOUT)
    left, right = shapely.box(499980, 199980, 500020, 200100), shapely.box(500020, 199980, 500100, 200100)
    centres = pd.DataFrame(
        {
            "town_centre_name": ["West", "East", "East"],
            "geometry_wkb": [shapely.to_wkb(left), shapely.to_wkb(right), shapely.to_wkb(right)],
        }
    )
    table = find_hotspots(frame, centres).set_index("record_count")
    triangle = table[table["distinct_point_count"] == 3].iloc[0]
    assert triangle["town_centre_name"] == "West"
    assert triangle["town_centre_overlap_share"] == pytest.approx((1800 - 800) / 1800)
    assert table["has_town_centre_data"].all()
    assert table["town_centre_overlap_share"].tolist().count(0.0) == 2
    without = find_hotspots(frame)
    assert without["town_centre_overlap_share"].isna().all()
    assert not without["has_town_centre_data"].any()


def test_town_centres_as_geodataframe() -> None:
    """A notebook has a GeoDataFrame at hand, not WKB."""
    import geopandas

    centres = geopandas.GeoDataFrame(
        {"town_centre_name": ["A"]}, geometry=[shapely.box(499000, 199000, 501000, 201000)], crs=27700
    )
    table = find_hotspots(records(LAYOUT[:3]), centres)
    assert table["town_centre_overlap_share"].tolist() == [1.0]


def test_missing_column_is_named() -> None:
    """The caller must learn which column, not get a KeyError from inside."""
    with pytest.raises(ValueError, match="no column 'harm_days'"):
        find_hotspots(records(LAYOUT).drop(columns="harm_days"))


def lsoas() -> pd.DataFrame:
    """Two squares of one square kilometre side by side."""
    boxes = [shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)]
    return pd.DataFrame(
        {"lsoa_code": ["A", "B"], "population_count": [2000, 1000], "geometry_wkb": shapely.to_wkb(boxes)}
    )


def test_exposure_counts_overlapping_hulls_once() -> None:
    """Two hulls over the same ground do not expose its residents twice."""
    hulls = pd.DataFrame({"geometry_wkt": [shapely.box(500, 0, 1500, 1000).wkt] * 2})
    table = hotspot_population_exposure(hulls, lsoas())
    assert table["covered_area_share"].tolist() == [0.5, 0.5]
    assert table["exposed_resident_estimate"].tolist() == [1000.0, 500.0]


def test_exposure_without_hotspots_is_zero() -> None:
    """No hotspot is a result: everyone is exposed 0, nobody null."""
    table = hotspot_population_exposure(pd.DataFrame({"geometry_wkt": []}), lsoas())
    assert table["exposed_resident_estimate"].tolist() == [0.0, 0.0]


def test_exposure_refuses_a_missing_polygon() -> None:
    """A silent 0 would hide residents from the audit."""
    frame = lsoas()
    frame.loc[1, "geometry_wkb"] = None
    with pytest.raises(ValueError, match="LSOA B has no polygon"):
        hotspot_population_exposure(pd.DataFrame({"geometry_wkt": []}), frame)
