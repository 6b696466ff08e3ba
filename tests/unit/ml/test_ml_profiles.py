"""Area profiles: planted kinds of areas are found with their number, and thin areas are not forced."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from ml.common.artefact import describe, freeze, thaw
from ml.common.contracts import CONTRACTS, ContractError, conform
from ml.profiles.card import profile_card
from ml.profiles.clusters import choose_k, cluster_profiles
from ml.profiles.features import OTHER, RATE, make_profiles
from ml.profiles.figures import profile_map
from ml.profiles.names import cluster_names
from ml.profiles.residents import residents_by_kind
from ml.profiles.tables import NOT_CLUSTERED, TOO_FEW, Profiled, profile_areas
from tests.unit.ml.broken_rules import broken_rules

pytestmark = pytest.mark.usefixtures("one_thread")
TYPES = ("Burglary", "Drugs", "Shoplifting", "Vehicle crime", "Violence and sexual offences")
# Records per 1,000 residents and year, and the mix: centres of shops, quiet suburbs, places of drugs.
KINDS = (
    (300.0, (0.05, 0.05, 0.5, 0.05, 0.35), 30),
    (40.0, (0.35, 0.03, 0.02, 0.35, 0.25), 60),
    (120.0, (0.06, 0.34, 0.05, 0.1, 0.45), 40),
)
WINDOW = {
    "window_start_month": pd.Timestamp("2025-01-01"),
    "window_end_month": pd.Timestamp("2025-12-01"),
}
Planted = tuple[Profiled, np.ndarray, pd.DataFrame]


def make_areas(kinds: tuple = KINDS, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Return areas, their counts in long form and the kind of each area."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(kinds)), [size for *_, size in kinds])
    residents = rng.integers(1_200, 2_500, len(truth))
    rows = []
    for place, kind in enumerate(truth):
        rate, mix, _ = kinds[kind]
        varied = rng.dirichlet(np.array(mix) * 150)
        counts = rng.poisson(rate * rng.lognormal(0, 0.15) * varied * residents[place] / 1000)
        rows += [(f"E{place:08d}", name, count) for name, count in zip(TYPES, counts, strict=True) if count]
    areas = pd.DataFrame(
        {
            "lsoa_code": [f"E{place:08d}" for place in range(len(truth))],
            "easting_m": 400_000.0 + rng.uniform(0, 9_000, len(truth)),
            "northing_m": 200_000.0 + rng.uniform(0, 9_000, len(truth)),
            "resident_count": residents,
            "month_count": 12,
        }
    )
    return areas, pd.DataFrame(rows, columns=["lsoa_code", "crime_type", "crime_count"]), truth


@pytest.fixture(scope="module")
def planted() -> Planted:
    """Profiles of three planted kinds, the kind of each area, and the areas."""
    areas, counts, truth = make_areas()
    return profile_areas(areas, counts), truth, areas


def test_planted_kinds_are_found_with_their_number(
    planted: Planted,
) -> None:
    """A wrong scale or a wrong rule for k would merge the kinds, or split them."""
    found, truth, _ = planted
    assert sorted(found.areas["cluster"].unique()) == [1, 2, 3]
    assert adjusted_rand_score(truth, found.areas["cluster"]) > 0.95
    clusters = found.clusters.drop_duplicates("cluster")
    assert clusters["area_count"].is_monotonic_decreasing
    assert (clusters["stability"] > 0.9).all() and clusters["adjusted_rand"].iloc[0] > 0.9
    assert clusters["p_value"].iloc[0] == pytest.approx(0.05)


def test_names_say_what_sets_a_cluster_apart(planted: Planted) -> None:
    """A map of numbers would leave the reader to guess, or a name would say the wrong thing."""
    found, truth, _ = planted
    names = found.areas.groupby(truth)["cluster_name"].agg(lambda held: held.mode()[0])
    assert names[0] == "High rate: much shoplifting"
    assert names[1] == "Low rate: much burglary and vehicle crime"
    assert "drugs" in names[2]
    centre = found.clusters.set_index(["cluster_name", "feature"])["centre_value"]
    assert centre[names[0], "Shoplifting"] == pytest.approx(0.5, abs=0.03)
    assert centre[names[0], RATE] == pytest.approx(300, rel=0.1)


def test_kinds_that_are_none_do_not_hold_together() -> None:
    """k-means cuts anything: readers must be told when it is no better than chance."""
    one_kind = ((100.0, (0.2, 0.2, 0.2, 0.2, 0.2), 120),)
    areas, counts, _ = make_areas(one_kind, seed=3)
    found = profile_areas(areas, counts).clustering
    assert found is not None
    assert found.p_value > 0.05
    assert found.adjusted_rand < 0.7
    assert found.rand_interval[1] < found.rand_interval[0] < 0.8


def test_thin_areas_are_marked_and_move_nobody(planted: Planted) -> None:
    """The mix of a handful of records is chance, and would be drawn on the map as a kind of area."""
    areas, counts, _ = make_areas()
    thin = areas.iloc[:2].assign(lsoa_code=["E90000000", "E90000001"], resident_count=[1_500, None])
    few = pd.DataFrame({"lsoa_code": thin["lsoa_code"], "crime_type": "Drugs", "crime_count": [29, 5_000]})
    found = profile_areas(pd.concat([areas, thin]), pd.concat([counts, few]))
    last = found.areas.tail(2)
    assert last["cluster"].isna().all() and last["distance"].isna().all()
    assert last["cluster_name"].tolist() == [TOO_FEW] * 2 and not last["is_profiled"].any()
    assert last["crime_count"].tolist() == [29, 5_000]
    pd.testing.assert_frame_equal(found.areas.head(len(areas)), planted[0].areas)


def test_order_of_rows_changes_nothing(planted: Planted) -> None:
    """The same data would be published with other clusters after a rebuild."""
    areas, counts, _ = make_areas()
    again = profile_areas(areas.sample(frac=1, random_state=1), counts.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(again.areas, planted[0].areas)
    pd.testing.assert_frame_equal(again.clusters, planted[0].clusters)


@pytest.mark.parametrize(
    ("silhouette", "expected"),
    [
        ({2: (0.30, 0.01), 3: (0.50, 0.02), 4: (0.51, 0.02)}, 3),
        ({2: (0.30, 0.01), 3: (0.45, 0.02), 4: (0.51, 0.02)}, 4),
        ({2: (0.50, 0.10), 3: (0.51, 0.005)}, 3),
    ],
)
def test_k_is_the_smallest_within_one_standard_error(
    silhouette: dict[int, tuple[float, float]], expected: int
) -> None:
    """The rule is published: another one would be used without anybody seeing it."""
    assert choose_k(silhouette) == expected


def test_rare_types_are_taken_together_and_rates_are_of_a_year() -> None:
    """Rare types would be noise with the weight of common ones; half a year is half the records."""
    areas, counts, _ = make_areas()
    rare = counts[counts["crime_type"] == "Drugs"].assign(crime_type="Bicycle theft", crime_count=1)
    profiles = make_profiles(areas, pd.concat([counts, rare, rare.assign(crime_type="Other crime")]))
    assert profiles.names == (RATE, *sorted(TYPES), OTHER)
    assert profiles.standard.mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert profiles.standard.std(axis=0) == pytest.approx(1)
    assert profiles.values[:, 1:].sum(axis=1) == pytest.approx(1)
    halved = make_profiles(areas.assign(month_count=6), counts)
    assert halved.values[:, 0] == pytest.approx(2 * make_profiles(areas, counts).values[:, 0])


def test_names_are_all_different() -> None:
    """Two clusters of one name could not be told apart on a map."""
    features = (RATE, "Burglary", "Drugs", "Shoplifting")
    centre = np.array(
        [[1.0, 0.9, 0.0, -0.6], [1.0, 0.9, -0.6, 0.0], [0.0, 0.1, 0.1, 0.1], [0.0, 0.1, 0.1, 0.1]]
    )
    names = cluster_names(features, centre)
    assert names[0] == "High rate: much burglary, little shoplifting"
    assert names[1] == "High rate: much burglary, little drugs"
    assert len(set(names)) == 4 and names[2].startswith("Middling rate: usual mix")


def test_too_few_areas_are_marked() -> None:
    """A small force would stop the run, or be cut into clusters of two."""
    areas, counts, _ = make_areas()
    assert cluster_profiles(np.zeros((29, 3))) is None
    few = profile_areas(areas.head(20), counts)
    assert few.areas["cluster_name"].unique().tolist() == [NOT_CLUSTERED]
    assert not few.areas["is_profiled"].any()
    nothing = profile_areas(areas.head(0), counts.head(0))
    for found in (few, nothing):
        conform(found.areas.assign(**WINDOW), CONTRACTS["ml_area_profiles"])
        assert conform(found.clusters.assign(**WINDOW), CONTRACTS["ml_area_profile_clusters"]).empty


def test_tables_keep_their_contracts_and_suites(planted: Planted) -> None:
    """A run would fail when a table is written or judged, or an area be forced into a cluster unseen."""
    found = planted[0]
    areas = conform(found.areas.assign(**WINDOW), CONTRACTS["ml_area_profiles"])
    clusters = conform(found.clusters.assign(**WINDOW), CONTRACTS["ml_area_profile_clusters"])
    tables = {"ml_area_profiles": areas, "ml_area_profile_clusters": clusters}
    assert [broken_rules(table, tables) for table in tables] == [[], []]
    forced = areas.assign(is_profiled=False)
    assert broken_rules("ml_area_profiles", {"ml_area_profiles": forced}) == ["marked_not_forced"]
    short = tables | {"ml_area_profiles": areas.iloc[1:]}
    assert broken_rules("ml_area_profile_clusters", short) == ["areas_are_placed"]
    with pytest.raises(ContractError, match="though marked"):
        conform(forced, CONTRACTS["ml_area_profiles"])


def test_the_map_is_drawn(planted: Planted) -> None:
    """A figure that cannot be drawn would stop the asset after the tables were worked out."""
    found, _, areas = planted
    # The map, the centres and their scale.
    assert len(profile_map(found.areas, found.clusters, areas).axes) == 3
    assert len(profile_map(found.areas, found.clusters.head(0), areas).axes) == 2


def test_the_card_tells_of_the_clusters_and_the_stored_estimator_makes_them(planted: Planted) -> None:
    """Clusters are numbered anew by size: an estimator with its own numbers would give areas other kinds."""
    found, _, _ = planted
    clustering = found.clustering
    assert clustering is not None
    content = freeze(clustering.estimator)
    areas, counts, _ = make_areas()
    standard = make_profiles(areas, counts).standard
    again = thaw(content, describe(content, name="k", data_version="d", code_version="c", features=()))
    assert (again.predict(standard) == clustering.cluster).all()
    card = profile_card(found, version="1", months=("2025-01", "2025-12"), residents=())
    assert card is not None and card.champion == "k-means with 3 clusters"
    told = {(metric.name, metric.group[:1]): metric for metric in card.metrics}
    for place, kind in enumerate("123"):
        assert told["areas", kind].value == (clustering.cluster == place).sum()
        assert told["Jaccard stability with half-samples", kind].value == clustering.stability[place]
        drawn = told["Jaccard stability with bootstrap samples", kind]
        assert drawn.lower <= drawn.value <= drawn.upper <= 1 and drawn.value > 0.9
    rand = told["adjusted Rand index with bootstrap samples", ""]
    assert 0.9 < rand.lower <= rand.value <= rand.upper <= 1
    silhouette = card.metrics[0]
    assert silhouette.lower < silhouette.value < silhouette.upper
    nothing = Profiled(found.areas, found.clusters.iloc[:0], None)
    assert profile_card(nothing, version="1", months=("2025-01", "2025-12"), residents=()) is None


def test_who_lives_in_each_kind_is_told(planted: Planted) -> None:
    """A kind in which one group lives three times as often as others would be drawn and not said."""
    found, truth, _ = planted
    lsoas = pd.DataFrame(
        {
            "lsoa_code": found.areas["lsoa_code"],
            "imd_2025_decile": np.where(truth == 2, 1, 10),
            "asian_count": 0,
            "black_count": np.where(truth == 2, 300, 0),
            "mixed_count": 0,
            "white_count": np.where(truth == 2, 700, 1_000),
            "other_count": np.where(found.areas.index == 0, 9, 0),
        }
    )
    lived = residents_by_kind(found.areas, lsoas)
    kind = found.areas.loc[truth == 2, "cluster_name"].mode()[0]
    told = {metric.group: metric for metric in lived}
    # 40 of 130 areas are of the kind, and all its members live there; everyone's share is 40,000 of 130,009.
    black = told[f"{kind}: Black"]
    assert black.value == pytest.approx(130_009 / 40_000)
    assert black.lower < black.value < black.upper and black.baseline == 1
    assert told[f"{kind}: White"].value == pytest.approx(28 / 118 * 130_009 / 40_000)
    assert told[f"{kind}: most deprived tenth"].value == pytest.approx(130_009 / 40_000)
    assert told[f"{kind}: least deprived tenth"].value == 0
    # Nine residents are too few to tell of, and none have no ratio.
    assert not [group for group in told if group.endswith(("Other", "Asian", "Mixed"))]
