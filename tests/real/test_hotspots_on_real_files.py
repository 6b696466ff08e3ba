"""Hotspots of a real force: counted again from its records, held against chance, followed through months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree
from scipy.stats import hypergeom

from ml.hotspots.night_time import NIGHT_TIME_PLACES
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

_FORCE = "bedfordshire"
_MONTHS = pd.period_range("2024-07", "2025-12", freq="M")
_LEAST_DAYS = 300
_SCHEME = "seed_article"


@dataclass(frozen=True)
class Found:
    """The tables, and the located records that they are made of."""

    located: pd.DataFrame
    high: pd.DataFrame
    hotspots: pd.DataFrame
    history: pd.DataFrame
    null: pd.DataFrame


def _records() -> pd.DataFrame:
    """Located records with their harm, in metres of the National Grid."""
    from pyproj import Transformer

    from orchestration.environment import PROJECT_ROOT

    folder = REAL_FILES / "police" / "archive"
    columns = ["Month", "Longitude", "Latitude", "Location", "Crime type"]
    names = [f"{month}/{month}-{_FORCE}-street.csv.gz" for month in _MONTHS]
    frame = pd.concat([pd.read_csv(folder / name, usecols=columns) for name in names], ignore_index=True)
    frame = frame.dropna(subset=["Longitude", "Latitude"])
    weights = pd.read_csv(PROJECT_ROOT / "dbt_project" / "seeds" / "harm_weights.csv")
    days = weights[weights["scheme"] == _SCHEME].set_index("category")["days"]
    to_metres = Transformer.from_crs(4326, 27700, always_xy=True)
    east, north = to_metres.transform(frame["Longitude"].to_numpy(), frame["Latitude"].to_numpy())
    return pd.DataFrame(
        {
            "easting_m": np.round(east, 2),
            "northing_m": np.round(north, 2),
            "crime_type": frame["Crime type"].to_numpy(),
            "crime_month": pd.to_datetime(frame["Month"] + "-01").to_numpy(),
            "harm_days": frame["Crime type"].map(days).to_numpy(float),
            "is_night_time": frame["Location"].isin(NIGHT_TIME_PLACES).to_numpy(),
        }
    )


@pytest.fixture(scope="module")
def found() -> Found:
    """Eighteen months of Bedfordshire: seven windows of twelve."""
    from ml.hotspots import HotspotSettings, hotspot_tables

    located = _records()
    is_weapon = located["crime_type"] == "Possession of weapons"
    high = located[(located["harm_days"] >= _LEAST_DAYS) | is_weapon]
    last = located[located["crime_month"] > located["crime_month"].max() - pd.DateOffset(months=12)]
    points = last.groupby(["easting_m", "northing_m"], as_index=False).agg(
        record_count=("harm_days", "size"), is_night_time=("is_night_time", "any")
    )
    settings = HotspotSettings(relabellings=99)
    tables = hotspot_tables(high, points, harm_scheme=_SCHEME, settings=settings)
    return Found(last, high, tables.hotspots, tables.history, tables.null)


def _inside(hotspot: pd.Series, records: pd.DataFrame) -> pd.DataFrame:
    """Records in a hull, by the hull alone; its corners may be discs around single snap points."""
    hull = shapely.from_wkt(hotspot["geometry_wkt"]).buffer(0.02)
    return records[shapely.contains_xy(hull, records["easting_m"], records["northing_m"])]


def _clusters(points: pd.DataFrame, weight: pd.Series) -> np.ndarray:
    """Label of each point, by scikit-learn's own clustering of it; -1 for none."""
    from sklearn.cluster import DBSCAN

    label = np.full(len(points), -1)
    is_used = weight.to_numpy() > 0
    used = points[is_used]
    label[is_used] = DBSCAN(eps=75, min_samples=10).fit_predict(used, sample_weight=weight[is_used])
    return label


def _dealings(points: pd.DataFrame, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ultra-high-harm records of each point, dealt to the located ones anew, and the point's cluster then."""
    located = points["located"].to_numpy()
    place = np.repeat(np.arange(len(points)), located)
    random = np.random.default_rng(11)
    for _ in range(count):
        high = np.bincount(random.permutation(place)[: int(points["high"].sum())], minlength=len(points))
        yield high, _clusters(points[["easting_m", "northing_m"]], pd.Series(high))


def _by_point(found: Found) -> pd.DataFrame:
    """Located and high-harm records of the last window at every snap point, and the point's cluster."""
    at = ["easting_m", "northing_m"]
    last = found.high[found.high["crime_month"] >= found.located["crime_month"].min()]
    points = found.located.groupby(at).size().rename("located").to_frame()
    points = points.join(last.groupby(at).agg(high=("harm_days", "size"), harm_days=("harm_days", "sum")))
    points = points.fillna(0).reset_index()
    return points.assign(cluster=_clusters(points[at], points["high"]))


def _log_ratio(high: np.ndarray, located: np.ndarray, all_high: float, all_located: float) -> np.ndarray:
    """Kulldorff's ratio for a higher share inside than outside, written out."""

    def fit(success: np.ndarray, trials: np.ndarray) -> np.ndarray:
        share = np.clip(success / np.maximum(trials, 1), 1e-300, 1 - 1e-16)
        return success * np.log(share) + (trials - success) * np.log1p(-share)

    rest, every = all_located - located, np.array(all_located)
    ratio = fit(high, located) + fit(all_high - high, rest) - fit(np.array(all_high), every)
    return np.where(high / located > (all_high - high) / rest, ratio, 0.0)


def test_counts_are_those_of_the_records(found: Found) -> None:
    """A hotspot's count, harm and points must come out of the file again by another clustering."""
    points = _by_point(found)
    clustered = points[points["cluster"] >= 0].groupby("cluster")
    again = clustered.agg(
        record_count=("high", "sum"),
        distinct_point_count=("high", lambda held: (held > 0).sum()),
        harm_days=("harm_days", "sum"),
    )
    columns = list(again.columns)
    expected = again.sort_values(columns).to_numpy()
    assert len(found.hotspots) == len(expected) > 50
    ours = found.hotspots[columns].astype(float).sort_values(columns).to_numpy()
    np.testing.assert_allclose(ours, expected)
    last = found.high[found.high["crime_month"] >= found.hotspots["window_start_month"].iloc[0]]
    for _, hotspot in found.hotspots.head(20).iterrows():
        assert len(_inside(hotspot, last)) >= hotspot["record_count"]


def test_p_values_are_those_of_another_dealing(found: Found) -> None:
    """Harm is dealt to the records anew, by other code and another seed: p values must agree with it."""
    points = _by_point(found)
    located = points["located"].to_numpy()
    all_high, all_located = float(points["high"].sum()), float(located.sum())
    chance = []
    for high, label in _dealings(points, 40):
        inside = label >= 0
        sizes = [np.bincount(label[inside], values[inside]) for values in (high, located)]
        chance.append(_log_ratio(*sizes, all_high, all_located))
    pooled = np.concatenate(chance)
    hotspots = found.hotspots
    high, there = (hotspots[name].to_numpy(float) for name in ("record_count", "located_record_count"))
    own = _log_ratio(high, there, all_high, all_located)
    again = np.array([(pooled >= value - 1e-6).mean() for value in own])
    assert np.abs(again - hotspots["p_value"].to_numpy()).max() < 0.03
    tail = hypergeom.sf(high - 1, all_located, all_high, there)
    np.testing.assert_allclose(hotspots["place_p_value"], tail, rtol=1e-6, atol=1e-12)
    assert (hotspots["q_value"] >= hotspots["p_value"] - 1e-12).all()
    counts = found.null.set_index("measure").loc["cluster_count"]
    assert counts["null_mean"] == pytest.approx(np.mean([len(one) for one in chance]), rel=0.05)
    assert counts["ultra_high_harm_count"] == all_high and counts["record_count"] == all_located


def _ground(hulls: np.ndarray, venues: cKDTree, reach_m: float = 100.0) -> float:
    """Share of the hulls' ground within reach of a venue, by distances of points two metres apart."""
    within = 0.0
    for hull in hulls[shapely.dwithin(hulls, shapely.MultiPoint(venues.data), reach_m)]:
        west, south, east, north = hull.bounds
        grid = np.stack(np.meshgrid(np.arange(west, east, 2) + 1, np.arange(south, north, 2) + 1), axis=-1)
        grid = grid.reshape(-1, 2)
        grid = grid[shapely.contains_xy(hull, *grid.T)]
        within += hull.area * (venues.query(grid)[0] <= reach_m).mean()
    return within / shapely.area(hulls).sum()


def test_the_overlap_with_night_time_areas_is_one_of_distances(found: Found) -> None:
    """Ground within 100 m of a venue is measured without a polygon, as found and after another dealing."""
    points = _by_point(found)
    at = found.located.loc[found.located["is_night_time"], ["easting_m", "northing_m"]].drop_duplicates()
    assert len(at) == 18
    venues = cKDTree(at)
    night = found.null.set_index("measure").loc["night_time_overlap_share"]
    hulls = shapely.from_wkt(found.hotspots["geometry_wkt"].to_numpy(dtype=object))
    assert night["observed_value"] == pytest.approx(_ground(hulls, venues), abs=0.001)
    chance = []
    for _, label in _dealings(points, 10):
        clustered = points[label >= 0].groupby(label[label >= 0])
        members = [shapely.MultiPoint(part[["easting_m", "northing_m"]].to_numpy()) for _, part in clustered]
        drawn = shapely.convex_hull(np.array(members, dtype=object))
        small = shapely.area(drawn) < np.pi * 100
        drawn[small] = shapely.buffer(drawn[small], 10.0)
        chance.append(_ground(drawn, venues))
    assert night["null_mean"] == pytest.approx(np.mean(chance), rel=0.05)
    assert night["null_lower"] - 0.002 < min(chance) and max(chance) < night["null_upper"] + 0.002
    # Found hotspots cover less of them than chance does, so the upper tail is nearly all of it.
    assert night["p_value"] > 0.9


def test_identities_last_and_later_months_change_none(found: Found) -> None:
    """Names that change from month to month, or with months to come, could be followed by nobody."""
    from ml.hotspots import HotspotSettings, hotspot_tables

    history = found.history
    ends = sorted(history["window_end_month"].unique())
    assert len(ends) == 7
    assert not history.duplicated(["window_end_month", "stable_id"]).any()
    hulls = history.assign(hull=shapely.from_wkt(history["geometry_wkt"].to_numpy(dtype=object)))
    for before, now in pairwise(ends):
        earlier, later = (
            hulls[hulls["window_end_month"] == end].set_index("stable_id")["hull"] for end in (before, now)
        )
        kept = later.index.intersection(earlier.index)
        assert len(kept) > 0.8 * len(later), now
        assert shapely.intersects(later[kept].to_numpy(), earlier[kept].to_numpy()).all()
    known = found.high[found.high["crime_month"] <= ends[3]]
    points = known.groupby(["easting_m", "northing_m"]).size().rename("record_count").reset_index()
    settings = HotspotSettings(relabellings=1)
    as_then = hotspot_tables(known, points, harm_scheme=_SCHEME, settings=settings).history
    columns = ["window_end_month", "hotspot_id", "stable_id", "event", "record_count"]
    as_now = history.loc[history["window_end_month"] <= ends[3], columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(as_then[columns], as_now)
    current = found.hotspots.set_index("hotspot_id")["stable_id"]
    newest = history[history["window_end_month"] == ends[-1]].set_index("hotspot_id")["stable_id"]
    assert current.equals(newest[current.index])


def test_areas_are_square_metres_of_the_national_grid(found: Found) -> None:
    """Areas in degrees, or of another projection, would put no hotspot where its records are."""
    from pyproj import Geod, Transformer

    hotspots = found.hotspots
    hulls = shapely.from_wkt(hotspots["geometry_wkt"].to_numpy(dtype=object))
    np.testing.assert_allclose(shapely.area(hulls), hotspots["area_m2"], rtol=0.01, atol=1.0)
    to_degrees = Transformer.from_crs(27700, 4326, always_xy=True)
    globe = Geod(ellps="airy")
    for hull, area in zip(hulls[:20], hotspots["area_m2"][:20], strict=True):
        longitude, latitude = to_degrees.transform(*shapely.get_coordinates(hull).T)
        assert abs(globe.polygon_area_perimeter(longitude, latitude)[0]) == pytest.approx(area, rel=0.01)
    east, north = hotspots["centroid_easting_m"], hotspots["centroid_northing_m"]
    longitude, latitude = to_degrees.transform(east.to_numpy(), north.to_numpy())
    np.testing.assert_allclose(hotspots["centroid_longitude"], longitude, atol=1e-5)
    np.testing.assert_allclose(hotspots["centroid_latitude"], latitude, atol=1e-5)
    # Bedfordshire's own bounds on the National Grid.
    assert east.between(490_000, 530_000).all() and north.between(210_000, 270_000).all()
