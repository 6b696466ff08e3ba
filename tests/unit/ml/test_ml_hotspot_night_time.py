"""Night-time areas: which points make them, what lies in them, and what chance puts there."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import binom

from ml.hotspots import HotspotSettings, HotspotTables, hotspot_tables
from ml.hotspots.card import hotspot_card
from ml.hotspots.find import find_clusters
from ml.hotspots.night_time import NIGHT_TIME_PLACES, night_time_area
from ml.hotspots.null import relabel, upper_p_value
from ml.hotspots.overlap import overlap_share, overlaps_of_draws
from ml.hotspots.shapes import cluster_hulls
from ml.hotspots.tables import scene_of
from orchestration.defs.ml.hotspots import LOCATED

MEASURE = "night_time_overlap_share"


def harmful(points: pd.DataFrame) -> pd.DataFrame:
    """The ultra-high-harm records of places with a number of these (``high``)."""
    records = points.loc[points.index.repeat(points["high"]), ["easting_m", "northing_m"]]
    records = records.reset_index(drop=True)
    return records.assign(harm_days=450.0, crime_type="Robbery", crime_month=pd.Timestamp("2025-01-01"))


def found_among(points: pd.DataFrame, relabellings: int = 9, seed: int = 1) -> HotspotTables:
    """The tables of places with a number of records and of ultra-high-harm ones (``high``)."""
    settings = HotspotSettings(relabellings=relabellings)
    located = points.drop(columns="high")
    return hotspot_tables(harmful(points), located, harm_scheme="s", settings=settings, seed=seed)


def town(seed: int, planted: int = 0) -> pd.DataFrame:
    """Places on which harm falls by chance, busy ones venues more often; those planted have harm alone."""
    generator = np.random.default_rng(seed)
    at = np.unique(generator.integers(0, 6_000, (300, 2)).astype(float), axis=0) + 9_000
    located = generator.integers(1, 80, len(at))
    high = generator.multivariate_hypergeometric(located, int(located.sum() * 0.2), method="marginals")
    # Where there is more of everything there is more harm, and there are more venues.
    is_venue = np.isin(np.arange(len(at)), generator.choice(len(at), 15, False, located / located.sum()))
    high[:planted], located[:planted], is_venue[:planted] = 14, 14, True
    return pd.DataFrame(
        {
            "easting_m": at[:, 0],
            "northing_m": at[:, 1],
            "record_count": located,
            "high": high,
            "is_night_time": is_venue,
        }
    )


def p_value(points: pd.DataFrame, relabellings: int, seed: int = 1) -> float:
    """P value of the overlap."""
    return float(found_among(points, relabellings, seed).null.set_index("measure").loc[MEASURE, "p_value"])


def quick_p_value(points: pd.DataFrame, relabellings: int, seed: int) -> float:
    """The same without tables, whose checks take most of the time."""
    settings = HotspotSettings(relabellings=relabellings)
    table, kept = find_clusters(harmful(points), settings)
    area = night_time_area(points, settings.night_time_radius_m)
    null = relabel(scene_of(kept, points), settings, seed=seed, areas={MEASURE: area})
    found = overlap_share(table["shape"].to_numpy(), area)
    return upper_p_value(found, null.overlap_share[MEASURE])


def test_an_overlap_by_chance_has_any_p_value() -> None:
    """Venues stand where records of all kinds do; a test that forgets it finds harm at every one of them.

    Of 19 relabellings each p value from 0.05 to 1 in steps of 0.05 is as likely as another. Were harm dealt
    to all places alike, a third would be 0.05.
    """
    layouts = 45
    found = np.array([quick_p_value(town(seed), 19, seed) for seed in range(layouts)])
    for bound in (0.05, 0.25, 0.5, 0.75):
        least, most = binom.ppf([0.0005, 0.9995], layouts, bound)
        assert least <= (found <= bound + 1e-9).sum() <= most, bound
    steps = np.arange(1, 21) / 20
    assert found.mean() == pytest.approx(steps.mean(), abs=3.3 * steps.std() / np.sqrt(layouts))
    # It is what is published.
    assert found[2:4].tolist() == [p_value(town(seed), 19, seed) for seed in (2, 3)]


def test_harm_at_venues_is_told() -> None:
    """A test that cannot see harm planted at fifteen venues would be calibrated and useless."""
    assert all(p_value(town(seed, planted=15), 39) <= 0.05 for seed in range(3))


def test_shares_and_missing_data() -> None:
    """No venue nearby is 0; no venue known anywhere is not, or a force without names would look calm."""
    points = pd.DataFrame(
        {"easting_m": [9_000.0, 9_100.0, 19_000.0], "northing_m": 9_000.0, "record_count": [20, 20, 30]}
    )
    points = points.assign(high=[10, 12, 15], is_night_time=[True, False, False])
    table = found_among(points).hotspots
    # The middle place is a disc on the edge of the area: a little less than half of it lies within.
    assert table[MEASURE].tolist() == [0.0, pytest.approx(0.48, abs=0.02), 1.0]
    assert table["has_night_time_data"].all()
    for unknown in (points.assign(is_night_time=False), points.drop(columns="is_night_time")):
        made = found_among(unknown)
        assert made.hotspots[MEASURE].isna().all() and not made.hotspots["has_night_time_data"].any()
        row = made.null.set_index("measure").loc[MEASURE]
        assert row[["observed_value", "null_mean", "p_value"]].isna().all()


def test_near_venues_make_one_area() -> None:
    """Discs that overlap and are added up give shares above one."""
    points = pd.DataFrame({"easting_m": [9_000.0, 9_000.0, 9_500.0], "northing_m": 9_000.0})
    points = points.assign(is_night_time=[True, True, False])
    area = night_time_area(points, 50.0)
    assert area is not None
    assert shapely.area(area) == pytest.approx(np.pi * 50**2, rel=0.01)


def test_clusters_drawn_once_have_the_overlap_of_each_draw() -> None:
    """Clusters that come back are drawn once; a mix-up of draws would change the range of chance unseen."""
    generator = np.random.default_rng(4)
    points = generator.uniform(0, 900, (40, 2))
    draws = []
    for count in (0, 3, 3, 5):
        point = np.flatnonzero(generator.random(40) < 0.6) if count else np.arange(0)
        draws.append((point, np.arange(len(point)) % max(count, 1)))
    draws.append(draws[1])
    area = shapely.box(0, 0, 500, 500)
    shares = overlaps_of_draws(points, draws, {"known": area, "unknown": None}, is_concave=False)
    alone = [
        overlap_share(np.array(list(cluster_hulls(cluster, *points[point].T).values()), dtype=object), area)
        for point, cluster in draws
    ]
    np.testing.assert_allclose(shares["known"], alone)
    assert np.isnan(alone[0]) and 0 < alone[1] < 1
    assert np.isnan(shares["unknown"]).all()


def test_points_are_named_by_the_records_of_the_window() -> None:
    """A venue that closed before the window is none, and a name that is like another is another."""
    connection = duckdb.connect()
    connection.execute(
        """
        create table stg_police_uk__street as
        select * from (values
            (1.0, 52.0, 'On or near Nightclub', date '2025-06-01'),
            (1.0, 52.0, 'On or near Nightclub', date '2025-07-01'),
            (2.0, 52.0, 'On or near Nightclub', date '2024-06-01'),
            (2.0, 52.0, 'On or near High Street', date '2025-06-01'),
            (3.0, 52.0, 'On or near Nightclub Lane', date '2025-06-01'),
            (4.0, 52.0, 'On or near Theatre/Concert Hall', date '2025-07-01'),
            (null, null, 'No Location', date '2025-07-01')
        ) as rows (longitude, latitude, location_name, crime_month);
        create table fct_crimes as
        select
            longitude, latitude, crime_month, 1000 * longitude as easting_m, 100 * latitude as northing_m,
            true as is_ultra_high_harm
        from stg_police_uk__street
        """
    )
    rows = connection.execute(LOCATED).fetchall()
    assert rows == [
        (1000.0, 5200.0, 2, True),
        (2000.0, 5200.0, 1, False),
        (3000.0, 5200.0, 1, False),
        (4000.0, 5200.0, 1, True),
    ]
    assert len(NIGHT_TIME_PLACES) == 2


def test_records_are_counted_in_the_months_that_are_searched() -> None:
    """A month less lacks places of grave records, which stops the release; one more widens chance."""
    connection = duckdb.connect()
    connection.execute(
        """
        create table fct_crimes as
        select
            1.0 as longitude, 52.0 as latitude, 9000.0 as easting_m, 9000.0 as northing_m,
            month::date as crime_month, true as is_ultra_high_harm, 450.0 as harm_days,
            'Robbery' as crime_type
        from range(date '2024-12-01', date '2026-01-01', interval 1 month) as months (month), range(2)
        union all
        select 2.0, 52.0, 19000.0, 9000.0, date '2025-01-01', false, 1.0, 'Drugs';
        create table stg_police_uk__street as
        select longitude, latitude, 'On or near High Street' as location_name, crime_month from fct_crimes
        """
    )
    located = connection.execute(LOCATED).df()
    assert located["record_count"].tolist() == [24, 1]
    grave = connection.execute("from fct_crimes where is_ultra_high_harm").df()
    made = hotspot_tables(grave, located, harm_scheme="s", settings=HotspotSettings(relabellings=1))
    assert made.hotspots[["record_count", "located_record_count"]].to_numpy().tolist() == [[24, 24]]
    assert made.hotspots["window_start_month"].astype(str).tolist() == ["2025-01-01"]


def test_the_card_has_no_row_without_a_figure() -> None:
    """Rows of dashes read as something measured that came out empty."""
    card = hotspot_card(found_among(town(1)), version="1", harm_scheme="s")
    assert card is not None
    rows = {(metric.name, metric.group) for metric in card.metrics}
    anyway = "mean share of relabellings that find a hotspot anyway"
    night = "share of the hotspots' ground in night-time areas"
    assert not any(np.isnan(metric.value) for metric in card.metrics)
    assert (anyway, "by chance") in rows and (anyway, "as found") not in rows
    assert {(night, "as found"), (night, "by chance")} <= rows
    assert not any("town centres" in name for name, _ in rows)
