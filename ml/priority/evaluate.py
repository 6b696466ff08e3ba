"""Every model in every scenario, with paired bootstrap intervals of what it adds to the look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.common.contracts_priority import (
    ML_CALL_PRIORITY_CALIBRATION,
    ML_CALL_PRIORITY_CONFUSION,
    ML_CALL_PRIORITY_MONTHS,
    ML_CALL_PRIORITY_SCORES,
)
from ml.common.threads import one_thread
from ml.priority.choose import chosen
from ml.priority.features import LEVELS, is_dangerous, is_officer_initiated
from ml.priority.judged import Judged, Labelled, answers, has_both_kinds
from ml.priority.models import MODELS, QUICK, Effort
from ml.priority.refit import judged_by_month
from ml.priority.rows import DANGEROUS, PRIORITY, bin_rows, confusion_rows, score_rows
from ml.priority.search import Search, search
from ml.priority.splits import Scenario, usual_scenarios
from ml.priority.trial import Trial, candidates, halves, monthly_figures, try_models

if TYPE_CHECKING:
    import pandas as pd

    from ml.common.schema import TableContract

#: With fewer training calls nothing is learned.
FEWEST_CALLS = 100


@dataclass(frozen=True)
class Assessment:
    """What was measured.

    Parameters
    ----------
    scores : DataFrame
        One row a scenario, target, model and measure.
    calibration : DataFrame
        One row a scenario, model and bin of probability with calls in it, of the dangerous calls.
    confusion : DataFrame
        One row a scenario, target, model, decision, true level and given level.
    months : DataFrame
        One row a scenario with refits, model and month of validation or test, of the dangerous calls.
    main : mapping of str to dict of str to Judged
        Answers in the first scenario by target and model, for figures and to store the model.
    searches : mapping of str to dict of str to Search
        What was drawn in the first scenario, by target and learner.
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame
    confusion: pd.DataFrame
    months: pd.DataFrame
    main: Mapping[str, Mapping[str, Judged]]
    searches: Mapping[str, Mapping[str, Search]]


@dataclass(frozen=True)
class _Found:
    """What came of one target in one scenario."""

    target: str
    train: Labelled
    test: Labelled
    judged: dict[str, Judged]
    searches: dict[str, Search] = field(default_factory=dict)
    trial: Trial | None = None


def assess_agency(calls: pd.DataFrame) -> Assessment:
    """Assess one agency's calls in the usual scenarios, in seconds.

    Parameters
    ----------
    calls : DataFrame
        As for :func:`assess`; may be empty.

    Returns
    -------
    Assessment
        Without rows when there are too few calls to learn from.
    """
    return assess(calls, usual_scenarios(calls) if len(calls) else (), QUICK)


def assess(calls: pd.DataFrame, scenarios: Sequence[Scenario], effort: Effort) -> Assessment:
    """Fit every model in every scenario and measure it on the test calls.

    Parameters
    ----------
    calls : DataFrame
        One row an incident that has a priority, in order of time: ``agency``, ``priority`` (1 to 6) and the
        columns of ``ml.priority.features.KNOWN_AT_CALL``.
    scenarios : sequence of Scenario
        What to ask; one with too few calls is passed over.
    effort : Effort
        How much to spend.

    Returns
    -------
    Assessment
        Figures only.
    """
    tables: dict[str, list[pd.DataFrame]] = {}
    main: dict[str, dict[str, Judged]] = {}
    searches: dict[str, dict[str, Search]] = {}
    for number, scenario in enumerate(scenarios):
        head = _head(calls, scenario)
        for found in _on_one_thread(_judge, calls, scenario, effort):
            for name, table in _tables(found, effort).items():
                tables.setdefault(name, []).append(table.assign(**head))
            if number == 0:
                main[found.target], searches[found.target] = found.judged, found.searches
    return Assessment(
        _whole(tables, ML_CALL_PRIORITY_SCORES),
        _whole(tables, ML_CALL_PRIORITY_CALIBRATION),
        _whole(tables, ML_CALL_PRIORITY_CONFUSION),
        _whole(tables, ML_CALL_PRIORITY_MONTHS),
        main,
        searches,
    )


def _on_one_thread(judge: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
    """Judge without threads: the fits are many and small, and threads would only wait for each other."""
    with one_thread("sklearn.ensemble"):
        yield from judge(*arguments)


def _whole(tables: Mapping[str, Sequence[pd.DataFrame]], contract: TableContract) -> pd.DataFrame:
    """A table's parts as one, in the order of its columns."""
    import pandas as pd

    columns = [column.name for column in contract.columns]
    parts = tables.get(contract.name)
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _head(calls: pd.DataFrame, scenario: Scenario) -> dict[str, Any]:
    return {
        "agency": calls["agency"].iloc[0],
        "split": scenario.split.name,
        "location_precision": scenario.knowledge.precision,
        "has_call_type": scenario.knowledge.has_call_type,
        "has_officer_calls": scenario.has_officer_calls,
    }


def _judge(calls: pd.DataFrame, scenario: Scenario, effort: Effort) -> Iterator[_Found]:
    """Yield what comes of each target that can be learned."""
    is_kept = np.ones(len(calls), dtype=bool)
    if not scenario.has_officer_calls:
        is_kept = ~is_officer_initiated(calls["call_type"]).to_numpy()
    whole = Labelled(calls, is_dangerous(calls))
    train, test = (whole.at(part & is_kept) for part in (scenario.split.is_train, scenario.split.is_test))
    if len(train) < FEWEST_CALLS or not has_both_kinds(train.target) or len(test) == 0:
        return
    yield _found(DANGEROUS, train, test, scenario, effort)
    train, test = (
        Labelled(part.calls, part.calls["priority"].to_numpy(np.int64) - 1, LEVELS) for part in (train, test)
    )
    if len(np.unique(train.target)) > 2:
        yield _found(PRIORITY, train, test, scenario, effort)


def _found(target: str, train: Labelled, test: Labelled, scenario: Scenario, effort: Effort) -> _Found:
    """Let every model answer; search, try and refit the candidates where the scenario asks for it."""
    known = scenario.knowledge, effort
    judged = answers(MODELS, train, test, *known)
    older, newer = halves(train)
    can_try = target != DANGEROUS or all(has_both_kinds(half.target) for half in (older, newer))
    if not (scenario.has_refits and can_try):
        return _Found(target, train, test, judged)
    asked = candidates(judged)
    searches = search(asked, older, *known)
    asked = [searches[model.name].chosen if model.name in searches else model for model in asked]
    changed = [model for model in asked if model != judged[model.name].model]
    judged |= answers(changed, train, test, *known)
    if target != DANGEROUS:
        return _Found(target, train, test, judged, searches)
    trial = try_models(asked, older, newer, *known)
    judged |= judged_by_month(asked, train, test, *known)
    return _Found(target, train, test, judged, searches, trial)


def _tables(found: _Found, effort: Effort) -> dict[str, pd.DataFrame]:
    """The tables' rows about one target in one scenario, by the name of the table."""
    import pandas as pd

    scores = pd.DataFrame(score_rows(found.target, found.judged, found.test.calls, found.trial, effort))
    counts = {"train_call_count": len(found.train), "test_call_count": len(found.test)}
    tables = {
        ML_CALL_PRIORITY_SCORES.name: scores.assign(target=found.target, **counts),
        ML_CALL_PRIORITY_CONFUSION.name: _of_models(
            found, lambda one: confusion_rows(found.target, one)
        ).assign(target=found.target),
    }
    if found.target == DANGEROUS:
        tables[ML_CALL_PRIORITY_CALIBRATION.name] = _of_models(found, bin_rows)
    if found.trial is not None:
        months = monthly_figures([(found.trial.calls, found.trial.judged), (found.test.calls, found.judged)])
        tables[ML_CALL_PRIORITY_MONTHS.name] = months.assign(is_chosen=months["model"] == chosen(scores))
    return tables


def _of_models(found: _Found, rows: Callable[[Judged], pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([rows(one).assign(model=name) for name, one in found.judged.items()])
