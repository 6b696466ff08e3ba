"""Call priority on San Jose's calls: the look-up reaches what was published, on a bounded sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.priority import Effort, Knowledge, Scenario, assess, time_ordered_split, year_split
from ml.priority.features import is_dangerous
from ml.priority.judged import Labelled
from ml.priority.metrics import expected_calibration_error, roc_auc
from ml.priority.models import QUICK, model_named
from ml.priority.refit import judged_by_month
from orchestration.bench_priority import as_tables, read_agency, scenarios
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files
SMALL = Effort(draws=0, folds=2, trees=5, passes=3, replicates=50)


@pytest.fixture(scope="module")
def san_jose() -> pd.DataFrame:
    """San Jose's calls of two years."""
    return read_agency("san_jose", REAL_FILES)


def test_every_incident_is_there_once(san_jose: pd.DataFrame) -> None:
    """An incident in the training and in the test would be recognised, not predicted."""
    assert len(san_jose) == 9_995 and san_jose["incident_id"].is_unique
    assert san_jose["called_at"].is_monotonic_increasing


def test_the_look_up_alone_reaches_what_was_published(san_jose: pd.DataFrame) -> None:
    """A look-up that is worse than others found it would let weak models look strong."""
    scores = assess(san_jose, (Scenario(year_split(san_jose, 2022, 2023)),), SMALL).scores
    scores = scores[scores["target"] == "dangerous"]
    wide = scores.pivot(index="model", columns="metric", values="value")
    assert wide.loc["look_up", "accuracy"] == pytest.approx(0.85, abs=0.015)
    assert wide.loc["look_up", "roc_auc"] == pytest.approx(0.92, abs=0.01)
    assert (wide["roc_auc"] < 0.94).all(), "better than anybody: something of the future was known"


def test_fitting_by_month_keeps_chances_and_ranks_better(san_jose: pd.DataFrame) -> None:
    """The job would choose among fits by month without what they were put in for."""
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    year = san_jose["called_at_local"].dt.year
    whole = Labelled(san_jose, is_dangerous(san_jose))
    train, test = (whole.at((year == held).to_numpy()) for held in (2023, 2022))
    models = (model_named("logistic_regression"),)
    with threadpool_limits(limits=1):
        found = judged_by_month(models, train, test, Knowledge(), QUICK)
    one = found["logistic_regression_by_month"]
    ones = np.ones((1, len(test)))
    assert expected_calibration_error(one.target, one.probability[:, 1], ones)[0] < 0.02
    assert roc_auc(one.target, one.probability[:, 1], ones)[0] == pytest.approx(0.919, abs=0.002)


def test_the_second_agency_needs_no_other_code() -> None:
    """Seattle has coordinates and few calls: every precision is judged, and the tables are printed."""
    calls = read_agency("seattle", REAL_FILES)
    wanted = ("none", "rounded_1", "rounded_2")
    asked = [one for one in scenarios(calls) if one.knowledge.precision in wanted]
    printed = as_tables(assess(calls, asked, SMALL).scores)
    assert [f"dangerous, time_ordered, location {name}" in printed for name in wanted] == [True] * 3
    assert time_ordered_split(calls).is_test.sum() == 54
