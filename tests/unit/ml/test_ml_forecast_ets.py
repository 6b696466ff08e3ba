"""Exponential smoothing form by form: equations beside statsmodels', the search, the choice, intervals."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from ml.forecast.ets import Smoothing, smoothed
from ml.forecast.ets_fit import _Search, fit_form
from ml.forecast.ets_forms import FORM_BY_LABEL, FORMS, Form

COUNT = 60
MONTHS = np.arange(COUNT)
WAVE = 0.2 * np.sin(2 * np.pi * np.arange(12) / 12)


def rates(seed: int = 5) -> np.ndarray:
    """A season, a slow fall and noise, about 1."""
    noise = np.random.default_rng(seed).normal(0, 0.03, COUNT)
    return (1 + np.tile(WAVE, 5)) * 0.995**MONTHS + noise


def search(form: Form, values: np.ndarray) -> _Search:
    """The search of one series."""
    return _Search(form, values[:, None], np.array([len(values)]), 12)


def parameters(form: Form) -> np.ndarray:
    """Values for all that a form has, the smoothing of trend and season as shares: shape (p, 1)."""
    held = {"alpha": 0.3, "beta": 0.2, "gamma": 0.15, "phi": 0.9, "level": 1.05, "trend": -0.004}
    wave = 1 + WAVE if form.season == "mul" else WAVE
    held |= {f"season_{month}": wave[month] for month in range(11)}
    return np.array([[held[name]] for name in search(form, rates()).names])


def of_statsmodels(form: Form, values: np.ndarray) -> ETSModel:
    """Their model of a form."""
    return ETSModel(
        values,
        error=form.error,
        trend="add" if form.has_trend else None,
        damped_trend=form.is_damped,
        seasonal=form.season,
        seasonal_periods=12 if form.season else None,
    )


def as_they_order(form: Form, own: np.ndarray) -> np.ndarray:
    """The same parameters in statsmodels' terms: smoothing not as shares, the latest season first."""
    held = dict(zip(search(form, rates()).names, own[:, 0], strict=True))
    smoothing = [held["alpha"]]
    smoothing += [held["alpha"] * held["beta"]] if form.has_trend else []
    smoothing += [(1 - held["alpha"]) * held["gamma"]] if form.season else []
    smoothing += [held["phi"]] if form.is_damped else []
    states = [held["level"]] + ([held["trend"]] if form.has_trend else [])
    season = [held[name] for name in held if name.startswith("season_")]
    season += [] if form.season is None else [float(form.season == "mul")]
    return np.array(smoothing + states + season[::-1])


def test_the_forms_are_those_that_are_stable() -> None:
    """A missing form can never be chosen; an unstable one divides by a season that errors bring to 0."""
    additive = ["ETS(A,N,N)", "ETS(A,A,N)", "ETS(A,Ad,N)", "ETS(A,N,A)", "ETS(A,A,A)", "ETS(A,Ad,A)"]
    relative = [f"ETS(M,{trend},{season})" for season in "NAM" for trend in ("N", "A", "Ad")]
    assert [form.label for form in FORMS] == additive + relative


@pytest.mark.parametrize(
    ("label", "count"),
    [
        ("ETS(A,N,N)", 3),
        ("ETS(M,A,N)", 5),
        ("ETS(A,Ad,N)", 6),
        ("ETS(M,N,A)", 15),
        ("ETS(A,A,A)", 17),
        ("ETS(M,Ad,M)", 18),
    ],
)
def test_aicc_counts_what_is_estimated(label: str, count: int) -> None:
    """By hand, with the variance; statsmodels has one parameter more with a season, which it holds fixed."""
    form = FORM_BY_LABEL[label]
    assert form.parameter_count(12) == count
    assert of_statsmodels(form, rates()).k_params + 1 - (form.season is not None) == count


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.label)
def test_the_likelihood_is_that_of_statsmodels(form: Form) -> None:
    """AICc would compare what is not comparable, or the states at the end would be those of another month.

    With a multiplicative season they divide a month by the level after it, not before it as the books do:
    the same only where the season stands still.
    """
    values, own = rates(), parameters(form)
    one = search(form, values)
    if form.season == "mul":
        own[one.names.index("gamma")] = 0.0
    residuals, _ = one._residuals(own, np.array([0]))
    fits = one._at_the_end(own, np.sum(residuals**2, axis=0))
    model, theirs = of_statsmodels(form, values), as_they_order(form, own)
    result = model.smooth(theirs)
    assert fits.log_likelihood[0] == pytest.approx(model.loglike(theirs), rel=1e-12)
    assert fits.squares[0] == pytest.approx(np.sum(np.asarray(result.resid) ** 2), rel=1e-12)
    assert fits.level[0] == pytest.approx(result.level[-1], rel=1e-12)
    assert not form.has_trend or fits.trend[0] == pytest.approx(result.slope[-1], rel=1e-12)
    assert form.season is None or fits.season[:, 0] == pytest.approx(result.season[-12:], rel=1e-12)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.label)
def test_a_state_carries_on_as_statsmodels_does(form: Form) -> None:
    """A season that starts a month late, or an error that strikes another part, still gives a forecast."""
    result = of_statsmodels(form, rates()).smooth(as_they_order(form, parameters(form)))
    state = Smoothing(
        form.label,
        float(result.level[-1]),
        float(result.slope[-1]) if form.has_trend else 0.0,
        np.asarray(result.season[-12:]) if form.season else np.zeros(0),
        float(result.smoothing_level),
        float(result.smoothing_trend) if form.has_trend else 0.0,
        float(result.smoothing_seasonal) if form.season else 0.0,
        float(result.damping_trend) if form.is_damped else 1.0,
        0.05,
        40,
        1.0,
    )
    errors = np.random.default_rng(6).normal(0, 0.05, (15, 4))
    theirs = result.simulate(15, anchor="end", repetitions=4, random_errors=errors)
    assert state._paths(errors) == pytest.approx(np.asarray(theirs), rel=1e-12)
    assert state.over(np.ones(15)).mean == pytest.approx(np.asarray(result.forecast(15)), rel=1e-12)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.label)
def test_derivatives_are_those_of_small_steps(form: Form) -> None:
    """The search would still end somewhere with a wrong one, but not where the likelihood is highest."""
    one, own, place = search(form, rates()), parameters(form), np.array([0])
    _, slopes = one._residuals(own, place)
    for index in range(len(own)):
        small = np.zeros_like(own)
        small[index] = 1e-6
        above, below = (one._residuals(own + sign * small, place)[0] for sign in (1, -1))
        assert slopes[:, index] == pytest.approx((above - below) / 2e-6, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("label", ["ETS(A,Ad,N)", "ETS(A,A,A)", "ETS(M,N,A)", "ETS(M,A,M)"])
def test_the_search_ends_no_lower_than_statsmodels(label: str) -> None:
    """AICc compares maxima: a form that is fitted badly would not be chosen where it should be."""
    form, values = FORM_BY_LABEL[label], rates()
    model = of_statsmodels(form, values)
    theirs = model.loglike(model.fit(disp=False, maxiter=500, return_params=True))
    assert fit_form(form, values[:, None], np.array([COUNT]), 12).log_likelihood[0] > theirs - 0.01


def made_up_rates(count: int = 20) -> np.ndarray:
    """Walks, seasons, slopes and steps under Poisson noise, about 1: shape (months, series)."""
    random = np.random.default_rng(2)
    walk = random.normal(0, random.choice([0.0, 0.03, 0.08], count), (COUNT, count)).cumsum(axis=0)
    wave = random.choice([0.0, 0.2, 0.4], count) * np.sin(2 * np.pi * MONTHS / 12)[:, None]
    slope = random.normal(0, 0.008, count) * MONTHS[:, None]
    step = random.choice([0.0, 0.5], count) * (MONTHS[:, None] >= random.integers(10, 50, count))
    values = np.maximum(random.poisson(60 * np.exp(walk + wave + slope + step)), 1.0)
    return values / values.mean(axis=0)


def test_hardly_a_maximum_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches from ten random points find what the few starts leave out, and AICc compares maxima."""
    table, counts = made_up_rates(), np.full(20, COUNT)
    found = np.array([fit_form(form, table, counts, 12).log_likelihood for form in FORMS])
    random = np.random.default_rng(1)
    drawn = random.uniform([0.01, 0.01, 0.01, 0.8], [0.99, 0.99, 0.6, 0.98], (10, 4))
    names = ("alpha", "beta", "gamma", "phi")
    starts = tuple(dict(zip(names, values, strict=True)) for values in drawn)
    monkeypatch.setattr("ml.forecast.ets_fit.STARTS", starts)
    best = np.array([fit_form(form, table, counts, 12).log_likelihood for form in FORMS])
    assert np.isfinite(found).all()
    assert np.mean(best - found > 0.1) < 0.02, np.sum(best - found > 0.1, axis=1)


def test_a_deep_season_does_not_keep_a_relative_error_from_its_fit() -> None:
    """Deep winters before a fall: a start that expects less than nothing has no error to search from."""
    wave = np.tile(0.9 * np.sin(2 * np.pi * np.arange(12) / 12), 6)
    values = np.where(np.arange(72) < 24, 1.5 + 1.5 * wave, 0.4)
    values = np.maximum(values, 0.1) * np.exp(np.random.default_rng(4).normal(0, 0.1, 72))
    values /= values.mean()
    for label in ("ETS(M,N,A)", "ETS(M,A,A)", "ETS(M,Ad,A)"):
        fits = fit_form(FORM_BY_LABEL[label], values[:, None], np.array([72]), 12)
        assert np.isfinite(fits.log_likelihood).all(), label


def test_a_fit_does_not_depend_on_what_is_fitted_beside_it() -> None:
    """Series of all lengths share one search: a longer one must not lend its months to a shorter one."""
    histories = [(rates(seed)[:count], np.ones(count)) for seed, count in ((1, 60), (2, 27), (3, 49))]
    together = smoothed(histories)
    for own, one in zip(histories, together, strict=True):
        (alone,) = smoothed([own])
        assert one is not None and alone is not None and one.label == alone.label
        assert one.over(np.ones(12)).mean == pytest.approx(alone.over(np.ones(12)).mean, rel=1e-9)


def drawn_from(form: Form) -> Smoothing:
    """A state of a form whose parts are strong enough to be seen."""
    wave = np.tile([0.3, -0.3, 0.5, -0.5, 0.1, -0.1], 2)
    season = {None: np.zeros(0), "add": wave, "mul": 1 + wave}[form.season]
    trend, phi = (1.0, 0.9) if form.is_damped else (0.2, 1.0)
    smoothing = 0.5, 0.02 * form.has_trend, 0.05 * (form.season is not None)
    return Smoothing(form.label, 4.0, trend * form.has_trend, season, *smoothing, phi, 0.06, 10_000, 1.0)


def test_each_form_is_found_in_what_comes_of_it() -> None:
    """By chance a form would be chosen in one of 15 series: in six, twice or more with 6% each."""
    random = np.random.default_rng(3)
    truth = [form for form in FORMS for _ in range(6)]
    paths = [drawn_from(form)._paths(random.normal(0, 0.06, (120, 1)))[:, 0] for form in truth]
    found = smoothed([(path, np.ones(120)) for path in paths])
    hits = {form.label: 0 for form in FORMS}
    for form, one in zip(truth, found, strict=True):
        hits[form.label] += one is not None and one.label == form.label
    assert min(hits.values()) >= 2 and sum(hits.values()) > 90 / 2, hits


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.label)
def test_intervals_hold_what_comes_of_the_state(form: Form) -> None:
    """The spread a year ahead is that of trend and season too, and none of the forms may leave one out."""
    state = drawn_from(form)
    forecast = state.over(np.ones(15))
    came = state._paths(np.random.default_rng(8).normal(0, state.sigma, (15, 4000)))
    for level, (lower, upper) in forecast.bounds.items():
        inside = np.mean((came >= lower[:, None]) & (came <= upper[:, None]), axis=1)
        assert inside == pytest.approx(np.full(15, level), abs=0.03)


@pytest.mark.parametrize("values", [np.full(30, 5.0), np.zeros(30), np.ones(5), np.zeros(0)])
def test_there_is_nothing_to_say_of_constant_or_few_months(values: np.ndarray) -> None:
    """A perfect fit has an infinite likelihood, and five months are no history: the baselines have both."""
    assert smoothed([(values, np.full(len(values), 30.0))]) == [None]


def test_forms_need_history_and_positive_data() -> None:
    """A season from one year, a line from two, or a percentage of nothing is not estimable."""

    def labels(count: int, lowest: float = 1.0) -> set[str]:
        values = np.ones(count)
        values[2] = lowest
        return {form.label for form in FORMS if form.is_admissible(values, 12)}

    assert labels(5) == set()
    assert labels(25) == {"ETS(A,N,N)", "ETS(A,Ad,N)", "ETS(M,N,N)", "ETS(M,Ad,N)"}
    assert labels(47) == labels(25) | {"ETS(A,N,A)", "ETS(M,N,A)", "ETS(M,N,M)"}
    assert labels(48) == {form.label for form in FORMS}
    assert labels(48, 0.0) == {form.label for form in FORMS if form.error == "add"}


@pytest.mark.parametrize(("label", "seasons"), [("ETS(A,N,M)", 12), ("ETS(A,N,A)", 0), ("ETS(A,N,N)", 12)])
def test_a_state_of_no_known_form_is_refused(label: str, seasons: int) -> None:
    """A stored state that was changed would otherwise forecast by equations that are not its own."""
    with pytest.raises(ValueError, match="no known form"):
        Smoothing(label, 1.0, 0.0, np.ones(seasons), 0.3, 0.0, 0.0, 1.0, 0.1, 30, 1.0)
