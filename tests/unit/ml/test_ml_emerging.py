"""Emerging hot spots and the table of spatial tests on maps with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.stats import norm

from ml.common.contracts import CONTRACTS, conform
from ml.spatial import emerging_hot_spots, global_moran, local_clusters, nearest_neighbours, spatial_tests
from ml.spatial.emerging import trend_classes
from ml.spatial.figures import local_maps

SIDE, MONTHS = 16, 24


def areas() -> pd.DataFrame:
    """A grid of areas, a kilometre apart."""
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return pd.DataFrame(
        {
            "lsoa_code": [f"E{number:08d}" for number in range(SIDE * SIDE)],
            "force_slug": "eastvale",
            "easting_m": 1_000.0 * column,
            "northing_m": 1_000.0 * row,
        }
    )


def block(row: int, column: int) -> np.ndarray:
    """Nine areas around a place of the grid."""
    return np.array([(row + i) * SIDE + column + j for i in (-1, 0, 1) for j in (-1, 0, 1)])


def area_months(seed: int = 0, *, is_planted: bool = True) -> pd.DataFrame:
    """Chance counts, with one block always hot, one lately, one rising and one that has cooled."""
    generator = np.random.default_rng(seed)
    mean = np.full((SIDE * SIDE, MONTHS), 10.0)
    if is_planted:
        mean[block(3, 3)] += 30
        mean[block(3, 12), -2:] += 30
        mean[block(12, 3)] += np.linspace(-5, 30, MONTHS)
        mean[block(12, 12), :8] += 30
    count = generator.poisson(mean)
    months = pd.date_range("2024-01-01", periods=MONTHS, freq="MS")
    frame = pd.DataFrame(count, index=areas()["lsoa_code"], columns=months).stack().rename("crime_count")
    frame = frame.rename_axis(["lsoa_code", "crime_month"]).reset_index()
    return frame.assign(harm_days=frame["crime_count"] * 10.0)


def force_months(*forces: str) -> pd.DataFrame:
    """Every month of each force."""
    months = pd.DataFrame({"crime_month": pd.date_range("2024-01-01", periods=MONTHS, freq="MS")})
    return pd.DataFrame({"force_slug": forces}).merge(months, how="cross")


def test_planted_areas_have_their_classes() -> None:
    """A class that does not mean what it says sends a reader to an area that cooled long ago."""
    table = conform(
        emerging_hot_spots(area_months(), areas(), force_months("eastvale")), CONTRACTS["ml_lsoa_emerging"]
    )
    assert len(table) == 2 * SIDE * SIDE
    classes = table[table["measure"] == "harm_days"]["emerging_class"].to_numpy()
    assert classes[3 * SIDE + 3] == "persistent"
    assert classes[3 * SIDE + 12] == "new"
    assert classes[12 * SIDE + 3] == "emerging"
    assert classes[12 * SIDE + 12] == "fading"


def test_clusters_and_outliers_are_told_apart() -> None:
    """A quadrant read the wrong way round calls a lone bad area a cluster, and its quiet quarter bad."""
    values = np.random.default_rng(4).poisson(20, SIDE * SIDE).astype(float)
    values[block(3, 3)], values[3 * SIDE + 3] = 60.0, 0.0
    values[block(12, 12)], values[12 * SIDE + 12] = 0.0, 60.0
    values[block(3, 12)], values[block(12, 3)] = 60.0, 0.0
    weights = nearest_neighbours(areas()["easting_m"], areas()["northing_m"])
    found = local_clusters(values, weights)
    kinds = found.cluster_class.reshape(SIDE, SIDE)
    assert (kinds[3, 3], kinds[12, 12]) == ("low_high", "high_low")
    assert (kinds[3, 12], kinds[12, 3]) == ("high_high", "low_low")
    whole = global_moran(values, weights).statistic
    assert found.statistic.mean() == pytest.approx(whole)


def test_chance_and_a_flat_map_make_no_cluster() -> None:
    """Each of hundreds of areas tested at one in twenty would fill the map; a flat one is no error."""
    weights = nearest_neighbours(areas()["easting_m"], areas()["northing_m"])
    maps = np.random.default_rng(6).lognormal(0, 1.5, (40, SIDE * SIDE))
    found = [local_clusters(values, weights, draws=9_999) for values in maps]
    any_named = np.mean([(one.cluster_class != "not_significant").any() for one in found])
    assert any_named <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(maps))
    assert 0.03 < np.mean([one.p_value <= 0.05 for one in found]) < 0.07
    flat = local_clusters(np.ones(SIDE * SIDE), weights, draws=99)
    assert set(flat.cluster_class) == {"not_significant"} and np.isnan(flat.q_value).all()


def test_the_table_maps_the_last_month_and_the_last_year() -> None:
    """Clusters of all months together would still show the place that has cooled."""
    table = emerging_hot_spots(area_months(), areas(), force_months("eastvale"))
    harm = table[table["measure"] == "harm_days"].set_index("lsoa_code")
    always, cooled = areas()["lsoa_code"][3 * SIDE + 3], areas()["lsoa_code"][12 * SIDE + 12]
    assert harm.loc[always, "cluster_class"] == "high_high"
    assert harm.loc[cooled, "cluster_class"] == "not_significant"
    assert harm.loc[always, "last_q_value"] <= 0.05 < harm.loc[cooled, "last_q_value"]
    drawn = local_maps(table, areas())
    assert [axes.get_title() for axes in drawn.axes[:2]] == [
        "Gi* of harm, 2025-12",
        "Local Moran of harm, twelve months, q at most 0.05",
    ]
    labels = [text.get_text() for text in drawn.axes[1].get_legend().get_texts()]
    assert f"high high ({(harm['cluster_class'] == 'high_high').sum()})" in labels
    assert local_maps(table.iloc[:0], areas()).axes


def test_calm_places_are_not_hot_and_the_last_year_is_twelve_months() -> None:
    """A test that looks both ways calls the quietest quarter hot; a year of thirteen keeps what is over."""
    frame = area_months(is_planted=False)
    calm, over = (areas()["lsoa_code"][block(at, at)] for at in (4, 11))
    frame.loc[frame["lsoa_code"].isin(calm), ["crime_count", "harm_days"]] = 0
    before = frame["crime_month"] == "2024-12-01"
    frame.loc[before & frame["lsoa_code"].isin(over), ["crime_count", "harm_days"]] = 5_000
    table = emerging_hot_spots(frame, areas(), force_months("eastvale"))
    table = table[table["measure"] == "harm_days"].set_index("lsoa_code")
    centre = calm.iloc[4]
    assert table.loc[centre, "last_z_score"] < -3 and table.loc[centre, "emerging_class"] == "none"
    assert table.loc[centre, "cluster_class"] == "low_low"
    assert (table.loc[over, "cluster_class"] == "not_significant").all()


def test_local_p_values_by_hand() -> None:
    """Of six places on a ring each has one next, which by chance is any of the five others."""
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 10.0])
    ring = csr_array((np.ones(6), (np.arange(6), np.roll(np.arange(6), -1))), shape=(6, 6))
    # Next to 0 stands 1, the least of five; next to 1 stands 2, of 0, 2, 3, 4 and 10; next to 10 the least.
    found = local_clusters(values, ring).p_value
    assert found == pytest.approx([0.4, 0.8, 1.0, 0.8, 0.4, 0.4], abs=0.02)
    few = [local_clusters(values, ring, draws=9, seed=seed).p_value for seed in range(20)]
    # What was seen is one of the draws: of at most nine others no p value is below 2/10.
    assert np.min(few) >= 0.2


def test_chance_makes_hardly_any_hot_spot() -> None:
    """Thousands of areas and months, each tested at one in twenty, would fill a map with chance."""
    sent = force_months("eastvale")
    table = pd.concat(
        [emerging_hot_spots(area_months(seed, is_planted=False), areas(), sent) for seed in range(5)]
    )
    assert table["hot_month_count"].sum() / table["month_count"].sum() < 0.001


def test_a_month_without_a_force_is_left_out() -> None:
    """A file that is missing would make every area of the other force hot in that month."""
    places = areas()
    places.loc[places.index[: SIDE * SIDE // 2], "force_slug"] = "westmere"
    frame, sent = area_months(), force_months("eastvale", "westmere")
    is_lost = frame["lsoa_code"].isin(places["lsoa_code"][: SIDE * SIDE // 2])
    # A record that the other force located in the area of the one that sent nothing stays.
    is_stray = frame["lsoa_code"] == places["lsoa_code"][0]
    lost = frame[~(is_lost & ~is_stray & (frame["crime_month"] == "2024-06-01"))]
    sent = sent[(sent["force_slug"] != "westmere") | (sent["crime_month"] != "2024-06-01")]
    assert set(emerging_hot_spots(lost, places, sent)["month_count"]) == {MONTHS - 1}


def test_a_force_that_joins_costs_no_other_its_classes() -> None:
    """With one month of a new force the map of a whole region would be empty."""
    places = areas()
    places["force_slug"] = np.repeat(["a", "b", "joins"], [100, 100, len(places) - 200])
    sent, frame = force_months("a", "b", "joins"), area_months()
    first = sent["crime_month"].min()

    def found(**months: int) -> pd.DataFrame:
        """What is classified when each force sent its last months alone."""
        since = sent["force_slug"].map(
            {name: first + pd.DateOffset(months=MONTHS - count) for name, count in months.items()}
        )
        return emerging_hot_spots(frame, places, sent[sent["crime_month"] >= since])

    whole, joined = found(a=MONTHS, b=MONTHS, joins=MONTHS), found(a=MONTHS, b=MONTHS, joins=11)
    assert len(whole) == 2 * len(places) and set(joined["month_count"]) == {MONTHS}
    assert set(joined["lsoa_code"]) == set(places.loc[places["force_slug"] != "joins", "lsoa_code"])
    # A year is enough for a class; where few forces have one, it is asked of none.
    for held, months in ((found(a=MONTHS, b=MONTHS, joins=12), 12), (found(a=MONTHS, b=11, joins=11), 11)):
        assert len(held) == 2 * len(places) and set(held["month_count"]) == {months}
    assert emerging_hot_spots(frame, places, sent[:0]).empty


@pytest.mark.parametrize(
    ("hot", "rising", "falling", "expected"),
    [
        ("0000000000", 0, 0, "none"),
        ("1111111110", 0, 1, "persistent"),
        ("1111111100", 0, 0, "sporadic"),
        ("0000000011", 1, 0, "new"),
        ("0000000111", 0, 0, "new"),
        ("0001000010", 1, 0, "emerging"),
        ("1110000010", 0, 1, "fading"),
        ("1100000000", 0, 0, "fading"),
        ("1000000100", 0, 0, "sporadic"),
        ("0101000010", 0, 0, "sporadic"),
    ],
)
def test_the_written_rule(hot: str, rising: int, falling: int, expected: str) -> None:
    """The method note states the rule, and readers hold the table against it."""
    months = np.array([[mark == "1" for mark in hot]])
    assert trend_classes(months, np.array([rising > 0]), np.array([falling > 0])).tolist() == [expected]


def test_neighbours_are_the_nearest() -> None:
    """A place that is its own neighbour would be counted twice in Gi*."""
    weights = nearest_neighbours([0.0, 1.0, 3.0, 10.0], [0.0] * 4, 2).toarray()
    assert weights.tolist() == [[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0]]


@pytest.mark.parametrize(("apart", "expected"), [(200.0, 0.01), (201.0, 1.0)])
def test_near_is_within_two_hundred_metres(apart: float, expected: float) -> None:
    """The distance stands in the method note, and decides what a near repeat is."""
    month = np.repeat(np.arange(1, 51), 2)
    east = np.repeat(np.arange(50) * 9_000.0, 2) + np.tile([0.0, apart], 50)
    events = pd.DataFrame({"easting_m": east, "northing_m": 0.0, "month_number": month})
    found = spatial_tests(areas().head(0), {"crime_count": events, "harm_days": events})
    assert found["p_value"].tolist() == [expected] * 2


@pytest.mark.parametrize(("months", "is_told"), [(1, False), (2, False), (3, True)])
def test_repeats_of_one_month_are_not_told_as_none(months: int, is_told: bool) -> None:
    """Of two months all pairs are close: a ratio of 1 with p 1 would be read as that nothing is repeated."""
    month = np.arange(60) % months
    events = pd.DataFrame(
        {"easting_m": np.arange(60) % 20 * 9_000.0, "northing_m": 0.0, "month_number": month}
    )
    found = spatial_tests(areas().head(0), {"crime_count": events, "harm_days": events})
    assert (found["value"].notna() == is_told).all() and (found["p_value"].notna() == is_told).all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_areas_for_a_map_are_no_error(count: int) -> None:
    """A force of one area, or a year that one area alone has, would stop the release at its maps."""
    few = areas().head(count).assign(crime_count=7, harm_days=70.0)
    month = pd.DataFrame({"easting_m": [0.0, 5.0], "northing_m": 0.0, "month_number": [1, 2]})
    table = conform(
        spatial_tests(few, {"crime_count": month, "harm_days": month}), CONTRACTS["ml_spatial_tests"]
    )
    moran = table[table["statistic"] == "global_moran"]
    assert len(moran) == 2 and moran[["value", "z_score", "p_value"]].isna().all(axis=None)
    assert len(table) == 13 and (table.loc[table["statistic"] == "gini", "value"] == 0).all()


def test_spatial_tests_see_what_was_planted() -> None:
    """The table is read as evidence: on a planted map it must find it, with intervals around its shares."""
    totals = area_months().groupby("lsoa_code")[["crime_count", "harm_days"]].sum()
    frame = areas().merge(totals, on="lsoa_code")
    generator = np.random.default_rng(2)
    place, month = generator.uniform(0, 20_000, (300, 2)), generator.integers(1, 24, 300)
    repeats = np.concatenate([place, place[:80] + 5]), np.concatenate([month, month[:80] + 1])
    events = pd.DataFrame(repeats[0], columns=["easting_m", "northing_m"]).assign(month_number=repeats[1])
    alone = events[:300].assign(month_number=month)
    found = spatial_tests(frame, {"crime_count": events, "harm_days": alone})
    table = conform(found, CONTRACTS["ml_spatial_tests"]).set_index(["measure", "statistic"])
    moran = table.loc[("crime_count", "global_moran")]
    assert moran["p_value"] == pytest.approx(2 * norm.sf(moran["z_score"]), abs=0.0)
    assert moran["p_value"] < 1e-6
    assert table.loc[("crime_count", "knox_ratio"), "p_value"] == 0.01
    assert table.loc[("harm_days", "knox_ratio"), "p_value"] > 0.05
    share = table.loc[("harm_days", "top_10_percent_share")]
    ordered = np.sort(frame["harm_days"])[::-1]
    assert share["value"] == pytest.approx((ordered[:25].sum() + 0.6 * ordered[25]) / ordered.sum())
    assert share["lower"] <= share["value"] <= share["upper"]
