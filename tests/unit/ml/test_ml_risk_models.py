"""Risk models one by one: formulas by hand, and known truths recovered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from ml.risk.backtest import backtest, every_origin
from ml.risk.cells import Cells, grid_over
from ml.risk.counts import Decayed, EmpiricalBayes, PeriodMean, SameSeason, decayed_amount, shrink
from ml.risk.features import design
from ml.risk.history import History, make_history
from ml.risk.kernel import KernelDensity
from ml.risk.learners import Boosted, Forest, SupportVector
from ml.risk.mixture import Average, Mixture, mixture_weights
from ml.risk.model import Remembered
from ml.risk.near_repeat import PRIOR_EVENTS, NearRepeat, ProspectiveHotspot
from ml.risk.self_exciting import SelfExciting
from ml.risk.spread import expect
from ml.risk.terrain import RiskTerrain, influence
from tests.unit.ml.risk_simulator import exciting_city, poisson_city, repeating_city, square

ROW = Cells(np.column_stack([np.arange(4) * 100.0, np.zeros(4)]), np.ones(4))


def row_history(cell: list[int], day: list[float], days: int = 40, step: float = 10.0) -> History:
    """Four cells in a row, some events."""
    return make_history(ROW, np.array(cell), np.array(day), np.arange(0, days + 1, step))


def test_grid_covers_and_shifts() -> None:
    """A grid that loses a centre, or does not move, would change every PAI."""
    outline = shapely.box(0, 0, 1000, 750)
    cells = grid_over(outline, 250.0)
    assert cells.count == 12 and cells.area.sum() == 750_000
    assert cells.lattice is not None
    assert cells.lattice.locate(cells.xy).tolist() == list(range(12))
    assert cells.lattice.locate(np.array([[-1.0, 5.0], [5000.0, 5.0], [1.0, 1.0]])).tolist() == [-1, -1, 0]
    moved = grid_over(outline, 250.0, shift=(0.5, 0.0))
    assert np.unique(moved.xy[:, 0])[0] == pytest.approx(250.0, abs=251)
    assert set(np.unique(moved.xy[:, 0] % 250)) == {0.0}
    with pytest.raises(ValueError, match="no cell"):
        grid_over(shapely.box(0, 0, 1, 1), 250.0)


@pytest.mark.parametrize(
    ("cell", "day", "bounds", "rule"),
    [
        ([4], [1.0], [0, 10], "no cell"),
        ([0], [10.0], [0, 10], "outside the periods"),
        ([0], [1.0], [10, 0], "ascend"),
    ],
)
def test_impossible_histories_are_refused(cell: list, day: list, bounds: list, rule: str) -> None:
    """An event that bincount puts elsewhere, or a window that runs backwards, must not pass."""
    with pytest.raises(ValueError, match=rule):
        make_history(ROW, np.array(cell), np.array(day), np.array(bounds))


def test_counts_by_hand() -> None:
    """Means, naive and decay on four events."""
    history = row_history([0, 0, 1, 2], [5.0, 35.0, 15.0, 25.0])
    assert PeriodMean(1).fit(history).predict(50.0) == pytest.approx([1, 0, 0, 0])
    assert PeriodMean(2).fit(history).predict(50.0) == pytest.approx([0.5, 0, 0.5, 0])
    assert PeriodMean(12).fit(history).predict(60.0) == pytest.approx([1, 0.5, 0.5, 0])
    amount, exposure, squared = decayed_amount(history, 10.0)
    assert amount == pytest.approx([2**-3.5 + 2**-0.5, 2**-2.5, 2**-1.5, 0])
    assert exposure == pytest.approx(10 / np.log(2) * (1 - 2**-4))
    assert squared == pytest.approx(5 / np.log(2) * (1 - 2**-8))
    assert Decayed(10.0).fit(history).predict(41.0) == pytest.approx(amount / exposure)


def test_shrinkage_by_hand() -> None:
    """Gamma from the moments: mean 4, variance 8 of counts over one day leaves an excess of 4."""
    counts = np.array([4.0, 4 + np.sqrt(12), 4 - np.sqrt(12), 4 + np.sqrt(4), 4 - np.sqrt(4), 4.0, 4.0, 4.0])
    assert counts.var() == pytest.approx(4.0)
    assert shrink(counts, 1.0) == pytest.approx(np.full(8, 4.0))
    wide = np.array([0.0, 8.0])
    # mean 4, variance 16, excess 12: shape 4/3, rate 1/3.
    assert shrink(wide, 1.0) == pytest.approx((4 / 3 + wide) / (4 / 3))


def test_shrinkage_beats_counting_on_truth() -> None:
    """Half a year of rare events: the shrunken rate must be nearer to the true one."""
    random = np.random.default_rng(1)
    cells = square(30)
    truth = random.gamma(2.0, 0.25, cells.count)
    counts = random.poisson(truth * 6)
    cell = np.repeat(np.arange(cells.count), counts)
    history = make_history(cells, cell, random.uniform(0, 180, len(cell)), np.arange(7) * 30.0)
    errors = [
        np.mean((model.fit(history).predict(210.0) - truth) ** 2)
        for model in (EmpiricalBayes(36500), PeriodMean(12))
    ]
    assert errors[0] < 0.85 * errors[1]


def test_same_season_repeats_last_year() -> None:
    """December must be forecast by December; nothing by what is not known yet."""
    bounds = np.arange(0, 25) * 30.4375
    history = make_history(ROW, np.array([1, 2]), np.array([bounds[12] + 5, bounds[13] + 5]), bounds)
    assert SameSeason().fit(history).predict(bounds[24] + 30.4375) == pytest.approx([0, 1, 0, 0])
    assert np.isnan(SameSeason().fit(history.before(bounds[6])).predict(bounds[7])).all()


@pytest.mark.parametrize("cells", [square(12), replace(square(12), lattice=None)])
def test_smoothing_loses_nothing(cells: Cells) -> None:
    """Events carried over the edge must come back, on a grid and between areas alike."""
    amount = np.zeros(cells.count)
    amount[[0, 70]] = 3.0, 1.0
    smoothed = cells.smooth(amount, 400.0)
    assert smoothed.sum() == pytest.approx(4.0)
    assert smoothed.argmax() == 0 and smoothed[1] > smoothed[2] > 0
    history = make_history(cells, np.array([0]), np.array([1.0]), np.array([0.0, 10.0]))
    assert KernelDensity(400.0).fit(history).predict(20.0).sum() == pytest.approx(1.0, rel=0.01)


def test_near_repeats_by_hand() -> None:
    """1 / (1 + half cells) x 1 / (1 + weeks); an older event counts for less."""
    history = row_history([0], [39.0])
    score = ProspectiveHotspot(250.0, 50.0).fit(history).predict(50.0)
    assert score / score[0] == pytest.approx([1, 1 / 3, 1 / 5, 0])
    older = row_history([0, 3], [39.0, 30.0])
    assert older.day.tolist() == [30.0, 39.0]
    score = ProspectiveHotspot(50.0, 50.0).fit(older).predict(50.0)
    assert score[3] / score[0] == pytest.approx(1 / 2)


def test_alerts_raise_by_a_ratio_and_not_by_the_number_of_events() -> None:
    """A busy month would multiply an area's rate by its own count; and the ratio is paper's."""
    usual = PeriodMean(12)
    # Alerts of 50 m reach no neighbour.
    cell = [0, 3, 1, 1, 2, 2] + [0, 0, 2] + [0] * 20 + [1]
    day = [5.0] * 6 + [15.0] * 3 + [25.0] * 20 + [35.0]
    history = row_history(cell, day)
    model = NearRepeat(50.0, 10.0, usual, shortest=2)
    # Cells 0 and 2 are on alert at day 20, usual for 6 of 9 events; 20 came there, and none elsewhere.
    # Cell 0 is at day 30, usual for 23 of 29; one came elsewhere.
    first, second = 20 * (1 - 6 / 9), 1 * 23 / 29
    ratio = (PRIOR_EVENTS + first) / (PRIOR_EVENTS + second)
    assert model.ratio(history) == pytest.approx(ratio)
    once, often = (
        model.fit(row_history(cell + [2] * count, day + [36.0] * count)).is_alert for count in (1, 20)
    )
    assert once.tolist() == often.tolist() == [False, True, True, False]
    mean, raised = (one.fit(history).predict(50.0) for one in (usual, model))
    assert (raised[1] / mean[1]) / (raised[0] / mean[0]) == pytest.approx(ratio)
    assert raised.sum() == pytest.approx(mean.sum())


def test_twenty_events_near_everyone_change_nothing() -> None:
    """Where every area is on alert each month, an alert tells nothing, and the rates must stay usual."""
    history = poisson_city(8, 18, 44, mean=20.0)
    near = NearRepeat(400.0, 31.0)
    assert near.fit(history).is_alert.all()
    assert history.amount(history.end - 31, history.end).mean() > 15
    usual = EmpiricalBayes().fit(history).predict(history.end + 30)
    assert near.fit(history).predict(history.end + 30) == pytest.approx(usual)


def test_a_planted_near_repeat_is_found() -> None:
    """Burglars who come back: thrice the rate within 400 m of last month's events, in a city of rare ones."""
    history = repeating_city(30, 24, 45, ratio=3.0, radius=400.0)
    near = NearRepeat(400.0, 31.0)
    assert near.ratio(history) == pytest.approx(3.0, rel=0.2)
    scores, _ = backtest(history, [near, EmpiricalBayes()], every_origin(history, shortest=12))
    deviance = scores.groupby("model")["poisson_deviance"].mean()
    assert deviance["near_repeat"] < 0.97 * deviance["empirical_bayes_365"]


@pytest.mark.parametrize("is_shrunk", [False, True])
@pytest.mark.parametrize("seed", [10, 11, 12, 13])
def test_self_exciting_parameters_are_recovered(seed: int, is_shrunk: bool) -> None:
    """Branching 0.5 and decay 0.1 a day within a fifth, and the backgrounds' sum within a tenth.

    The events are drawn from the model's own equations, so this is a test of the estimation: of its steps,
    of events of one day, of the edge at the end. It says nothing of whether crime follows the model.
    """
    random = np.random.default_rng(seed)
    cells = square(12)
    background = random.gamma(4.0, 0.01, cells.count)
    history = exciting_city(cells, 1500, 100 + seed, background=background, branching=0.5, decay=0.1)
    fit = SelfExciting(1500, 100, is_shrunk).fit(history)
    assert fit.branching == pytest.approx(0.5, rel=0.2)
    assert fit.decay == pytest.approx(0.1, rel=0.2)
    assert fit.background.sum() == pytest.approx(background.sum(), rel=0.1)


def test_self_exciting_forecast_by_hand() -> None:
    """Background for the days ahead, and what the pending excitement will still set off."""
    from ml.risk.self_exciting import Excited

    fit = Excited(100.0, np.array([0.2, 0.0]), np.array([0.0, 2.0]), 0.5, 0.1, 1.0)
    assert fit.predict(110.0) == pytest.approx([2.0, 0.5 * 2 * (1 - np.exp(-1))])


def test_excitation_sums_match_a_double_loop() -> None:
    """The recursion over entries must equal the plain sum over all earlier events of the cell."""
    from ml.risk.self_exciting import _Series

    random = np.random.default_rng(2)
    cell, day = random.integers(0, 4, 60), np.sort(random.integers(0, 40, 60)).astype(float)
    history = make_history(ROW, cell, day, np.array([0.0, 40.0]))
    series = _Series.of(history, 0.0)
    near, aged = series.excitation(0.2)
    for i in range(len(series.cell)):
        own = series.days[series.place[i]]
        lags = own - day[(cell == series.cell[i]) & (day < own)]
        assert near[i] == pytest.approx(np.exp(-0.2 * lags).sum())
        assert aged[i] == pytest.approx((lags * np.exp(-0.2 * lags)).sum())


def test_risk_terrain_finds_what_attracts() -> None:
    """Two real factors of five, their relative risks within a fifth, and none that does nothing or repels."""
    random = np.random.default_rng(20)
    plain = square(40)
    features = {name: (random.uniform(size=plain.count) < 0.3).astype(float) for name in "abcde"}
    cells = replace(plain, features=features)
    features["calm"] = (random.uniform(size=plain.count) < 0.3).astype(float)
    rate = 0.5 * 3.0 ** features["b"] * 2.0 ** features["d"] * 0.5 ** features["calm"]
    cell = np.repeat(np.arange(cells.count), random.poisson(rate))
    history = make_history(cells, cell, np.ones(len(cell)), np.array([0.0, 30.0]))
    fit = RiskTerrain().fit(history)
    assert sorted(fit.features) == ["b", "d"]
    risk = fit.relative_risk().set_index("feature")
    assert risk.loc["b", "relative_risk"] == pytest.approx(3.0, rel=0.2)
    assert risk.loc["d", "lower"] < 2.0 < risk.loc["d", "upper"]
    assert fit.relative_score(cells).min() == pytest.approx(1.0)
    assert fit.predict(60.0).sum() == pytest.approx(len(cell))


@pytest.mark.parametrize("periods", [0, 99])
def test_risk_terrain_names_periods_that_the_history_lacks(periods: int) -> None:
    """An index error tells nobody which number to change; none at all would learn from nothing."""
    with pytest.raises(ValueError, match=f"periods is {periods}, and the history has"):
        RiskTerrain(periods=periods).fit(
            make_history(ROW, np.zeros(1, int), np.ones(1), np.array([0.0, 30.0]))
        )


def test_risk_terrain_matches_statsmodels() -> None:
    """Coefficients and errors against another library's Poisson regression."""
    import statsmodels.api as sm

    random = np.random.default_rng(21)
    cells = replace(square(15), features={"x": random.normal(size=225)})
    counts = random.poisson(np.exp(0.3 + 0.8 * cells.features["x"]))
    cell = np.repeat(np.arange(225), counts)
    history = make_history(cells, cell, np.ones(len(cell)), np.array([0.0, 30.0]))
    fit = RiskTerrain().fit(history)
    other = sm.GLM(counts, sm.add_constant(cells.features["x"]), family=sm.families.Poisson()).fit()
    assert fit.coefficients[0] == pytest.approx(other.params[1], rel=1e-6)
    assert fit.errors[0] == pytest.approx(other.bse[1], rel=1e-4)


def test_influence_by_hand() -> None:
    """Near is within reach; dense needs at least two places and the top fifth."""
    places = np.array([[0.0, 0.0], [10.0, 0.0], [300.0, 0.0]])
    assert influence(ROW, places, 50.0, "near").tolist() == [1, 0, 0, 1]
    assert influence(ROW, places, 50.0, "dense").tolist() == [1, 0, 0, 0]
    with pytest.raises(ValueError, match="near"):
        influence(ROW, places, 50.0, "far")


def test_mixture_weights_are_recovered() -> None:
    """Data made of 0.3 and 1.2 of two forecasts and none of a third."""
    random = np.random.default_rng(30)
    parts = random.gamma(1.0, 2.0, (3, 20000))
    came = random.poisson(np.array([0.3, 1.2, 0.0]) @ parts).astype(float)
    assert mixture_weights(parts, came) == pytest.approx([0.3, 1.2, 0.0], abs=0.03)


def test_mixture_follows_a_level_that_moved() -> None:
    """Weights need not sum to 1: a fall by half must not be forecast as no fall."""
    random = np.random.default_rng(31)
    cells = square(20)
    level = np.concatenate([np.full(20, 10.0), np.full(8, 5.0)])
    counts = random.poisson(level[:, None] * np.ones((28, cells.count)))
    month, cell = np.nonzero(counts)
    repeats = counts[month, cell]
    history = make_history(
        cells, np.repeat(cell, repeats), np.repeat(month * 30.0 + 15, repeats), np.arange(29) * 30.0
    )
    until = history.end + 30
    mixed = Mixture((PeriodMean(12), Decayed(365))).fit(history).predict(until).sum()
    mean = PeriodMean(12).fit(history).predict(until).sum()
    assert abs(mixed - 5.0 * cells.count) < 0.5 * abs(mean - 5.0 * cells.count)


def test_average_by_rank_deals_out_the_mean() -> None:
    """The order is that of mean ranks, ties share, and no amount is lost."""
    history = row_history([0, 0, 0, 1, 2], [5.0, 6.0, 7.0, 35.0, 36.0])
    average = Average((PeriodMean(1), PeriodMean(12)), is_by_rank=True).fit(history).predict(50.0)
    plain = Average((PeriodMean(1), PeriodMean(12))).fit(history).predict(50.0)
    assert average.sum() == pytest.approx(plain.sum())
    assert average[1] == pytest.approx(average[2]) and average[1] > average[3]


@pytest.mark.parametrize("model", [Boosted(), Forest(trees=20), SupportVector(landmarks=40)])
def test_learners_learn_and_repeat_themselves(model: object) -> None:
    """Nearer to the truth than the last month is, calibrated, and the same twice."""
    history = poisson_city(14, 18, 40)
    known, until = history.before(history.bounds[-2]), history.end
    came = history.amount(known.end, until)
    first = model.fit(known).predict(until)  # type: ignore[attr-defined]
    again = model.fit(known).predict(until)  # type: ignore[attr-defined]
    assert (first == again).all()
    naive = PeriodMean(1).fit(known).predict(until)
    assert np.abs(first - came).mean() < np.abs(naive - came).mean()
    assert first.sum() == pytest.approx(came.sum(), rel=0.05)


def test_a_large_area_is_learned_from_rows_of_every_period() -> None:
    """Rows of the newest periods alone would know one season, and those of the first cells one corner."""
    history = poisson_city(8, 12, 43)
    whole, part = design(history, history.end + 30), design(history, history.end + 30, rows=9 * 20)
    assert len(whole.seen) == 9 * 64 and len(part.seen) == 9 * 20
    assert (part.ahead == whole.ahead).all()
    every, drawn = (np.nan_to_num(np.c_[one.seen, one.came], nan=-1) for one in (whole, part))
    place = [int(np.flatnonzero((every == row).all(axis=1))[0]) for row in drawn]
    assert np.bincount(np.array(place) // 64).tolist() == [20] * 9
    assert len(set(place)) == len(place) and len({spot % 64 for spot in place}) > 50
    assert len(design(history, history.end + 30, rows=9 * 64).seen) == len(whole.seen)


def test_expect_gives_ordered_intervals() -> None:
    """The published figures: a mean within its 80% interval within its 95% one, harm in units of harm."""
    history = poisson_city(8, 12, 41, dispersion=0.2)
    harm = replace(history, weight=np.full(len(history.weight), 100.0))
    for scale, one in ((1.0, history), (100.0, harm)):
        answer = expect(EmpiricalBayes(365), one, one.end + 30)
        (low80, high80), (low95, high95) = answer.bounds[0.80], answer.bounds[0.95]
        assert answer.dispersion == pytest.approx(0.2, rel=0.5)
        assert (low95 <= low80).all() and (low80 <= answer.mean).all()
        assert (answer.mean <= high80).all() and (high80 <= high95).all()
        assert answer.mean.mean() == pytest.approx(20 * scale, rel=0.2)


def test_remembered_refuses_other_cells() -> None:
    """A fit to one grid answered for another would be silently wrong."""
    model = Remembered(PeriodMean(12))
    first = model.fit(poisson_city(4, 6, 1))
    with pytest.raises(ValueError, match="other cells"):
        model.fit(poisson_city(4, 6, 1))
    assert first.predict(210.0).shape == (16,)
