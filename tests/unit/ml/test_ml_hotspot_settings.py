"""Each setting changes the published tables as it says, and what cannot be done is refused beforehand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from ml.hotspots import HotspotSettings, HotspotTables, hotspot_tables
from ml.hotspots.clusters import Hdbscan
from orchestration.defs.ml.hotspots import HotspotConfig
from tests.unit.ml.hotspot_frames import find_hotspots, places_of


def records(points: np.ndarray, **columns: Any) -> pd.DataFrame:
    """Robberies of one month on points."""
    frame = pd.DataFrame(points).set_axis(["easting_m", "northing_m"], axis=1)
    given: dict[str, Any] = {"harm_days": 450.0, "crime_type": "Robbery", "crime_month": "2025-01-01"}
    frame = frame.assign(**{**given, **columns})
    return frame.assign(crime_month=pd.to_datetime(frame["crime_month"]))


def tables(frame: pd.DataFrame, **chosen: Any) -> HotspotTables:
    """The tables with these settings."""
    settings = HotspotSettings(**{"relabellings": 19, **chosen})
    return hotspot_tables(frame, places_of(frame, others=20), harm_scheme="s", settings=settings)


def test_harm_weights_move_what_is_a_hotspot() -> None:
    """Six grave crimes on a point must outweigh nine lighter ones when harm is asked for, in every table."""
    frame = records(np.repeat([[9_000.0, 9_500.0], [9_900.0, 9_500.0]], [6, 9], axis=0))
    frame["harm_days"] = [1_000.0] * 6 + [300.0] * 9
    found = {
        is_weighted: tables(frame, min_samples=8, is_harm_weighted=is_weighted) for is_weighted in (0, 1)
    }
    for is_weighted, count in ((0, 9), (1, 6)):
        assert found[is_weighted].hotspots["record_count"].tolist() == [count]
        assert found[is_weighted].history["record_count"].tolist() == [count]
        assert set(found[is_weighted].null["is_harm_weighted"]) == {bool(is_weighted)}
    assert found[1].hotspots["p_value"].between(0, 1).all()


def test_concave_hulls_lie_within_convex_ones() -> None:
    """An L of streets must not claim the park that it goes around, nor under relabelling."""
    steps = 9_000.0 + 50.0 * np.arange(8)
    legs = [(step, width) for step in steps for width in (9_000.0, 9_040.0)]
    legs += [(width, step) for step in steps[2:] for width in (9_000.0, 9_040.0)]
    frame = records(np.repeat(legs, 5, axis=0))
    park = pd.DataFrame({"town_centre_name": ["Park"], "geometry": [shapely.box(9_100, 9_100, 9_400, 9_400)]})
    by_hull = {}
    for hull in ("convex", "concave"):
        settings = HotspotSettings(hull=hull, relabellings=9)
        by_hull[hull] = hotspot_tables(
            frame, places_of(frame, others=1), park, harm_scheme="s", settings=settings
        )
    convex, concave = (by_hull[hull] for hull in ("convex", "concave"))
    assert concave.hotspots["area_m2"][0] < 0.9 * convex.hotspots["area_m2"][0]
    assert concave.history["area_m2"].tolist() == concave.hotspots["area_m2"].tolist()
    chance = {hull: found.null.set_index("measure")["null_mean"] for hull, found in by_hull.items()}
    overlap = "town_centre_overlap_share"
    assert chance["concave"][overlap] < chance["convex"][overlap]


def test_a_concave_hull_of_a_point_or_a_line_is_an_area() -> None:
    """Most hotspots are one point: without an area they would break the contract."""
    places = np.array([[9_000.0, 9_000.0], [9_900.0, 9_000.0], [9_950.0, 9_000.0]])
    frame = records(np.repeat(places, 10, axis=0))
    found = tables(frame, hull="concave").hotspots
    assert found["area_m2"].to_numpy() == pytest.approx([np.pi * 100 + 1_000, np.pi * 100], rel=0.01)


def test_hdbscan_finds_two_dense_places() -> None:
    """Places of unequal density are what it is there for."""
    generator = np.random.default_rng(5)
    places = [generator.normal(at, wide, (40, 2)) for at, wide in ((11_000, 9), (13_000, 40))]
    found = tables(records(np.concatenate(places)), method="hdbscan", min_samples=15, relabellings=2)
    table = found.hotspots
    for at in (11_000, 13_000):
        assert (np.hypot(table["centroid_easting_m"] - at, table["centroid_northing_m"] - at) < 30).any()
    assert set(found.null["method"]) == {"hdbscan"} and set(found.null["relabelling_count"]) == {2}


@pytest.mark.parametrize("min_samples", [2, 3])
def test_small_clusters_of_hdbscan_are_numbered_without_a_gap(min_samples: int) -> None:
    """A cluster whose points all went elsewhere left a number that nothing bears, and the release stopped.

    One point's many records are torn into several small clusters, of which only the largest keeps the point.
    """
    random = np.random.default_rng(0)
    points = np.unique(random.uniform(9_000, 10_500, (60, 2)).round(2), axis=0)
    weights = np.round(random.lognormal(2, 1.5, len(points))).astype(np.int64)
    labels = Hdbscan(min_samples, min_samples).prepare(points)(weights)
    assert set(labels[labels >= 0]) == set(range(labels.max() + 1))
    frame = records(np.repeat(points, weights, axis=0))
    town = pd.DataFrame({"town_centre_name": ["A"], "geometry": [shapely.box(9_000, 9_000, 10_000, 10_000)]})
    chosen = HotspotSettings(method="hdbscan", min_samples=min_samples, relabellings=3)
    found = hotspot_tables(frame, places_of(frame, others=20), town, harm_scheme="s", settings=chosen)
    null = found.null.set_index("measure")
    assert null.loc["cluster_count", "observed_value"] == len(found.hotspots) == labels.max() + 1


@pytest.mark.parametrize(("smallest", "dense"), [(3, 10), (10, 3)])
def test_fewer_records_than_hdbscan_asks_for_are_no_cluster(smallest: int, dense: int) -> None:
    """It refuses fewer than make a place dense: a quiet month would stop the run."""
    points = np.array([[0.0, 0.0], [0.5, 0.0], [900.0, 900.0]])
    for weights in ([0, 0, 0], [1, 0, 0], [5, 4, 0], [5, 4, 1]):
        assert Hdbscan(smallest, dense).prepare(points)(weights).tolist() == [-1] * 3


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"method": "hdbscan", "is_harm_weighted": True}, "hdbscan cannot weigh records by harm"),
        ({"method": "kmeans"}, "method is dbscan or hdbscan"),
        ({"hull": "round"}, "hull is convex or concave"),
        ({"eps_m": 0.0}, "must be positive"),
        ({"min_samples": 0}, "must be positive"),
        ({"method": "hdbscan", "min_samples": 1}, "at least 2"),
        ({"relabellings": 0}, "one relabelling or more"),
        ({"night_time_radius_m": 0.0}, "night-time areas is not positive"),
    ],
)
def test_what_cannot_be_done_is_refused(chosen: dict[str, Any], words: str) -> None:
    """A setting that is dropped in silence would pass one map off as another."""
    with pytest.raises(ValueError, match=words):
        HotspotSettings(**chosen)


def test_radius_and_fewest_records_are_those_asked_for() -> None:
    """They move the map more than anything else does."""
    frame = records(np.repeat([[9_000.0, 9_000.0], [9_060.0, 9_000.0]], 6, axis=0))
    assert find_hotspots(frame)["record_count"].tolist() == [12]
    assert find_hotspots(frame, settings=HotspotSettings(eps_m=50.0, relabellings=1)).empty
    nearer = HotspotSettings(eps_m=50.0, min_samples=6, relabellings=1)
    assert find_hotspots(frame, settings=nearer)["record_count"].tolist() == [6, 6]


def test_a_run_can_be_configured_with_every_setting() -> None:
    """One that the op lacks could not be set by a run, and a rebuild would stop."""
    assert HotspotConfig().model_dump() == asdict(HotspotSettings())
