"""The command that says what a sample of calls allows: which calls teach, and which are judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration import bench_priority_limits as limits


@pytest.fixture(scope="module")
def calls() -> pd.DataFrame:
    """Two years of calls, in order of time."""
    random = np.random.default_rng(4)
    moments = pd.to_datetime("2022-01-01") + pd.to_timedelta(np.sort(random.uniform(0, 730, 1200)), unit="D")
    return pd.DataFrame(
        {"called_at_local": moments, "priority": random.integers(1, 7, 1200), "agency": "san_jose"}
    )


def test_each_month_is_judged_by_a_model_that_saw_earlier_months_only(
    calls: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that teaches the model that ranks it would show a gain of refitting that nobody can have."""
    month = calls["called_at_local"].dt.month.to_numpy()
    year = calls["called_at_local"].dt.year.to_numpy()
    asked = []

    def scores(_: pd.DataFrame, train: Any, test: Any, *, has_call_type: bool) -> Any:
        asked.append((train, test))
        judged = year == year[test[0]]
        assert (np.isin(train, np.flatnonzero(~judged))).sum() == (~judged).sum()
        own = train[judged[train]]
        assert not len(own) or month[own].max() < month[test].min()
        # Scores of a model that saw more are better here, so that the gain shows which are used.
        danger = (calls["priority"].to_numpy() <= 2)[test]
        return 0.2 + 0.6 * danger if len(own) else np.full(len(test), 0.4)

    monkeypatch.setattr(limits, "_scores", scores)
    text = limits.refits(calls)
    assert len(asked) == 4 * 12
    rows = [line.split("|")[2:5] for line in text.splitlines()[2:]]
    assert len(rows) == 4 and all(float(row[0]) == 0.5 and float(row[1]) > 0.9 for row in rows)


def test_the_curve_is_of_sizes_that_were_trained(
    calls: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tested call among those that taught, or a size that was not kept to, would bend the curve."""
    sizes = (100, 200, 400, 600)
    seen = []

    def scores(frame: pd.DataFrame, train: Any, test: Any, *, has_call_type: bool) -> Any:
        assert not has_call_type and not np.isin(train, test).any()
        seen.append(len(train))
        danger = (frame["priority"].to_numpy() <= 2)[test]
        return danger * (1 - 10 / len(train) ** 0.5 / 2) + np.random.default_rng(len(seen)).random(len(test))

    monkeypatch.setattr(limits, "_scores", scores)
    monkeypatch.setattr(limits, "_FOLDS", 2)
    monkeypatch.setattr(limits, "_REPEATS", 1)
    text = limits.learning_curve(calls, sizes)
    assert seen == list(sizes) * 2
    areas = [float(line.split("|")[2].split()[0]) for line in text.splitlines()[2:]]
    assert areas[:4] == sorted(areas[:4]) and min(areas[4:]) > areas[3]
