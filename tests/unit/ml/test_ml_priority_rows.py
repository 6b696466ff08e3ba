"""Rows of scores and the choice of candidates, held to figures by hand of a handful of calls."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from ml.priority import Effort
from ml.priority.features import is_officer_initiated
from ml.priority.judged import Judged
from ml.priority.metrics import calibration_floor
from ml.priority.models import LOOK_UP
from ml.priority.refit import BY_MONTH
from ml.priority.rows import bin_rows, confusion_rows, score_rows
from ml.priority.trial import ALWAYS_TRIED, Trial, candidates, monthly_figures, validation_figures

LOGISTIC = "logistic_regression"
TARGET = np.array([0, 0, 1, 1])
#: Chances that put all, three, and two (ties count half) of the four pairs in order.
ALL, THREE, TWO = ([0.1, 0.2, 0.8, 0.9], [0.1, 0.6, 0.4, 0.9], [0.5] * 4)


def judged(chance: list[float], threshold: float = 0.5, loss: float = 0.3, name: str = LOGISTIC) -> Judged:
    """Answers to calls of which the later half is dangerous."""
    danger = np.array(chance)
    target = np.repeat(TARGET, len(danger) // 4)
    probability, classes = np.column_stack([1 - danger, danger]), (danger >= 0.5).astype(np.int64)
    model = cast(Any, SimpleNamespace(name=name))
    return Judged(target, probability, classes, threshold, loss, model, cast(Any, None), cast(Any, None))


def calls(days: list[int], month: int = 1) -> pd.DataFrame:
    """Calls of some days of a month."""
    return pd.DataFrame({"called_at_local": [pd.Timestamp(2024, month, day) for day in days]})


def scored(answers: dict[str, Judged], test: pd.DataFrame, replicates: int = 60) -> pd.DataFrame:
    """Rows of scores by model and measure."""
    effort = Effort(draws=0, folds=2, trees=2, passes=1, replicates=replicates)
    return pd.DataFrame(score_rows("dangerous", answers, test, None, effort)).set_index(["model", "metric"])


@pytest.mark.parametrize(("once", "monthly"), [(TWO, THREE), (THREE, TWO)])
def test_a_refit_is_held_against_the_better_look_up(once: list[float], monthly: list[float]) -> None:
    """Against the worse of two, a refit would gain what counting again, or counting once, does as well."""
    found = scored(
        {
            LOOK_UP: judged(once, 0.2),
            LOOK_UP + BY_MONTH: judged(monthly, 0.3),
            LOGISTIC: judged(ALL),
            LOGISTIC + BY_MONTH: judged(ALL),
        },
        calls([1, 1, 2, 2]),
    )
    areas = {tuple(TWO): 0.5, tuple(THREE): 0.75}
    assert found.loc[(LOGISTIC, "roc_auc"), "gain"] == pytest.approx(1 - areas[tuple(once)])
    fresh = found.loc[LOGISTIC + BY_MONTH]
    assert fresh.loc["roc_auc", "look_up_value"] == pytest.approx(0.75)
    assert fresh.loc["roc_auc", "gain"] == pytest.approx(0.25)
    # Drawn anew, four calls may lose those that are out of order: a gain that chance can make is not clear.
    assert fresh.loc["roc_auc", "gain_lower"] == 0 and not fresh.loc["roc_auc", "is_clear_gain"]
    # Of losses the better is the smaller one: a half everywhere loses log 2, the other less.
    loss = -np.log([0.9, 0.4, 0.4, 0.9]).mean()
    assert loss < np.log(2) and fresh.loc["log_loss", "look_up_value"] == pytest.approx(loss)
    assert fresh.loc["log_loss", "gain"] == pytest.approx(loss + np.log([0.9, 0.8, 0.8, 0.9]).mean())
    # Thresholds are neither better nor worse: the look-up by month's stands beside the one by month.
    assert found.loc[(LOGISTIC, "cost_threshold"), "look_up_value"] == 0.2
    assert fresh.loc["cost_threshold", "look_up_value"] == 0.3
    assert (
        found.loc[LOOK_UP + BY_MONTH, "gain"].isna().all() and not found.loc[LOOK_UP, "is_clear_gain"].any()
    )


def test_what_a_refit_adds_is_drawn_by_days() -> None:
    """Calls of a day are alike: drawn one by one they would make a gain of one odd day look sure."""
    answers = {
        LOOK_UP: judged(TWO * 10),
        LOOK_UP + BY_MONTH: judged(TWO * 10),
        LOGISTIC: judged(list(np.repeat(THREE, 10))),
        LOGISTIC + BY_MONTH: judged(list(np.repeat(ALL, 10))),
    }
    name = (LOGISTIC + BY_MONTH, "accuracy")
    gains = ["refit_gain", "refit_gain_lower", "refit_gain_upper"]
    of_one_day = scored(answers, calls([1] * 40)).loc[name, gains].astype(float)
    assert of_one_day.tolist() == pytest.approx([0.5] * 3)
    # The middle twenty calls, which alone changed, came on the second of two days.
    days = [1] * 10 + [2] * 20 + [1] * 10
    of_two = scored(answers, calls(days)).loc[name, gains].astype(float)
    assert of_two.tolist() == pytest.approx([0.5, 0.0, 1.0])
    assert scored(answers, calls(days)).loc[LOGISTIC, gains[0]].isna().all()


@pytest.mark.parametrize("replicates", [38, 39])
def test_the_calls_as_they_are_are_none_of_the_draws(replicates: int) -> None:
    """The figure itself among the resamples would draw the interval in, and make one too few enough."""
    found = scored({LOOK_UP: judged(ALL * 2)}, calls([1] * 8), replicates).loc[(LOOK_UP, "log_loss")]
    assert np.isnan(found["value_lower"]) == (replicates == 38) and found["value"] > 0


def test_bins_and_matrices_by_hand() -> None:
    """A bin too low, promised for come or true for given would tell of another model."""
    one = judged([0.05, 0.35, 0.35, 1.0], threshold=0.35)
    bins = bin_rows(one)
    assert bins["probability_bin"].tolist() == [1, 4, 10] and bins["call_count"].tolist() == [1, 2, 1]
    assert bins["mean_probability"].tolist() == pytest.approx([0.05, 0.35, 1.0])
    assert bins["observed_share"].tolist() == [0.0, 0.5, 1.0]
    # Wilson's bounds of one in two, and of one in one.
    assert bins["observed_share_lower"].iloc[1:].tolist() == pytest.approx([0.0945, 0.2065], abs=5e-5)
    cells = confusion_rows("dangerous", one).set_index(["decision", "true_level", "given_level"])[
        "call_count"
    ]
    # At a threshold a call is sent: the harmless 0.35, too.
    assert [cells["at_least_cost", true, given] for true in (0, 1) for given in (0, 1)] == [1, 1, 0, 2]
    assert [cells["at_half", true, given] for true in (0, 1) for given in (0, 1)] == [2, 0, 1, 1]
    figures = scored({LOOK_UP: one}, calls([1] * 4)).loc[LOOK_UP, "value"]
    assert (figures["recall_at_cost"], figures["flagged_share_at_cost"]) == (1.0, 0.75)
    assert figures["cost_per_call"] == 0.25
    # From a half on, a call counts as dangerous.
    halves = scored({LOOK_UP: judged(TWO)}, calls([1] * 4)).loc[LOOK_UP, "value"]
    assert (halves["recall"], halves["precision"]) == (1.0, 0.5)
    levels = replace(one, classes=np.array([2, 0, 1, 1]))
    table = confusion_rows("priority", levels).set_index(["true_level", "given_level"])["call_count"]
    assert table[1, 3] == table[1, 1] == 1 and table[2, 2] == 2 and table.sum() == 4 and len(table) == 36


def test_the_candidate_is_the_one_that_loses_least_in_training() -> None:
    """The first of the list, or one that is tried anyway, would be published in place of the best."""
    losses = {"random_forest": 0.4, LOOK_UP: 0.1, "gradient_boosting": 0.3, LOGISTIC: 0.2, "network": 0.5}
    found = candidates({name: judged(ALL, loss=loss, name=name) for name, loss in losses.items()})
    assert [model.name for model in found] == [*ALWAYS_TRIED, "gradient_boosting"]


def test_figures_of_months_by_hand() -> None:
    """Calls for dangerous ones, or what came for what was promised, would hide that a model drifts."""
    chances = [0.1, 0.6, 0.4, 0.8]
    first, second = judged(chances), judged([0.0, 0.0, 1.0, 1.0])
    parts = [
        (calls([1, 2, 3, 4]), {LOGISTIC: first, "tried_once": first}),
        (calls([1, 2, 3, 4], month=2), {LOGISTIC: second}),
    ]
    found = monthly_figures(parts)
    assert found["model"].tolist() == [LOGISTIC] * 2
    assert found["month"].tolist() == [pd.Timestamp(2024, 1, 1), pd.Timestamp(2024, 2, 1)]
    assert found["call_count"].tolist() == [4, 4] and found["dangerous_count"].tolist() == [2, 2]
    assert found["roc_auc"].tolist() == [0.75, 1.0]
    assert found["mean_probability"].tolist() == pytest.approx([1.9 / 4, 0.5])
    # Gaps of 0.1, 0.6, 0.6 and 0.2 in bins of one call each.
    assert found["expected_calibration_error"].tolist() == pytest.approx([1.5 / 4, 0.0])
    mean, upper = calibration_floor(np.array(chances))
    assert 0 < mean < upper
    assert found["calibration_floor"].tolist() == pytest.approx([mean, 0.0])
    assert found["calibration_floor_upper"].tolist() == pytest.approx([upper, 0.0])
    told = validation_figures(Trial(parts[0][0], {LOGISTIC: first}))[LOGISTIC]
    assert told == {
        "validation_roc_auc": 0.75,
        "validation_expected_calibration_error": pytest.approx(0.375),
        "validation_calibration_floor_upper": pytest.approx(upper),
    }


def test_the_floor_of_one_forecast_by_hand() -> None:
    """A call of chance 0.9 is off by 0.1 nine times in ten and by 0.9 else: 95% stay below 0.9, not 90%."""
    mean, upper = calibration_floor(np.full(1, 0.9), draws=20_000)
    assert mean == pytest.approx(0.18, abs=0.006) and upper == pytest.approx(0.9)
    assert calibration_floor(np.full(1, 0.96), draws=20_000)[1] == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("words", "is_officers"),
    [
        ("Traffic Stop", True),
        ("CAR STOP", True),
        ("ON-VIEW ASSAULT", True),
        ("ONVIEW", True),
        ("OFFICER INITIATED", True),
        ("STOPPED CAR", False),
        ("BUS STOP DAMAGE", False),
        ("STREETCAR STOP", False),
        ("REASON-VIEW", False),
        ("TRAFFIC STOPPAGE", False),
        (None, False),
    ],
)
def test_words_that_officers_begin_calls_with(words: str | None, is_officers: bool) -> None:
    """A filter that takes calls of the public with it would judge models on what is left."""
    assert is_officer_initiated(pd.Series([words], dtype="object")).tolist() == [is_officers]
