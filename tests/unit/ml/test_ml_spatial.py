"""Spatial statistics against the formulas worked by hand, exhaustive shuffles and scipy."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from ml.spatial import (
    benjamini_hochberg,
    generalised_gini,
    getis_ord,
    gini,
    global_moran,
    knox_test,
    local_moran,
    lorenz_curve,
    mann_kendall,
)
from ml.spatial.autocorrelation import grid_neighbours

LINE = csr_array(
    np.array([[0, 1, 0, 0, 0], [1, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 1, 0, 1], [0, 0, 0, 1, 0.0]])
)
VALUES = np.array([1.0, 2.0, 4.0, 8.0, 7.0])


def test_getis_ord_by_hand() -> None:
    """A slip in the variance would move every hot spot's significance."""
    # First place of [1, 2, 4, 8, 7] with neighbours {1, 2}: mean 4.4, variance 134/5 - 4.4^2 = 7.44.
    star = (3 - 2 * 4.4) / np.sqrt(7.44 * (5 * 2 - 4) / 4)
    assert getis_ord(VALUES, LINE)[0] == pytest.approx(star)
    # Without itself: mean of the others 21/4, variance 133/4 - (21/4)^2, one neighbour.
    plain = (2 - 5.25) / np.sqrt((133 / 4 - 5.25**2) * (4 - 1) / 3)
    assert getis_ord(VALUES, LINE, is_star=False)[0] == pytest.approx(plain)


def test_getis_ord_finds_the_block_in_a_grid() -> None:
    """Weights numbered by column instead of by row would put the hot spot elsewhere."""
    grid = np.zeros((6, 9))
    grid[1:4, 5:8] = 10.0
    z = getis_ord(grid.reshape(-1), grid_neighbours(6, 9)).reshape(6, 9)
    assert np.unravel_index(np.argmax(z), z.shape) == (2, 6)


def test_moran_moments_are_those_of_all_shuffles() -> None:
    """A wrong moment would call random maps clustered, or clustered ones random."""
    shuffles = [np.array(order) for order in permutations(VALUES)]
    statistics = [global_moran(x, LINE).statistic for x in shuffles]
    found = global_moran(VALUES, LINE)
    assert found.expected == pytest.approx(np.mean(statistics))
    assert found.variance == pytest.approx(np.var(statistics))
    statistic, z = local_moran(VALUES, LINE)
    fixed = [local_moran(x, LINE)[0][1] for x in shuffles if x[1] == VALUES[1]]
    assert z[1] == pytest.approx((statistic[1] - np.mean(fixed)) / np.std(fixed))


def test_mann_kendall_against_scipy() -> None:
    """Without the tie correction, flat series of small counts would never show a trend."""
    rows = np.random.default_rng(3).integers(0, 5, size=(20, 18))
    found = mann_kendall(rows)
    for row, score, z in zip(rows, found.score, found.z_score, strict=True):
        ties = np.unique(row, return_counts=True)[1]
        pairs = 18 * 17 / 2
        tau = score / np.sqrt(pairs * (pairs - (ties * (ties - 1) / 2).sum()))
        assert tau == pytest.approx(scipy.stats.kendalltau(np.arange(18), row).statistic)
        reference = scipy.stats.kendalltau(np.arange(18), row, method="asymptotic").pvalue
        uncorrected = abs(z) * abs(score) / max(abs(score) - 1, 1) if abs(score) > 1 else None
        if uncorrected is not None:
            assert 2 * scipy.stats.norm.sf(uncorrected) == pytest.approx(reference)
    assert mann_kendall(np.ones((1, 6))).p_value[0] == 1.0


def test_benjamini_hochberg_against_scipy() -> None:
    """A q value that is too small lets more false hot spots through than promised."""
    p = np.random.default_rng(1).random(200) ** 2
    assert benjamini_hochberg(p) == pytest.approx(scipy.stats.false_discovery_control(p))
    assert np.isnan(benjamini_hochberg([0.1, np.nan])[1])


def test_no_q_value_is_rounded_below_its_p_value() -> None:
    """The contract of the table refuses such a row, and with it the release."""
    p = np.random.default_rng(4).uniform(size=(300, 49))
    assert all((benjamini_hochberg(row) >= row).all() for row in p)


def test_concentration_by_hand() -> None:
    """Scarce crime would be reported as concentrated crime."""
    assert gini([1, 1, 1, 1]) == 0.0
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert gini([1, 2, 3, 4]) == pytest.approx(0.25)
    assert generalised_gini([1, 1, 0, 0, 0, 0]) == pytest.approx(0.0)
    # Two crimes at one of six places: G = 5/6, and 6/2 x (5/6 - 1) + 1.
    assert generalised_gini([2, 0, 0, 0, 0, 0]) == pytest.approx(0.5)
    assert generalised_gini([4, 1, 3, 2]) == pytest.approx(0.25)
    assert lorenz_curve([3, 1])[1] == pytest.approx([0, 0.25, 1])
    assert np.isnan(gini([0, 0]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=30), st.floats(0.01, 100))
def test_gini_is_a_share_and_has_no_unit(values: list[float], scale: float) -> None:
    """Harm in days and harm in years must be equally concentrated."""
    found = gini(values)
    if np.isnan(found):
        assert max(values) == 0
        return
    assert 0 <= found <= 1
    assert gini([value * scale for value in reversed(values)]) == pytest.approx(found, abs=1e-6)


def test_knox_by_hand() -> None:
    """Bounds that exclude instead of include would lose pairs exactly a street or a week apart."""
    found = knox_test([0, 100, 5000, 5050], [0, 0, 0, 0], [1, 8, 1, 30], distance_m=100, interval=7)
    assert (found.near_pair_count, found.close_pair_count) == (2, 1)


def test_knox_finds_planted_near_repeats_in_any_order() -> None:
    """A test blind to near repeats, or swayed by the order of rows, is of no use."""
    generator = np.random.default_rng(5)
    x, y = generator.uniform(0, 5000, (2, 300))
    day = generator.integers(0, 365, 300)
    x, y, day = np.append(x, x[:60] + 20), np.append(y, y[:60]), np.append(day, day[:60] + 2)
    found = knox_test(x, y, day, distance_m=100, interval=7)
    assert found.p_value == 0.01
    assert found.ratio > 2
    order = generator.permutation(len(x))
    assert knox_test(x[order], y[order], day[order], distance_m=100, interval=7) == found
    assert knox_test(x + 1000, y - 500, day + 40, distance_m=100, interval=7) == found


@pytest.mark.parametrize("span", [2, 127, 129, 365, 32_767, 32_769, 2**31 + 1])
@pytest.mark.parametrize("interval", [0, 7, 127, 10**12])
def test_knox_counts_as_plain_arithmetic_does(span: int, interval: int) -> None:
    """A time that turns round in a short type would make pairs years apart close, or lose close ones."""
    generator = np.random.default_rng(span)
    x, day = generator.uniform(0, 2000, 70), generator.integers(0, span, 70)
    day[:2] = 0, span - 1
    found = knox_test(x, np.zeros(70), day - 5, distance_m=300, interval=interval, permutations=3)
    first, second = np.triu_indices(70, 1)
    is_near = np.abs(x[first] - x[second]) <= 300
    is_close = np.abs(day[first] - day[second]) <= interval
    assert (found.near_pair_count, found.close_pair_count) == (is_near.sum(), (is_near & is_close).sum())


def test_knox_of_more_shuffles_than_a_batch_holds_uses_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shuffles lost or counted twice between batches, or pairs between blocks, would change the p value."""
    generator = np.random.default_rng(7)
    x, day = generator.uniform(0, 3000, 200), generator.integers(0, 60, 200)
    whole = knox_test(x, np.zeros(200), day, distance_m=200, interval=5, permutations=59, seed=2)
    monkeypatch.setattr("ml.spatial.knox._BATCH", 7)
    monkeypatch.setattr("ml.spatial.knox._BLOCK", 510)
    assert knox_test(x, np.zeros(200), day, distance_m=200, interval=5, permutations=59, seed=2) == whole
    assert whole.near_pair_count > 510 and whole.expected_pair_count * 59 == pytest.approx(
        round(whole.expected_pair_count * 59)
    )


def test_knox_of_shuffled_times_is_calibrated() -> None:
    """A test that cries wolf on random data would see near repeats everywhere."""
    generator = np.random.default_rng(11)
    p_values = []
    for seed in range(100):
        x, y = generator.uniform(0, 2000, (2, 150))
        found = knox_test(
            x, y, generator.integers(0, 200, 150), distance_m=150, interval=10, permutations=39, seed=seed
        )
        p_values.append(found.p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.12
    assert 0.4 < np.mean(p_values) < 0.62


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 50))
def test_getis_ord_ignores_scale_and_order(seed: int, scale: float) -> None:
    """Hot spots must not depend on the unit of harm or on the numbering of places."""
    generator = np.random.default_rng(seed)
    x = generator.poisson(3, 30).astype(float)
    w = grid_neighbours(5, 6)
    order = generator.permutation(30)
    z = getis_ord(x, w)
    assert getis_ord(x * scale + 7, w) == pytest.approx(z, nan_ok=True)
    assert getis_ord(x[order], w[order][:, order]) == pytest.approx(z[order], nan_ok=True)
