"""Models fitted anew each month: nothing of the future, what they gain, the choice and the watch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from ml.common.contracts import CONTRACTS, conform
from ml.monitoring import monitor
from ml.priority import Assessment, Effort, Knowledge, Scenario, assess, time_ordered_split
from ml.priority.card import priority_card
from ml.priority.choose import champion, chosen
from ml.priority.judged import Labelled
from ml.priority.metrics import expected_calibration_error, roc_auc
from ml.priority.models import LOOK_UP, model_named
from ml.priority.refit import BY_MONTH, judged_by_month, months_of, newest_fit
from ml.priority.trial import ALWAYS_TRIED, candidates, halves, monthly_figures, try_models
from orchestration.bench_priority import as_tables
from orchestration.bench_priority_published import chosen_calibration
from orchestration.defs.ml.drift import CALLS
from tests.unit.ml.planted_watch import no_frames

SMALL = Effort(draws=0, folds=2, trees=2, passes=1, replicates=40)
KNOWN = Knowledge(), SMALL
NAMES = ("look_up", "logistic_regression")
COUNTED = (model_named(LOOK_UP),)
HEAD = ("agency", "split", "location_precision", "has_call_type", "has_officer_calls")


def made_up_year(broken_from: int = 13) -> pd.DataFrame:
    """A year of calls, 150 a month; from a month on what was harmless is dangerous."""
    random = np.random.default_rng(9)
    count = 12 * 150
    month, kind = np.repeat(np.arange(12), 150), random.integers(0, 4, count)
    chance = np.array([0.08, 0.3, 0.6, 0.92])[np.where(month + 1 >= broken_from, 3 - kind, kind)]
    is_dangerous = random.random(count) < chance
    start = np.datetime64("2023-01") + month
    moment = start.astype("datetime64[s]") + np.sort(random.integers(0, 28 * 86_400, (12, 150))).ravel()
    return pd.DataFrame(
        {
            "agency": "somewhere",
            "called_at_local": moment,
            "priority": np.where(is_dangerous, 2, 4),
            "call_type": np.array(["NOISE", "VEHICLE STOP", "FIGHT", "SHOTS"])[kind],
            "block_low": pd.array(random.integers(0, 20, count) * 100, dtype="Int32"),
            "street": np.array(["A ST", "B AVE", "C RD"])[random.integers(0, 3, count)],
            "cross_street": pd.Series([None] * count, dtype="str"),
            "longitude": np.nan,
            "latitude": np.nan,
        }
    )


def danger(calls: pd.DataFrame) -> np.ndarray:
    """1 for a dangerous call."""
    return (calls["priority"].to_numpy() <= 2).astype(np.int64)


def parts(calls: pd.DataFrame, cut: int) -> tuple[Labelled, Labelled]:
    """The calls before a place, and those from it on, with whether they were dangerous."""
    whole = Labelled(calls, danger(calls))
    return whole.at(slice(None, cut)), whole.at(slice(cut, None))


def measured(calls: pd.DataFrame) -> Assessment:
    """What is measured in order of time, everything known."""
    asked = Scenario(time_ordered_split(calls), has_refits=True)
    return assess(calls, (asked,), SMALL)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Fits are many and small: threads would only wait for each other."""
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="module")
def steady() -> Assessment:
    """A year that stays as it is."""
    return measured(made_up_year())


@pytest.fixture(scope="module")
def broken() -> pd.DataFrame:
    """Months of the look-up in a year whose last month is another world."""
    calls = made_up_year(broken_from=12)
    train, test = parts(calls, 1350)
    trial = try_models(COUNTED, *halves(train), *KNOWN)
    fresh = judged_by_month(COUNTED, train, test, *KNOWN)
    scenario = dict(zip(HEAD, ("somewhere", "time_ordered", "exact", True, True), strict=True))
    return monthly_figures([(trial.calls, trial.judged), (test.calls, fresh)]).assign(
        **scenario, is_chosen=True
    )


def test_outcomes_of_later_months_change_no_earlier_forecast() -> None:
    """A call that teaches the model that ranks it would show a gain of refitting that nobody can have."""
    calls = made_up_year()
    train, test = parts(calls, 1200)
    month = months_of(test.calls)
    spoilt = test.target.copy()
    is_late = month >= np.datetime64("2023-10")
    spoilt[is_late] = np.random.default_rng(0).permutation(1 - spoilt[is_late])
    one, other = (
        judged_by_month([model_named(name) for name in NAMES], train, Labelled(test.calls, each), *KNOWN)
        for each in (test.target, spoilt)
    )
    until = month <= np.datetime64("2023-10")
    has_moved = []
    for name in (part + BY_MONTH for part in NAMES):
        same = (one[name].probability == other[name].probability).all(axis=1)
        assert same[until].all()
        assert not same[month == np.datetime64("2023-11")].any()
        kept, moved = (np.asarray(part[name].threshold) for part in (one, other))
        assert (kept[until] == moved[until]).all()
        has_moved.append((kept[~until] != moved[~until]).any())
    # Scores of few call types leave a wide gap around the rule of least cost, whatever came.
    assert any(has_moved)


def test_each_month_knows_all_training_calls_and_earlier_months() -> None:
    """A first month that knew less than a single fit, or months that stand still, would compare nothing."""
    calls = made_up_year()
    cut = 750
    train, test = parts(calls, cut)
    found = judged_by_month(COUNTED, train, test, *KNOWN)[LOOK_UP + BY_MONTH]
    months = months_of(test.calls)
    for month in np.unique(months):
        is_now = months == month
        seen = calls.iloc[: cut + int((months < month).sum())]
        share = danger(seen).mean()
        for kind in ("NOISE", "SHOTS"):
            own = danger(seen)[(seen["call_type"] == kind).to_numpy()]
            expected = (own.sum() + 5 * share) / (len(own) + 5)
            asked = is_now & (test.calls["call_type"] == kind).to_numpy()
            assert found.probability[asked, 1] == pytest.approx(expected)


def test_the_trial_sees_no_test_call_and_its_own_half_by_month() -> None:
    """A choice that the judged calls take part in flatters what is published."""
    calls = made_up_year()
    target = danger(calls)
    trial = try_models(COUNTED, *halves(Labelled(calls, target)), *KNOWN)
    assert len(trial.calls) == 900
    assert set(trial.judged) == {LOOK_UP, LOOK_UP + BY_MONTH}
    late = np.where(np.arange(1800) >= 1650, 1 - target, target)
    again = try_models(COUNTED, *halves(Labelled(calls, late)), *KNOWN)
    for name, one in trial.judged.items():
        assert (one.probability == again.judged[name].probability).all()


def test_refits_stand_beside_single_fits(steady: Assessment) -> None:
    """Without its pair a gain of refitting says nothing, nor does a calibration error without its floor."""
    scores = conform(steady.scores, CONTRACTS["ml_call_priority_scores"])
    wide = scores.pivot(index="model", columns="metric", values="value")
    judged = steady.main["dangerous"]
    once = {name: one for name, one in judged.items() if not name.endswith(BY_MONTH)}
    names = [model.name for model in candidates(once)]
    assert tuple(names[:2]) == ALWAYS_TRIED
    assert {name for name in judged if name.endswith(BY_MONTH)} == {name + BY_MONTH for name in names}
    ones = np.ones((1, len(judged[LOOK_UP].target)))
    gains = scores[scores["metric"] == "roc_auc"].set_index("model")
    for name in names:
        fresh = judged[name + BY_MONTH]
        areas = [roc_auc(one.target, one.probability[:, 1], ones)[0] for one in (fresh, once[name])]
        row = gains.loc[name + BY_MONTH]
        assert row["refit_gain"] == pytest.approx(areas[0] - areas[1])
        assert row["refit_gain_lower"] <= row["refit_gain"] <= row["refit_gain_upper"]
        error = expected_calibration_error(fresh.target, fresh.probability[:, 1], ones)[0]
        assert wide.loc[name + BY_MONTH, "expected_calibration_error"] == pytest.approx(error)
        assert (
            wide.loc[name + BY_MONTH, "calibration_floor"]
            < wide.loc[name + BY_MONTH, "calibration_floor_upper"]
        )
    sent = judged["logistic_regression" + BY_MONTH]
    caught = (sent.probability[:, 1] >= sent.threshold)[sent.target == 1].mean()
    assert wide.loc["logistic_regression" + BY_MONTH, "recall_at_cost"] == pytest.approx(caught)
    better = max(gains.loc[name, "value"] for name in (LOOK_UP, LOOK_UP + BY_MONTH))
    assert gains.loc["logistic_regression" + BY_MONTH, "look_up_value"] == pytest.approx(better)


def test_what_changed_is_learned_by_refits_alone() -> None:
    """A comparison that cannot see a world that turned could never speak for a refit."""
    calls = made_up_year(broken_from=3)
    found = judged_by_month(COUNTED, *parts(calls, 300), *KNOWN)[LOOK_UP + BY_MONTH]
    ones = np.ones((1, 150))
    areas = [
        roc_auc(found.target[part], found.probability[part, 1], ones)[0]
        for part in (slice(0, 150), slice(1350, 1500))
    ]
    assert areas[0] < 0.3 and areas[1] > 0.7


def rows(**models: tuple[float, float, float, bool]) -> pd.DataFrame:
    """Scores of models: AUC, error and floor on the validation, and whether the gain on the test is clear."""
    names = (
        "validation_roc_auc",
        "validation_expected_calibration_error",
        "validation_calibration_floor_upper",
    )
    made = []
    for model, (*figures, is_clear) in models.items():
        made += [(model, name, value, False) for name, value in zip(names, figures, strict=True)]
        made += [(model, "roc_auc", 0.9, False), (model, "log_loss", 0.4, is_clear)]
    return pd.DataFrame(made, columns=["model", "metric", "value", "is_clear_gain"])


def test_the_choice_is_of_the_calibrated_by_their_validation_months() -> None:
    """A model that ranks best and promises falsely, or one that chance chose, would be published."""
    look_ups = {"look_up": (0.90, 0.05, 0.02, False), "look_up_by_month": (0.89, 0.018, 0.02, False)}
    sure = {"random_forest": (0.95, 0.04, 0.02, True), "logistic_regression": (0.91, 0.015, 0.01, True)}
    assert chosen(rows(**look_ups, **sure)) == "logistic_regression"
    noisy = sure | {"random_forest": (0.95, 0.04, 0.05, True)}
    assert chosen(rows(**look_ups, **noisy)) == "random_forest"
    unclear = {name: (*figures[:3], False) for name, figures in sure.items()}
    assert chosen(rows(**look_ups, **unclear)) == "look_up_by_month"
    none_kept = {
        name: (area, error + 0.05, floor, clear) for name, (area, error, floor, clear) in sure.items()
    }
    bad = {name: (area, 0.2, floor, clear) for name, (area, _, floor, clear) in look_ups.items()}
    assert chosen(rows(**bad, **none_kept)) == "logistic_regression"
    untried = rows(**look_ups)
    assert chosen(untried[untried["metric"].isin(["roc_auc", "log_loss"])]) == "look_up"


def test_without_danger_in_the_months_to_choose_by_the_look_up_is_published() -> None:
    """An agency that ranks danger no more has no AUC to choose by: the choice, and the job, broke off."""
    calls = made_up_year()
    is_late = np.arange(len(calls)) >= len(calls) * 3 // 8
    found = measured(calls.assign(priority=calls["priority"].where(~is_late, 5)))
    assert champion(found.scores) == LOOK_UP
    assert found.months.empty and len(found.calibration)


def test_the_card_states_the_error_of_the_published_model(steady: Assessment) -> None:
    """A card with another model's error, or without what chance makes, would promise what nobody measured."""
    name = champion(steady.scores)
    card = priority_card(steady.scores, version="v", months=("2023-01", "2023-12"), searches=steady.searches)
    figures = steady.scores[steady.scores["model"] == name].set_index("metric")["value"]
    assert card.champion == name
    assert card.data.startswith("1,800 calls for service of somewhere, ") and " newest 450 of " in card.data
    error, floor = figures["expected_calibration_error"], figures["calibration_floor"]
    assert f"its calibration error is {error:.4f} (95% interval " in card.verdict
    assert f"; chance alone makes {floor:.4f}, and stays below" in card.verdict


def test_what_is_stored_knows_every_call(steady: Assessment) -> None:
    """The next month would be forecast by a model that is a quarter of the calls behind."""
    calls = made_up_year()
    name = LOOK_UP + BY_MONTH
    _, fitted = newest_fit(calls, name, steady.main["dangerous"][name], SMALL)
    assert fitted.overall[1] == pytest.approx(danger(calls).mean())  # type: ignore[attr-defined]
    once = steady.main["dangerous"][LOOK_UP]
    assert newest_fit(calls, LOOK_UP, once, SMALL)[1] is once.fitted


def test_the_command_prints_how_the_choice_was_made(steady: Assessment) -> None:
    """Who reads the figures could not tell what they would have been published for."""
    printed = as_tables(steady.scores)
    assert f"Published would be: {champion(steady.scores)}." in printed
    row = next(line for line in printed.splitlines() if line.startswith("| look_up_by_month |"))
    assert "+0." in row or "-0." in row
    assert printed.count("| look_up_by_month |") == 2


def test_the_command_says_the_calibration_of_what_is_chosen() -> None:
    """The table's figures have no interval: one below the target would be read as met, or another model's."""
    choice = rows(look_up=(0.9, 0.05, 0.02, False), look_up_by_month=(0.89, 0.018, 0.02, False))
    names = ("expected_calibration_error", "calibration_floor", "calibration_floor_upper")
    errors = pd.DataFrame(
        [
            {"target": target, "model": model, "metric": name, "value": error} | bounds
            for target, model, error in (
                ("dangerous", "look_up", 0.05),
                ("dangerous", "look_up_by_month", 0.015),
                ("priority", "look_up", 0.06),
            )
            for name in names
            for bounds in [{"value_lower": error - 0.01, "value_upper": error + 0.01}]
        ]
    )
    scores = pd.concat([choice.assign(target="dangerous"), errors], ignore_index=True)
    told = chosen_calibration(scores).split("\n\n")
    assert [line.split(";")[0] for line in told] == [
        "Calibration error of look_up_by_month (dangerous): 0.0150 (95% interval 0.0050 to 0.0250), which "
        "lies below the target of 0.02, but not clearly",
        "Calibration error of look_up (priority): 0.0600 (95% interval 0.0500 to 0.0700), which lies above "
        "the target of 0.02, but not beyond chance",
    ]
    alone = chosen_calibration(scores[scores["target"] == "dangerous"])
    assert alone == told[0]


def watched(months: pd.DataFrame) -> pd.DataFrame:
    """The watch for drift of a model of calls alone, by the query of the asset."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("ml_call_priority_months", conform(months, CONTRACTS["ml_call_priority_months"]))
        calls = connection.execute(CALLS).df()
    return monitor(*no_frames(), calls, made_up_year()[:0]).table


def test_a_new_training_is_asked_for_when_calls_turn(steady: Assessment, broken: pd.DataFrame) -> None:
    """A model whose world has changed would go on being published without a word."""
    calm, alarmed = watched(steady.months), watched(broken)
    assert not calm["is_retrain_requested"].any() and len(calm)
    last = alarmed[alarmed["month"] == pd.Timestamp("2023-12-01")].set_index("measure")
    assert set(last.index) == {"call_auc_drop", "call_calibration_excess"}
    assert (last["status"] == "alarm").all() and last["is_retrain_requested"].all()
    assert (last["subject"] == "somewhere").all()
    assert not (alarmed.loc[alarmed["month"] < pd.Timestamp("2023-12-01"), "status"] == "alarm").any()


def test_one_model_is_watched_in_every_month(steady: Assessment) -> None:
    """Two models, or a month that is told twice, would hide the drift of one behind the other."""
    months = steady.months
    watched_rows = months[months["is_chosen"]]
    assert watched_rows["month"].is_unique and watched_rows["model"].nunique() == 1
    assert watched_rows["call_count"].sum() == 1125
    assert set(months["model"]) >= {LOOK_UP, LOOK_UP + BY_MONTH}
