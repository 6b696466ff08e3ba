"""Patrols that follow predictions: against the closed forms of the urn and the papers' findings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ml.patrol import (
    Scenario,
    UrnRates,
    measure_targeting,
    settled_share,
    simulate_feedback,
    simulate_urn,
    two_place_equilibrium,
)
from ml.patrol.feedback import Policy
from ml.patrol.over_recording import Places, simulate_over_recording
from ml.patrol.targeting import flagged_days


def test_visits_of_an_urn_that_always_discovers_are_beta_binomial() -> None:
    """Pólya's urn has a closed form; a simulation off by one ball would not follow it."""
    days, runs = 12, 40_000
    _, visits = simulate_urn([2, 3], UrnRates([1.0, 1.0]), days=days, runs=runs, seed=1)
    expected = stats.betabinom(days, 2, 3).pmf(np.arange(days + 1)) * runs
    assert stats.chisquare(np.bincount(visits[:, 0], minlength=days + 1), expected).pvalue > 0.001
    assert (visits.sum(axis=1) == days).all()


def test_equal_places_do_not_stay_equal() -> None:
    """Where places are alike, the urn settles anywhere between: its share is spread like Beta(1, 1)."""
    shares, _ = simulate_urn([1, 1], UrnRates([0.5, 0.5]), days=2_000, runs=2_000, seed=2)
    assert stats.kstest(shares[:, 0], "uniform").pvalue > 0.001


def test_discoveries_alone_run_away() -> None:
    """Ensign et al. (2018): with discoveries alone, the busier place ends with nearly all patrols."""
    rates = UrnRates([0.8, 0.2])
    shares, _ = simulate_urn([1, 1], rates, days=4_000, runs=100, seed=3)
    assert np.median(shares[:, 0]) > 0.95
    assert np.isnan(two_place_equilibrium(rates))


def test_corrected_discoveries_settle_at_the_true_share() -> None:
    """Ensign et al. (2018): kept inversely to the chance of a visit, discoveries no longer run away."""
    rates = UrnRates([0.6, 0.3, 0.1], is_corrected=True)
    shares, _ = simulate_urn([1, 1, 1], rates, days=6_000, runs=100, seed=4)
    assert shares.mean(axis=0) == pytest.approx(settled_share(rates), abs=0.03)


@pytest.mark.parametrize("reported", [(0.3, 0.3), (0.1, 0.2), (0.1, 0.4)])
@pytest.mark.parametrize("discovered", [(0.5, 0.2), (0.3, 0.3), (0.1, 0.6)])
def test_reports_hold_the_share_where_the_equation_says(
    discovered: tuple[float, float], reported: tuple[float, float]
) -> None:
    """Reported incidents damp the loop: the share must rest at the root that theory gives."""
    rates = UrnRates(discovered, reported)
    shares, _ = simulate_urn([1, 1], rates, days=6_000, runs=100, seed=5)
    expected = two_place_equilibrium(rates)
    assert shares[:, 0].mean() == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("discovered", "reported", "share"),
    [((0.5, 0.25), (0.0, 0.25), 0.0), ((0.25, 0.5), (0.25, 0.0), 1.0), ((0.75, 0.25), (0.0, 0.25), 0.5)],
)
def test_reports_of_one_place_alone_have_an_equilibrium(
    discovered: tuple[float, float], reported: tuple[float, float], share: float
) -> None:
    """Where both roots of the equation are one, there would be no answer."""
    assert two_place_equilibrium(UrnRates(discovered, reported)) == pytest.approx(share)


def test_impossible_urns_are_refused() -> None:
    """A probability above 1 would be cut to 1 without a word."""
    with pytest.raises(ValueError, match="from 0 to 1"):
        simulate_urn([1, 1], UrnRates([1.2, 0.1]), days=1, runs=1, seed=0)
    with pytest.raises(ValueError, match="balls"):
        simulate_urn([0, 1], UrnRates([0.2, 0.1]), days=1, runs=1, seed=0)


def _alike(over_recorded: float = 1.6) -> Scenario:
    """A hundred places with the same crime, of which the first twenty begin over-recorded."""
    group = np.arange(100) < 20
    return Scenario(np.full(100, 0.3), np.where(group, 0.3 * over_recorded, 0.3), group, patrol_share=0.1)


@pytest.fixture(scope="module", name="found")
def found_by_policy() -> dict[str, dict[str, float]]:
    """Return the last period of each policy."""
    frame = simulate_feedback(_alike(), days=360, runs=20, checkpoints=3)
    return {row["policy"]: row for row in frame[frame["last_day"] == 360].to_dict("records")}


def test_patrols_that_follow_records_keep_a_difference_that_is_not_there(found) -> None:
    """Lum and Isaac (2016): places over-recorded at the start stay targeted though crime is alike."""
    assert found["highest_first"]["group_crime_share"] == pytest.approx(0.2)
    assert found["highest_first"]["amplification"] > 3
    assert found["highest_first"]["ever_patrolled_share"] < 0.5


def test_dampers_damp(found) -> None:
    """On equal places a random share and a limit must damp, the more the larger the share."""
    amplified = {policy: row["amplification"] for policy, row in found.items()}
    assert amplified["random_third"] < amplified["random_tenth"] < amplified["highest_first"]
    assert amplified["at_most_half_the_days"] < amplified["highest_first"]
    assert amplified["reported_only"] < amplified["highest_first"]
    assert found["random_third"]["flagging_gini"] < found["highest_first"]["flagging_gini"]


@pytest.fixture(scope="module", name="unlike")
def found_on_unlike_places() -> pd.DataFrame:
    """Return what 120 days make of an error on six maps of places that truly differ, the fifth's most."""
    parts = []
    for draw in range(6):
        group = np.arange(200) < 40
        spread = np.exp(np.random.default_rng(draw).normal(0, 0.5, 200))
        places = Places(np.where(group, 0.45, 0.3) * spread, group)
        found = simulate_over_recording(places, patrol_share=0.1, runs=10)
        parts.append(
            found[(found["last_day"] == 120) & (found["over_recording_ratio"] > 1)].assign(draw=draw)
        )
    return pd.concat(parts)


@pytest.mark.parametrize("policy", ["random_tenth", "random_third", "at_most_half_the_days", "reweighted"])
def test_dampers_damp_the_level_where_places_differ(unlike: pd.DataFrame, policy: str) -> None:
    """On equal places whatever spreads patrols damps; real places differ, and patrols follow that too."""
    level = unlike.pivot(index="draw", columns="policy", values="amplification")
    saved = level["highest_first"] - level[policy]
    assert saved.mean() > 2 * saved.std() / np.sqrt(len(saved)) and saved.mean() > 0.1


def test_dampers_need_not_damp_the_ratio_of_the_error_where_places_differ(unlike: pd.DataFrame) -> None:
    """The documentation says so: a damper also lowers the right level that the ratio is held against."""
    ratio = unlike.pivot(index="draw", columns="policy", values="error_amplification")
    raised = (ratio["random_third"] > ratio["highest_first"]).sum()
    assert 0 < raised < len(ratio)


def test_the_same_seed_gives_the_same_table() -> None:
    """A release must come out the same however often it is built."""
    one, two = (simulate_feedback(_alike(), days=20, runs=3, checkpoints=2) for _ in range(2))
    assert one.equals(two)


def test_flagging_is_counted_over_all_places() -> None:
    """Places never flagged belong to the concentration: without them it would seem even."""
    days = flagged_days([[3.0, 2.0, 1.0, 0.0], [3.0, 1.0, 2.0, 0.0]], 2)
    assert days.tolist() == [2, 1, 1, 0]
    measured = measure_targeting(days)
    assert (measured.ever_flagged_count, measured.ever_flagged_share) == (3, 0.75)
    assert measured.flagging_gini == pytest.approx(0.375)
    assert np.isnan(measure_targeting([0, 0]).flagging_gini)


def test_an_unknown_policy_or_no_memory_is_refused() -> None:
    """A misspelt source would be simulated as all records; no memory divides by zero."""
    with pytest.raises(ValueError, match="learns_from"):
        simulate_feedback(_alike(), days=1, runs=1, policies={"one": Policy(learns_from="reports")})
    with pytest.raises(ValueError, match="memory_days"):
        simulate_feedback(replace(_alike(), memory_days=0), days=1, runs=1)
