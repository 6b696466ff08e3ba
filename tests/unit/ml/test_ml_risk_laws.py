"""Distributions around forecasts: counts by hand, harm of many sizes beside draws, bounds beside coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nbinom

from ml.risk.laws import compound, law_of
from ml.risk.sizes import one_size, sizes_of
from ml.risk.spread import LEVELS, any_probability, interval_scores

#: Harm days of offences from none to a thousand, most of them light.
HARM = sizes_of(np.repeat([0.0, 1.0, 10.0, 50.0, 450.0, 1000.0], [25, 20, 20, 15, 19, 1]))


@pytest.mark.parametrize("dispersion", [0.0, 0.3, 2.0])
def test_middle_intervals_by_counting(dispersion: float) -> None:
    """The published bounds and the coverage that is told of them must be of the same rule."""
    random = np.random.default_rng(93)
    mean = random.gamma(1.0, 3.0, 200)
    size = 1 / max(dispersion, 1e-7)
    truth = nbinom(size, size / (size + mean))
    came = truth.rvs(random_state=94).astype(float)
    law = law_of(mean, dispersion, one_size())
    for level in LEVELS:
        lower, upper = law.interval((1 - level) / 2)
        tail = (1 - level) / 2
        for i in range(0, 200, 40):
            counts = np.arange(400)
            one = nbinom(size, size / (size + mean[i]))
            middle = one.cdf(counts - 1) + one.pmf(counts) / 2
            inside = counts[(middle >= tail) & (middle <= 1 - tail)]
            assert (lower[i], upper[i]) == (inside[0], inside[-1])
        assert (law.covered(came, law.stretch(came), tail) == ((lower <= came) & (came <= upper))).all()
    assert any_probability(mean, dispersion) == pytest.approx(1 - truth.pmf(0), rel=1e-5)


def drawn(mean: np.ndarray, dispersion: float, seed: int) -> np.ndarray:
    """Harm of events of `HARM`, whose numbers are negative binomial, one draw for each mean."""
    random = np.random.default_rng(seed)
    level = random.gamma(1 / dispersion, dispersion, len(mean)) if dispersion else np.ones(len(mean))
    events = mean / HARM.mean * level
    return random.poisson(events[:, None] * HARM.share) @ HARM.amount


@pytest.mark.parametrize("dispersion", [0.0, 0.3])
@pytest.mark.parametrize("events", [0.05, 1.0, 12.0, 150.0])
def test_harm_is_distributed_as_its_events_are(dispersion: float, events: float) -> None:
    """No harm, a little, or that of one grave offence: a law of typical events knows nothing between."""
    mean = np.full(20_000, events * HARM.mean)
    came = drawn(mean, dispersion, 96)
    law = law_of(mean[:1], dispersion, HARM)
    for quantile in (0.05, 0.3, 0.5, 0.8, 0.95, 0.99):
        amount = np.quantile(came, quantile, method="higher")
        _, at = law.stretch(np.array([amount]))
        # A table's step is less than a hundredth of what may come.
        near = max(2.0, 0.01 * came.max())
        assert (came <= amount - near).mean() - 0.02 < at[0] < (came <= amount + near).mean() + 0.02
    scores = interval_scores(came, mean, dispersion, HARM)
    assert scores["central_80_share"].mean() == pytest.approx(0.80, abs=0.015)
    assert scores["central_95_share"].mean() == pytest.approx(0.95, abs=0.015)


def test_harm_intervals_cover_what_is_told_of_them() -> None:
    """Outcomes were once rounded to typical events, and 80% intervals that held half were told as 90%."""
    mean = HARM.mean * np.random.default_rng(97).gamma(1.0, 2.0, 5_000) + 1e-3
    came = drawn(mean, 0.2, 98)
    law, scores = law_of(mean, 0.2, HARM), interval_scores(came, mean, 0.2, HARM)
    for level in LEVELS:
        lower, upper = law.interval((1 - level) / 2)
        assert (lower >= 0).all() and (lower <= upper).all()
        told = scores[f"coverage_{round(level * 100)}_share"]
        assert told.mean() == ((lower <= came) & (came <= upper)).mean()
        assert told.mean() > level - 0.02
    inner, outer = law.interval(0.1), law.interval(0.025)
    assert (outer[0] <= inner[0]).all() and (inner[1] <= outer[1]).all()


def test_a_table_of_one_size_is_the_formula() -> None:
    """Both ways to the same distribution: the transform must lose and shift nothing."""
    mean = np.array([0.3, 2.0, 9.0, 40.0])
    came = np.array([0.0, 3.0, 7.0, 44.0])
    for dispersion in (0.0, 0.25):
        tabulated = compound(mean, dispersion, one_size())
        counted = law_of(mean, dispersion, one_size())
        assert tabulated.stretch(came)[1] == pytest.approx(counted.stretch(came)[1], abs=0.02)
        assert tabulated.interval(0.1)[1] == pytest.approx(counted.interval(0.1)[1], abs=1.0)


def test_sizes_by_hand() -> None:
    """Shares of distinct weights; nothing that weighs anything is a count."""
    sizes = sizes_of(np.array([400.0, 1.0, 1.0, 0.0]))
    assert sizes.amount.tolist() == [0, 1, 400] and sizes.share.tolist() == [0.25, 0.5, 0.25]
    assert sizes.mean == pytest.approx(100.5) and sizes.unit == pytest.approx((2 + 160_000) / 402)
    assert sizes_of(np.array([10.0, 10.0])).unit == 10.0
    assert sizes_of(np.zeros(3)).amount.tolist() == sizes_of(np.zeros(0)).amount.tolist() == [1.0]
