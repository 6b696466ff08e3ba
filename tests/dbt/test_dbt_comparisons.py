"""Rank agreement and change from year to year, beside independent computations of the same figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, kendalltau

from tests.dbt.compiled_models import CompiledModels, compile_models

CONCORDANCE, SENSITIVITY = "int_harm_rank_concordance", "mart_harm_scheme_sensitivity"
CHANGE = "mart_crime_change_year"
HARM = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 400)), min_size=2, max_size=60)


@pytest.fixture(scope="module")
def agreement(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    """The models of rank agreement, compiled once."""
    return compile_models(tmp_path_factory.mktemp("agreement"), CONCORDANCE, SENSITIVITY)


@pytest.fixture(scope="module")
def change(tmp_path_factory: pytest.TempPathFactory) -> CompiledModels:
    """The model of change, compiled once."""
    return compile_models(tmp_path_factory.mktemp("change"), CHANGE)


@given(harm=HARM)
@settings(max_examples=60, deadline=None)
def test_kendalls_tau_is_that_of_scipy(agreement: CompiledModels, harm: list[tuple[int, int]]) -> None:
    """Counting bit by bit is quick and easy to get wrong; a wrong tau would pass for sensitivity."""
    active, other = (np.array(values, dtype=float) for values in zip(*harm, strict=True))
    ranking = pd.concat([_ranked("s", active, True), _ranked("t", other, False)])
    with agreement.over({"mart_harm_ranking": ranking}) as connection:
        found = connection.execute(f"select kendall_tau from {SENSITIVITY}").fetchall()
    expected = kendalltau(active, other, variant="b").statistic
    assert len(found) == 1
    assert found[0][0] is None if np.isnan(expected) else found[0][0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("later", "earlier"), [(60, 40), (0, 7), (7, 0), (1, 1), (12_345, 11_987)])
def test_the_ratio_has_wilsons_interval(change: CompiledModels, later: int, earlier: int) -> None:
    """An interval that is too narrow makes news of noise, and one without bounds at zero hides a fall."""
    found = _latest(change, later, earlier)
    interval = binomtest(later, later + earlier).proportion_ci(method="wilson")
    ratio, lower, upper = found["rate_ratio"], found["rate_ratio_lower"], found["rate_ratio_upper"]
    assert (found["crime_count"], found["earlier_crime_count"]) == (later, earlier)
    assert lower == pytest.approx(interval.low / (1 - interval.low), abs=1e-9)
    if earlier:
        assert ratio == pytest.approx(later / earlier)
        assert upper == pytest.approx(interval.high / (1 - interval.high))
    else:
        assert ratio is None
        assert upper is None


def test_a_missing_month_is_not_compared(change: CompiledModels) -> None:
    """A month that nobody sent would read as a fall in crime by a twelfth."""
    found = _latest(change, 60, 40, missing="2024-05")
    assert (found["month_count"], found["earlier_month_count"], found["is_comparable"]) == (11, 12, False)
    assert found["rate_ratio"] is None


@pytest.mark.parametrize(
    ("broken", "affects", "force", "area_type", "expected"),
    [
        ("2023-02-01", "counts", None, "force", False),
        ("2024-12-01", "counts", "f", "district", False),
        # The earlier window starts with the break, or another force had it, or places alone moved.
        ("2023-01-01", "counts", None, "force", True),
        ("2024-03-01", "counts", "g", "force", True),
        ("2024-03-01", "places", None, "force", True),
        ("2024-03-01", "places", None, "district", False),
    ],
)
def test_a_recording_break_is_not_compared_across(
    change: CompiledModels, broken: str, affects: str, force: str | None, area_type: str, expected: bool
) -> None:
    """A new recording system would pass for a wave of crime."""
    breaks = [(pd.Timestamp(broken), force, affects)]
    found = _latest(change, 60, 40, area_type=area_type, breaks=breaks)
    assert (found["is_comparable"], found["has_recording_break"]) == (expected, not expected)


def _ranked(scheme: str, harm: np.ndarray, is_active: bool) -> pd.DataFrame:
    frame = pd.DataFrame({"lsoa_code": [f"E{place:03d}" for place in range(len(harm))], "harm_days": harm})
    ranks = frame["harm_days"].rank(method="min", ascending=False).astype("int64")
    return frame.assign(harm_scheme=scheme, is_active_scheme=is_active, harm_rank=ranks)


def _latest(
    change: CompiledModels,
    later: int,
    earlier: int,
    missing: str | None = None,
    area_type: str = "force",
    breaks: list[tuple[pd.Timestamp, str | None, str]] | None = None,
) -> dict[str, object]:
    """Return the newest window of 2023 and 2024, of a force and of its one district, for all crime."""
    counts = {pd.Timestamp("2023-03-01"): earlier, pd.Timestamp("2024-03-01"): later}
    # The first and the last month stand there with no more than a zero, to say how far the series goes.
    counts |= {pd.Timestamp("2023-01-01"): 0, pd.Timestamp("2024-12-01"): 0}
    rows = [
        (kind, code, kind, month, "Drugs", count)
        for kind, code in (("force", "f"), ("district", "d"))
        for month, count in counts.items()
    ]
    months = pd.period_range("2023-01", "2024-12", freq="M").astype(str)
    coverage = [("police_street", m, "f", "absent" if m == missing else "present") for m in months]
    names = ["area_type", "area_code", "area_name", "crime_month", "crime_type", "crime_count"]
    break_frame = pd.DataFrame(breaks or [], columns=["break_month", "force_slug", "affects"])
    inputs = {
        "mart_crime_area_month": pd.DataFrame(rows, columns=names),
        "dim_lsoa": pd.DataFrame({"lad_code": ["d"], "force_slug": ["f"]}),
        "audit_coverage": pd.DataFrame(coverage, columns=["dataset", "month", "force", "status"]),
        "recording_breaks": break_frame.astype(
            {"break_month": "datetime64[s]", "force_slug": "str", "affects": "str"}
        ),
    }
    with change.over(inputs) as connection:
        answer = connection.execute(
            f"from {CHANGE} where is_latest_window and crime_type = 'All crime' and area_type = ?",
            [area_type],
        )
        assert answer.description is not None
        columns = [column[0] for column in answer.description]
        (row,) = answer.fetchall()
    return dict(zip(columns, row, strict=True))
