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
