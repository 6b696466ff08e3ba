"""Significance of hotspots: chance stays chance, planted harm is told, and the sandbox's truth comes back."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
import shapely

from ml.common.model_card import card_as_markdown
from ml.hotspots import HotspotSettings, HotspotTables, hotspot_tables
from ml.hotspots.card import hotspot_card
from ml.hotspots.night_time import NIGHT_TIME_PLACES
from ml.hotspots.null import (
    Null,
    Scene,
    cluster_p_values,
    excess_ratio,
    relabel,
    upper_p_value,
    weighted_excess_ratio,
)
from orchestration.sandbox.categories import HIGH_HARM, NAMES
from orchestration.sandbox.city import build_city

SCHEME = "seed_article"
HARMFUL = [name for name, is_harmful in zip(NAMES, HIGH_HARM, strict=True) if is_harmful]


@pytest.fixture(scope="module")
def located() -> pd.DataFrame:
    """Return the located records of the sandbox's city, by true place."""
    records = build_city().truth.records.to_pandas()
    records = records[records["is_located"]].assign(
        crime_month=pd.to_datetime(records["month"]), harm_days=450.0
    )
    return records


@pytest.fixture(scope="module")
def tables(located: pd.DataFrame) -> HotspotTables:
    """Return the tables of the sandbox's city."""
    window = located[located["month"].isin(build_city().plan.months[-12:])]
    points = window.groupby(["easting_m", "northing_m"]).size().rename("record_count").reset_index()
    snaps = build_city().snaps
    at = pd.MultiIndex.from_arrays([snaps.easting_m, snaps.northing_m])
    venues = at[np.isin(snaps.name, NIGHT_TIME_PLACES)]
    points["is_night_time"] = pd.MultiIndex.from_frame(points[["easting_m", "northing_m"]]).isin(venues)
    centres = build_city().town_centres
    frame = pd.DataFrame(
        {
            "town_centre_name": [centre.name for centre in centres],
            "geometry": [centre.polygon for centre in centres],
        }
    )
    harmful = located[located["crime_type"].isin(HARMFUL)]
    settings = HotspotSettings(relabellings=99)
    return hotspot_tables(harmful, points, frame, harm_scheme=SCHEME, settings=settings)


def scene(
    seed: int, planted: int = 0, *, is_weighted: bool = False, planted_weight: float = 1.0
) -> tuple[Scene, HotspotSettings]:
    """Crowded snap points on which harm falls by chance, and one where it does not."""
    generator = np.random.default_rng(seed)
    points = np.unique(generator.integers(0, 4_000, (400, 2)).astype(float), axis=0)
    located = generator.integers(1, 40, len(points))
    high = generator.multivariate_hypergeometric(located, int(located.sum() * 0.2), method="marginals")
    located[0], high[0] = located[0] + planted, high[0] + planted
    settings = HotspotSettings(min_samples=12, is_harm_weighted=is_weighted, relabellings=99)
    weight = None
    if is_weighted:
        # As skewed as harm days are: one record in ten weighs as much as twenty others.
        weight = generator.choice([0.35, 7.0], int(high.sum()), p=[0.9, 0.1])
        weight[: high[0]] *= planted_weight
    found = Scene(points, located, high, np.full(len(points), -1), weight)
    labels = settings.clustering.prepare(points)(found.amount)
    return Scene(points, located, high, labels, weight), settings


def p_values(made: Scene, settings: HotspotSettings) -> np.ndarray:
    """P values of the clusters of a scene."""
    return cluster_p_values(made.excess(made.labels, made.amount), relabel(made, settings, seed=1))


@pytest.mark.parametrize("is_weighted", [False, True])
def test_chance_is_called_significant_as_often_as_alpha_says(is_weighted: bool) -> None:
    """A p value that forgets that clusters were picked calls chance significant many times too often."""
    found = np.concatenate([p_values(*scene(seed, is_weighted=is_weighted)) for seed in range(40)])
    assert len(found) > 500
    for alpha in (0.05, 0.2):
        spread = np.sqrt(alpha * (1 - alpha) / len(found))
        assert abs((found <= alpha).mean() - alpha) < 4 * spread, (alpha, (found <= alpha).mean())


def test_p_values_by_hand() -> None:
    """What was seen is one of the dealings: without it p can be 0, and a few dealings prove anything."""
    empty = np.zeros(4)
    null = Null(np.array([1, 1, 1, 0]), empty, np.zeros((4, 0), bool), np.array([3.0, 1.0, 2.0]), empty, {})
    # Three clusters in four dealings: of the chance that a dealing holds any such cluster, four is the bound.
    assert cluster_p_values(np.array([2.0, 5.0, 0.5]), null) == pytest.approx([3 / 5, 1 / 5, 4 / 5])
    many = replace(null, cluster_count=np.array([3]))
    assert cluster_p_values(np.array([2.0, 5.0, 0.5]), many) == pytest.approx([3 / 4, 1 / 4, 4 / 4])
    assert upper_p_value(2.0, np.array([1.0, 2.0, 3.0, np.nan])) == pytest.approx(3 / 4)
    assert upper_p_value(5.0, np.array([1.0, 2.0, 3.0])) == pytest.approx(1 / 4)
    assert np.isnan([upper_p_value(np.nan, empty), upper_p_value(1.0, empty[:0])]).all()


def test_the_p_value_of_a_place_is_the_exact_tail() -> None:
    """Of 20 records at a point 12 are grave, of all 50 15: a tail without the 12 is too small."""
    rows = [(9_000.0, 12), (19_000.0, 3)]
    frame = pd.DataFrame([at for at, count in rows for _ in range(count)], columns=["easting_m"])
    frame = frame.assign(northing_m=9_000.0, harm_days=450.0, crime_type="Robbery")
    frame = frame.assign(crime_month=pd.Timestamp("2025-01-01"))
    points = pd.DataFrame({"easting_m": [9_000.0, 19_000.0], "northing_m": 9_000.0, "record_count": [20, 30]})
    made = hotspot_tables(frame, points, harm_scheme=SCHEME, settings=HotspotSettings(relabellings=1))
    tail = sum(comb(20, k) * comb(30, 15 - k) for k in range(12, 16)) / comb(50, 15)
    assert made.hotspots["place_p_value"].tolist() == [pytest.approx(tail)]
    assert made.hotspots["located_record_count"].tolist() == [20]


def test_each_hotspot_has_the_recurrence_of_its_own_place() -> None:
    """Ranked by harm, the gravest place would be called as busy as the one that stands first on the map."""
    rows = [(9_000.0, 40, 10.0), (19_000.0, 12, 1_000.0)]
    frame = pd.DataFrame(
        [(at, harm) for at, count, harm in rows for _ in range(count)], columns=["easting_m", "harm_days"]
    )
    frame = frame.assign(northing_m=9_000.0, crime_type="Robbery", crime_month=pd.Timestamp("2025-01-01"))
    points = pd.DataFrame({"easting_m": [9_000.0, 19_000.0, 29_000.0], "record_count": [200, 12, 200]})
    made = hotspot_tables(
        frame,
        points.assign(northing_m=9_000.0),
        harm_scheme=SCHEME,
        settings=HotspotSettings(relabellings=19),
    )
    table = made.hotspots.set_index("centroid_easting_m")
    assert table["hotspot_id"].to_dict() == {19_000.0: "H001", 9_000.0: "H002"}
    assert table["null_recurrence_share"].to_dict() == {19_000.0: 0.0, 9_000.0: 1.0}


def test_planted_harm_is_significant() -> None:
    """A test that cannot see forty harmful records on one point would be calibrated and useless."""
    made, settings = scene(3, planted=40)
    found = p_values(made, settings)
    assert found[made.labels[0]] < 0.01
    assert found[made.labels[0]] == found.min()


def test_graver_records_are_significant_by_weight_alone() -> None:
    """Harm weights that the null forgot would leave a place of few and very grave crimes unseen."""
    made, settings = scene(3, planted=2, is_weighted=True, planted_weight=30.0)
    assert p_values(made, settings)[made.labels[0]] < 0.01
    by_count = Scene(made.points, made.located_count, made.high_count, made.labels)
    assert p_values(by_count, HotspotSettings(min_samples=12, relabellings=99))[made.labels[0]] > 0.1


def test_harm_is_dealt_out_with_the_records() -> None:
    """Weights that stayed in the order of the points would have the gravest record lie where it was found."""
    points = np.column_stack([np.arange(20) * 1_000.0, np.zeros(20)])
    labels = np.where(np.arange(20) == 0, 0, -1)
    weight = np.where(np.arange(20) == 0, 100.0, 1.0)
    made = Scene(points, np.full(20, 10), np.ones(20, dtype=np.int64), labels, weight)
    settings = HotspotSettings(min_samples=50, is_harm_weighted=True, relabellings=199)
    found = relabel(made, settings, seed=4)
    assert set(found.cluster_count) == {1}
    # The one grave record is as likely at any of the twenty points.
    assert found.found_again.mean() == pytest.approx(1 / 20, abs=0.05)


def test_weighted_excess_ratio_by_hand() -> None:
    """It orders the weighted clusters, as the other does those of counts."""
    expected = 6.5 * np.log(6.5 / 2) + 13.5 * np.log(13.5 / 18)
    assert weighted_excess_ratio([6.5, 1.5], [10, 10], 20.0, 100) == pytest.approx([expected, 0.0])
    assert weighted_excess_ratio([20.0], [100], 20.0, 100).tolist() == [0.0]
    assert weighted_excess_ratio([20.0], [50], 20.0, 100) == pytest.approx([20 * np.log(2)])


def test_excess_ratio_by_hand() -> None:
    """The ratio orders the clusters: a wrong term changes every p value without a trace."""
    expected = 8 * np.log(0.8) + 2 * np.log(0.2) + 12 * np.log(12 / 90) + 78 * np.log(78 / 90)
    expected -= 20 * np.log(0.2) + 80 * np.log(0.8)
    assert excess_ratio([8], [10], 20, 100) == pytest.approx([expected])
    assert excess_ratio([1], [10], 20, 100).tolist() == [0.0]


def test_a_point_cannot_have_more_harm_than_records() -> None:
    """A caller who leaves out kinds of crime would get p values of nonsense."""
    one = np.array([1])
    with pytest.raises(ValueError, match="more ultra-high-harm records"):
        Scene(np.zeros((1, 2)), one, one + 1, one)
    with pytest.raises(ValueError, match="not one for each"):
        Scene(np.zeros((1, 2)), one, one, one, np.ones(2))


def test_the_sandbox_truth_comes_back_by_area(tables: HotspotTables) -> None:
    """Hotspots of which the area is elsewhere would send people to the wrong streets."""
    sure = tables.hotspots[tables.hotspots["q_value"] <= 0.05]
    months = build_city().plan.months
    active = [spot for spot in build_city().truth.hotspots if spot.is_active(months[-12], months[-1])]
    snaps = build_city().snaps
    number = {spot.hotspot_id: row for row, spot in enumerate(build_city().truth.hotspots)}
    planted = shapely.union_all(
        [
            shapely.MultiPoint(
                np.column_stack([snaps.easting_m, snaps.northing_m])[snaps.hotspot == number[spot.hotspot_id]]
            ).convex_hull
            for spot in active
        ]
    )
    found = shapely.union_all(shapely.from_wkt(sure["geometry_wkt"].to_numpy(dtype=object)))
    common = shapely.area(shapely.intersection(found, planted))
    precision, recall = common / shapely.area(found), common / shapely.area(planted)
    assert precision >= 0.9 and recall >= 0.9, (precision, recall)


def test_the_tables_of_the_sandbox_agree(tables: HotspotTables) -> None:
    """Three tables about the same clusters that contradict each other would each be believed by somebody."""
    hotspots, history, null = tables.hotspots, tables.history, tables.null.set_index("measure")
    assert (hotspots["q_value"] >= hotspots["p_value"]).all()
    assert null.loc["cluster_count", "observed_value"] == len(hotspots)
    assert null.loc["found_anyway_share", "null_mean"] == pytest.approx(
        hotspots["null_recurrence_share"].mean()
    )
    for measure in ("town_centre_overlap_share", "night_time_overlap_share"):
        assert null.loc[measure, "p_value"] <= 0.05
    last = history[history["window_end_month"] == hotspots["window_end_month"].iloc[0]]
    assert dict(zip(last["stable_id"], last["harm_days"], strict=True)) == dict(
        zip(hotspots["stable_id"], hotspots["harm_days"], strict=True)
    )
    assert history["window_end_month"].nunique() == 12
    assert "persistent" in set(hotspots["persistence"]) and "fading" not in set(hotspots["persistence"])


def test_a_hotspot_that_comes_back_after_a_year_is_not_new() -> None:
    """Two columns of one row that disagree, returned and new, would each be believed by somebody."""
    months = pd.date_range("2022-01-01", periods=36, freq="MS")
    # Always somewhere; and at one point in February 2023 and again in the last month, a year without between.
    rows = [(9_000.0, month) for month in months] + [(19_000.0, months[at]) for at in (12, 35)] * 10
    frame = pd.DataFrame(rows, columns=["easting_m", "crime_month"])
    frame = frame.assign(northing_m=9_000.0, harm_days=450.0, crime_type="Robbery")
    points = pd.DataFrame({"easting_m": [9_000.0, 19_000.0], "northing_m": 9_000.0, "record_count": 90})
    settings = HotspotSettings(relabellings=1)
    history = hotspot_tables(frame, points, harm_scheme=SCHEME, settings=settings).history
    back = history[history["event"] == "returned"]
    assert back["persistence"].tolist() == ["sporadic"]
    assert set(history["persistence"]) == {"sporadic", "persistent"}


def test_no_cluster_is_a_result() -> None:
    """A quiet force must get empty tables and a null that says so, not an error that stops the release."""
    frame = pd.DataFrame({"easting_m": [9_000.0, 19_000.0], "northing_m": 9_000.0, "harm_days": 450.0})
    frame = frame.assign(crime_type="Robbery", crime_month=pd.Timestamp("2025-01-01"))
    points = frame[["easting_m", "northing_m"]].assign(record_count=3)
    centres = pd.DataFrame({"town_centre_name": ["A"], "geometry": [shapely.box(0, 0, 1, 1)]})
    for town_centres in (None, centres):
        made = hotspot_tables(frame, points, town_centres, harm_scheme=SCHEME)
        assert made.hotspots.empty and made.history.empty
        assert made.null.set_index("measure").loc["cluster_count", "observed_value"] == 0
    assert hotspot_tables(frame.iloc[:0], points, harm_scheme=SCHEME).null.empty


def test_the_card_sets_what_was_found_beside_what_chance_finds(tables: HotspotTables) -> None:
    """A card with the interval of chance on what was found would show an uncertainty that nobody measured."""
    card = hotspot_card(tables, version="1", harm_scheme=SCHEME)
    assert card is not None
    null = tables.null.set_index("measure")
    found, chance = card.metrics[:2]
    assert found.name == chance.name == "clusters"
    assert (found.value, found.baseline) == (
        null.loc["cluster_count", "observed_value"],
        null.loc["cluster_count", "null_mean"],
    )
    assert np.isnan(found.lower) and chance.lower == null.loc["cluster_count", "null_lower"]
    clear = int((tables.hotspots["q_value"] <= 0.05).sum())
    assert card.verdict.startswith(f"{clear} of {len(tables.hotspots)} hotspots")
    assert "sha256" not in card_as_markdown(card)
    assert any("DBSCAN" in one for one in card.source) and any("a junction" in one for one in card.limits)
    wide = tables.null.assign(method="hdbscan", hull="concave")
    other = hotspot_card(
        HotspotTables(tables.hotspots, tables.history, wide), version="1", harm_scheme=SCHEME
    )
    assert other is not None and other.champion.startswith("hdbscan") and "concave hulls" in other.champion
    assert any("(HDBSCAN)" in one for one in other.source)
    assert not any("(DBSCAN)" in one for one in other.source)
    # A cluster of 63 points over a neighbourhood is no junction.
    assert not any("a junction" in one for one in other.limits)
    empty = HotspotTables(tables.hotspots.iloc[:0], tables.history.iloc[:0], tables.null.iloc[:0])
    assert hotspot_card(empty, version="1", harm_scheme=SCHEME) is None
