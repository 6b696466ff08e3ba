"""Area profiles by hand: standardised features, overlap of clusters, who is told of, and names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import ml.profiles.clusters
from ml.profiles.clusters import (
    _agreement,
    _bootstraps,
    _halves,
    _kmeans,
    _over_halves,
    _p_value,
    choose_k,
    cluster_profiles,
)
from ml.profiles.features import OTHER, RATE, make_profiles
from ml.profiles.names import cluster_names
from ml.profiles.residents import residents_by_kind
from ml.profiles.tables import profile_areas

pytestmark = pytest.mark.usefixtures("one_thread")


def test_overlap_is_of_both_and_of_the_most_alike() -> None:
    """A share of the own areas alone would call a cluster stable that was swallowed by a larger one."""
    # k-means finds three areas and four; of the seven, six were one cluster and the last the other.
    standard = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0], [13.0]])
    cluster = np.array([0, 0, 0, 0, 0, 0, 1])
    overlap, rand = _agreement(standard, cluster, [np.arange(7)])
    # Three of six, or three of seven; and one of four.
    assert overlap == pytest.approx(np.array([[1 / 2, 1 / 4]]))
    # Pairs together in both are 6, 15 in one and 9 in the other, of 21: (6 - 45/7) / (12 - 45/7).
    assert rand == pytest.approx([-1 / 13])


def test_samples_are_halves_without_and_wholes_with_repeats() -> None:
    """Nearly all areas in each sample would make any clusters seem stable."""
    halves, drawn = _halves(101), _bootstraps(101)
    assert (len(halves), len(drawn)) == (20, 40)
    assert {len(np.unique(half)) for half in halves} == {50} and {len(one) for one in drawn} == {101}
    # Some 63% of the areas are in a bootstrap sample.
    assert np.mean([len(np.unique(one)) for one in drawn]) / 101 == pytest.approx(1 - np.exp(-1), abs=0.02)


def test_the_error_of_a_silhouette_is_that_of_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divided by the number of halves it would call any difference clear, and the largest k be taken."""
    values = iter([0.1, 0.3, 0.8])
    monkeypatch.setattr(ml.profiles.clusters, "_silhouette", lambda *_: next(values))
    mean, error = _over_halves(np.arange(8.0)[:, None], 2, [np.arange(8)] * 3)
    assert (mean, error) == (pytest.approx(0.4), pytest.approx(np.sqrt(0.13)))
    assert choose_k({2: (0.25, 0.1), 3: (0.5, 0.25)}) == 2


def test_k_has_ten_areas_a_cluster_and_at_most_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """More clusters than that would be of a handful of areas, fewer could hide a kind."""
    tried: list[list[int]] = []

    def noted(silhouette: dict[int, tuple[float, float]]) -> int:
        tried.append(list(silhouette))
        return 2

    monkeypatch.setattr(ml.profiles.clusters, "choose_k", noted)
    monkeypatch.setattr(ml.profiles.clusters, "_over_halves", lambda *_: (0.5, 0.1))
    monkeypatch.setattr(ml.profiles.clusters, "_agreement", lambda *_: (np.ones((40, 2)), np.ones(40)))
    monkeypatch.setattr(ml.profiles.clusters, "_p_value", lambda *_: 0.05)
    random = np.random.default_rng(1)
    for count in (29, 30, 49, 50, 200):
        cluster_profiles(random.normal(size=(count, 2)))
    assert tried == [[2, 3], [2, 3, 4], [2, 3, 4, 5], list(range(2, 9))]


def test_stability_is_of_halves_and_its_interval_of_bootstraps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound of the other samples, or the worst of them for their mean, would stand beside the figure."""

    def agreement(_: Any, cluster: Any, samples: list[Any]) -> tuple[np.ndarray, np.ndarray]:
        ramp = np.linspace(0, 1, len(samples))
        own = ramp**2 if len(samples) == 20 else ramp
        return np.column_stack([own, own / 2]), own / 4

    monkeypatch.setattr(ml.profiles.clusters, "choose_k", lambda _: 2)
    monkeypatch.setattr(ml.profiles.clusters, "_over_halves", lambda *_: (0.5, 0.1))
    monkeypatch.setattr(ml.profiles.clusters, "_agreement", agreement)
    found = cluster_profiles(np.random.default_rng(1).normal(size=(30, 2)))
    assert found is not None
    mean = (np.linspace(0, 1, 20) ** 2).mean()
    assert found.stability == pytest.approx([mean, mean / 2]) and found.adjusted_rand == pytest.approx(
        mean / 4
    )
    bounds = np.array([0.5, 0.025, 0.975])
    assert found.stability_interval == pytest.approx(np.array([bounds, bounds / 2]))
    assert found.rand_interval == pytest.approx(tuple(bounds / 4))


def test_chance_is_of_one_cloud_of_the_same_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long cloud is cut better than a round one: held against a round one it would have kinds."""
    long = np.random.default_rng(3).normal(size=(150, 2)) * [10.0, 0.1]
    assert _p_value(long, _kmeans(long, 2)[0]) > 0.1
    # Of nineteen clouds one clusters better, and two as well: with the areas themselves, four of twenty.
    values = iter([0.5, 0.6, 0.5, 0.5, *[0.4] * 16])
    monkeypatch.setattr(ml.profiles.clusters, "_silhouette", lambda *_: next(values))
    assert _p_value(long, np.repeat([0, 1], 75)) == pytest.approx(4 / 20)
    assert next(values, None) is None


def test_a_cluster_has_its_mean_its_distance_and_its_place() -> None:
    """The largest comes first; a distance along the axes would be longer than the one that is told."""
    turn = 2 * np.pi * np.arange(20) / 20
    ring = 5 * np.column_stack([np.cos(turn), np.sin(turn)])
    found = cluster_profiles(np.vstack([np.full((12, 2), 100.0), ring]))
    assert found is not None and len(found.centre) == 2
    assert found.cluster.tolist() == [1] * 12 + [0] * 20
    assert found.centre == pytest.approx(np.array([[0.0, 0.0], [100.0, 100.0]]))
    assert found.distance == pytest.approx([0.0] * 12 + [5.0] * 20)


def world(counts: list[list[int]], residents: list[Any], months: list[int]) -> tuple[pd.DataFrame, ...]:
    """Areas and their records by type."""
    codes = [f"E{place}" for place in range(len(counts))]
    areas = pd.DataFrame({"lsoa_code": codes, "resident_count": residents, "month_count": months})
    areas["resident_count"] = areas["resident_count"].astype("Int64")
    rows = [
        (code, f"type {place}", count)
        for code, own in zip(codes, counts, strict=True)
        for place, count in enumerate(own)
    ]
    return areas, pd.DataFrame(rows, columns=["lsoa_code", "crime_type", "crime_count"])


def test_features_by_hand() -> None:
    """Twenty records of the usual mix temper a thin area's; rates are compared by how many times."""
    areas, counts = world(
        [[30, 0], [60, 40], [29, 0], [50, 50], [50, 50], [50, 50]],
        [1_000, 2_000, 1_000, 0, None, 1_000],
        [12, 6, 12, 12, 12, 0],
    )
    found = make_profiles(areas, counts)
    # From thirty records on, with residents and months.
    assert found.is_profiled.tolist() == [True, True, False, False, False, False]
    assert found.names == (RATE, "type 0", "type 1")
    assert found.values == pytest.approx(np.array([[30.0, 1.0, 0.0], [100.0, 0.6, 0.4]]))
    # Two areas lie one standard deviation either way.
    assert found.standard == pytest.approx(np.array([[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]]))


def test_shares_are_tempered_and_in_logarithms() -> None:
    """Without them, areas of few records would be the farthest from all, and be a kind of their own."""
    areas, counts = world([[30, 0], [60, 40], [10, 60]], [1_000, 1_000, 1_000], [12, 12, 12])
    found = make_profiles(areas, counts).standard
    # Of 200 records half are of each type: ten of each are added.
    shares = np.log(2 * np.array([40 / 50, 70 / 120, 20 / 90]))
    assert found[:, 1] == pytest.approx((shares - shares.mean()) / shares.std())
    rates = np.log([30.0, 100.0, 70.0])
    assert found[:, 0] == pytest.approx((rates - rates.mean()) / rates.std())


@pytest.mark.parametrize(("rare", "is_alone"), [(19, False), (20, True)])
def test_a_type_of_two_per_cent_stands_alone(rare: int, is_alone: bool) -> None:
    """A smaller one would be noise of the same weight as burglary."""
    areas, counts = world([[900, rare, 100 - rare]], [1_000], [12])
    names = make_profiles(areas, counts).names
    assert ("type 1" in names) == is_alone and (OTHER in names) == (not is_alone)


def test_a_centre_is_the_mean_of_its_areas() -> None:
    """A median, or the smoothed shares, would be told under the name of what areas have."""
    counts = [[300, 100]] * 14 + [[380, 20]] + [[40, 360]] * 15
    areas, records = world(counts, [1_000] * 30, [12] * 30)
    random = np.random.default_rng(2)
    found = profile_areas(areas.assign(resident_count=random.integers(900, 1_100, 30)), records)
    assert found.clustering is not None
    centre = found.clusters.set_index(["cluster", "feature"])["centre_value"]
    own = found.areas.groupby("cluster")["lsoa_code"].apply(set)
    shares = dict(zip((f"E{place}" for place in range(30)), [one[0] / 400 for one in counts], strict=True))
    for cluster, codes in own.items():
        assert centre[cluster, "type 0"] == pytest.approx(np.mean([shares[code] for code in codes]))
    silhouette = found.clustering.silhouette[len(own)][0]
    assert (found.clusters["silhouette"] == silhouette).all()


def test_names_at_their_limits() -> None:
    """Half a standard deviation is apart; a third type would make names that nobody reads."""
    features = (RATE, "Burglary", "Drugs", "Shoplifting")
    centre = np.array([[0.5, 0.5, 0.49, -1.0], [-0.5, 0.9, 0.8, 0.7], [0.49, 0.0, 0.0, -0.1], [0.4, 0, 0, 0]])
    assert cluster_names(features, centre) == [
        "High rate: much burglary",
        "Low rate: much burglary and drugs",
        "Middling rate: usual mix, little shoplifting",
        "Middling rate: usual mix, little burglary",
    ]
    alike = cluster_names(features, np.zeros((2, 4)))
    assert [name[-3:] for name in alike] == ["(1)", "(2)"]


def test_who_lives_where_needs_ten_areas_and_ten_residents() -> None:
    """Nine areas drawn anew say nothing of how much they vary; nine residents could be known by name."""
    places = np.arange(20)
    areas = pd.DataFrame(
        {
            "lsoa_code": [f"E{place}" for place in places],
            "is_profiled": places < 19,
            "cluster": np.where(places < 9, 1.0, 2.0),
            "cluster_name": np.where(places < 9, "of nine", "of ten"),
        }
    )
    areas.loc[19, ["cluster", "cluster_name"]] = [np.nan, "too few records"]
    lsoas = pd.DataFrame(
        {
            "lsoa_code": areas["lsoa_code"],
            "imd_2025_decile": 5,
            "asian_count": np.where(places == 0, 10, 0),
            "black_count": np.where(places % 3 == 0, 50, 20),
            "mixed_count": np.where(places == 0, 9, 0),
            "white_count": 100,
            "other_count": 0,
        }
    )
    # The area of no kind is left out with its residents, however many.
    lsoas.loc[19, "black_count"] = 10_000
    told = {metric.group: metric for metric in residents_by_kind(areas, lsoas)}
    assert set(told) == {
        f"of {kind}: {group}" for kind in ("nine", "ten") for group in ("Asian", "Black", "White")
    }
    # Of 590 Black residents 270 live in the nine; of everyone 1,189 of 2,509.
    everyone = 19 * 100 + 590 + 19
    own = 9 * 100 + 270 + 19
    assert told["of nine: Black"].value == pytest.approx(270 / 590 / (own / everyone))
    assert told["of nine: Asian"].value == pytest.approx(everyone / own)
    assert np.isnan([told["of nine: Black"].lower, told["of nine: Black"].upper]).all()
    assert told["of ten: Black"].lower < told["of ten: Black"].value < told["of ten: Black"].upper
