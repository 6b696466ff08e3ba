"""The search of settings: forward in time, on calls that nothing else is judged by, told in the card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.common.model_card import card_as_markdown
from ml.common.threads import one_thread
from ml.priority import Assessment, Effort, Knowledge, Scenario, assess, time_ordered_split
from ml.priority.card import priority_card, search_lines
from ml.priority.judged import Labelled
from ml.priority.models import Learner, model_named
from ml.priority.refit import BY_MONTH
from ml.priority.search import search
from ml.priority.trial import halves
from tests.unit.ml.test_ml_priority_refit import danger, made_up_year

DRAWS = Effort(draws=4, folds=2, trees=2, passes=1, replicates=20)
LOGISTIC = model_named("logistic_regression")


@pytest.fixture(scope="module")
def whole() -> Labelled:
    """A year of calls with whether they were dangerous."""
    calls = made_up_year()
    return Labelled(calls, danger(calls))


@pytest.fixture(scope="module")
def found(whole: Labelled) -> Assessment:
    """What is measured of them with a search."""
    return assess(whole.calls, (Scenario(time_ordered_split(whole.calls), has_refits=True),), DRAWS)


def test_as_many_are_drawn_as_are_stated_and_the_least_loss_is_taken(whole: Labelled) -> None:
    """A search that drew less than the card says, or took another, would be told and not done."""
    with one_thread("sklearn.ensemble"):
        one = search([model_named("look_up"), LOGISTIC], whole, Knowledge(), DRAWS)["logistic_regression"]
        none = search([LOGISTIC], whole, Knowledge(), replace(DRAWS, draws=0))
    assert len(one.drawn) == len(one.losses) == 5 and one.drawn[0] == {}
    assert len({tuple(settings.items()) for settings in one.drawn}) == 5
    assert one.chosen.settings == one.drawn[int(np.argmin(one.losses))]
    assert not none


def test_settings_are_judged_on_later_calls_than_they_learned_from(
    whole: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random folds would reward what remembers a street's week, which is no use for the next one."""
    seen: list[tuple[int, int]] = []

    def loss(self: Learner, past: Any, later: Any, class_count: int, effort: Effort) -> float:
        taught, asked = len(past[1]), len(later[1])
        assert (past[1] == whole.target[:taught]).all()
        assert (later[1] == whole.target[taught : taught + asked]).all()
        seen.append((taught, asked))
        return abs(self.settings.get("strength", 5.0) - 3.0)

    monkeypatch.setattr(Learner, "loss", loss)
    chosen = search([LOGISTIC], whole, Knowledge(), replace(DRAWS, draws=99))["logistic_regression"].chosen
    assert set(seen) == {(900, 450), (1350, 450)}
    assert chosen.settings == {"strength": 3.0}


def test_the_search_sees_neither_the_choice_nor_the_test(whole: Labelled, found: Assessment) -> None:
    """Settings that were taken on the calls that judge them would make every model look better than it is."""
    older = halves(whole.at(time_ordered_split(whole.calls).is_train))[0]
    late = np.arange(len(whole)) >= len(older)
    spoilt = whole.calls.assign(priority=whole.calls["priority"].where(~late, 6 - whole.calls["priority"]))
    asked = Scenario(time_ordered_split(spoilt), has_refits=True)
    with one_thread("sklearn.ensemble"):
        alone = search([LOGISTIC], older, Knowledge(), DRAWS)["logistic_regression"]
    after = assess(spoilt, (asked,), DRAWS).searches["dangerous"]
    assert after["logistic_regression"] == alone
    assert found.searches["dangerous"]["logistic_regression"] == alone


def test_what_is_judged_and_refitted_has_the_settings_that_were_taken(found: Assessment) -> None:
    """A search whose outcome nobody uses costs time and says that the published model was searched."""
    judged = found.main["dangerous"]
    for name, one in found.searches["dangerous"].items():
        assert judged[name].model == judged[name + BY_MONTH].model == one.chosen


def test_the_card_says_what_was_drawn_and_taken(found: Assessment) -> None:
    """Who reads a card could not tell a searched model from one that was taken as it comes."""
    lines = search_lines(found.searches)
    card = priority_card(found.scores, version="v", months=("a", "b"), searches=found.searches)
    told = card_as_markdown(card)
    assert card.search == lines and "## Search of settings" in told
    one = found.searches["dangerous"]["logistic_regression"]
    line = next(line for line in lines if line.startswith("dangerous, logistic_regression: 4 settings"))
    for settings, loss in zip(one.drawn[1:], one.losses[1:], strict=True):
        assert f"strength {settings['strength']:g}: {loss:.4f}" in line
    assert "## Search" not in card_as_markdown(replace(card, search=()))


def test_one_class_in_the_oldest_calls_is_not_searched(whole: Labelled) -> None:
    """A learner of one class fails, and would take the whole job with it."""
    late = pd.Series(whole.target).where(np.arange(len(whole)) >= 1200, 0).to_numpy()
    assert search([LOGISTIC], Labelled(whole.calls, late), Knowledge(), DRAWS) == {}
