"""The publication policy: bounds stop a release, and only a signed decision lets one pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from data_quality.policy import Measure, Policy, judge_policy, read_policy, read_policy_decisions
from data_quality.signed_files import SignedFileError

TODAY = date(2026, 6, 1)
POLICY = Policy(
    1,
    "f" * 64,
    ("head of data governance",),
    (
        Measure("exposure", "hotspots", "ratio", 5.0, None, True),
        Measure("coverage", "forecasts", "share", None, 0.6, False),
    ),
)


def _signed(folder: Path, **changes: object) -> Path:
    content = {
        "policy": POLICY.sha256,
        "measure": "exposure",
        "accepted_value": 7.0,
        "signed_by": {"name": "A. Reader", "role": "head of data governance"},
        "signed_on": date(2026, 5, 1),
        "rationale": "The ratio rests on one area with twelve residents, which the map names.",
        "valid_until": date(2026, 12, 31),
    }
    folder.mkdir(exist_ok=True)
    (folder / "one.yml").write_text(yaml.safe_dump(content | changes))
    return folder


def test_the_policy_that_is_shipped_is_one() -> None:
    """A policy that cannot be read would stop every release."""
    policy = read_policy()
    assert {measure.product for measure in policy.measures} >= {"hotspots", "forecasts"}
    assert len(policy.sha256) == 64


def test_values_past_a_bound_are_refused_on_either_side() -> None:
    """A bound that is compared the wrong way round would let the worst pass."""
    judged = judge_policy(POLICY, {"exposure": 5.1, "coverage": 0.59}, [])
    assert [one.status for one in judged] == ["broken", "broken"]
    assert all(one.is_refused for one in judged)
    judged = judge_policy(POLICY, {"exposure": 5.0, "coverage": 0.6}, [])
    assert [one.status for one in judged] == ["kept", "kept"]


def test_what_was_not_measured_passes_only_where_the_policy_says_so() -> None:
    """A missing table must not read as a kept bound."""
    judged = judge_policy(POLICY, {"exposure": float("nan")}, [])
    assert [(one.status, one.is_refused) for one in judged] == [
        ("not_measured", False),
        ("not_measured", True),
    ]


def test_a_signed_decision_lets_pass_up_to_the_value_that_it_accepts(tmp_path: Path) -> None:
    """A decision about one value must not cover whatever comes later."""
    decisions, problems = read_policy_decisions(_signed(tmp_path / "d"), POLICY, TODAY)
    assert not problems
    accepted = judge_policy(POLICY, {"exposure": 6.9, "coverage": 0.9}, decisions)[0]
    assert accepted.status == "accepted" and not accepted.is_refused
    assert accepted.decision is not None and accepted.decision.signed_by == "A. Reader"
    assert judge_policy(POLICY, {"exposure": 7.1, "coverage": 0.9}, decisions)[0].is_refused


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"policy": "0" * 64}, "another policy"),
        ({"measure": "other"}, "not a measure"),
        ({"signed_by": {"name": "A. Reader", "role": "analyst"}}, "may not sign"),
        ({"signed_by": "A. Reader"}, "nobody signed"),
        ({"rationale": "because"}, "too short"),
        ({"valid_until": date(2026, 5, 31)}, "expired"),
        ({"valid_until": date(2028, 1, 1)}, "would hold"),
        ({"signed_on": date(2026, 6, 2)}, "to come"),
        ({"accepted_value": None}, "missing"),
        ({"accepted_value": float("inf")}, "not a number"),
        ({"note": "x"}, "nothing else"),
        ({"unmeasured_because": "The areas are Welsh, and the index is of England."}, "one of"),
    ],
)
def test_a_decision_that_is_not_in_order_changes_nothing(
    tmp_path: Path, changes: dict[str, object], rule: str
) -> None:
    """A careless or forged decision must not publish what the policy forbids; it must be named."""
    decisions, problems = read_policy_decisions(_signed(tmp_path / "d", **changes), POLICY, TODAY)
    assert decisions == []
    assert len(problems) == 1 and rule in problems[0] and "Remedy" in problems[0]


_UNMEASURED = "The areas are Welsh and have no decile of the English index of deprivation."


def _signed_as_unmeasured(folder: Path, **changes: object) -> Path:
    path = _signed(folder, measure="coverage") / "one.yml"
    content = yaml.safe_load(path.read_text())
    del content["accepted_value"]
    path.write_text(yaml.safe_dump(content | {"unmeasured_because": _UNMEASURED} | changes))
    return folder


def test_only_a_decision_about_not_knowing_lets_an_unmeasured_measure_pass(tmp_path: Path) -> None:
    """Whoever accepts a value has not accepted that there is none, and the other way round."""
    decisions, problems = read_policy_decisions(_signed_as_unmeasured(tmp_path / "d"), POLICY, TODAY)
    assert not problems
    passed = judge_policy(POLICY, {"exposure": 1.0, "coverage": None}, decisions)[1]
    assert (passed.status, passed.is_refused, passed.value) == ("accepted_unmeasured", False, None)
    assert passed.decision is not None and passed.decision.unmeasured_because == _UNMEASURED
    # Once it is measured and broken, the decision is about something else.
    assert judge_policy(POLICY, {"exposure": 1.0, "coverage": 0.1}, decisions)[1].is_refused
    about_a_value, _ = read_policy_decisions(
        _signed(tmp_path / "v", measure="coverage", accepted_value=0.0), POLICY, TODAY
    )
    assert not judge_policy(POLICY, {"exposure": 1.0, "coverage": 0.1}, about_a_value)[1].is_refused
    assert judge_policy(POLICY, {"exposure": 1.0, "coverage": None}, about_a_value)[1].is_refused


def test_a_decision_about_an_unmeasured_measure_is_about_no_other(tmp_path: Path) -> None:
    """One signature must not cover every measure that happens to fail on the same day."""
    policy = replace(POLICY, measures=tuple(replace(one, may_be_unmeasured=False) for one in POLICY.measures))
    decisions, _ = read_policy_decisions(_signed_as_unmeasured(tmp_path / "d"), policy, TODAY)
    judged = judge_policy(policy, {}, decisions)
    assert [one.is_refused for one in judged] == [True, False]


@pytest.mark.parametrize("because", ["unknown", "", None, 3])
def test_an_unmeasured_measure_needs_a_reason(tmp_path: Path, because: object) -> None:
    """A field that anything fills would turn the decision into a tick."""
    folder = _signed_as_unmeasured(tmp_path / "d", unmeasured_because=because)
    decisions, problems = read_policy_decisions(folder, POLICY, TODAY)
    assert decisions == [] and "unmeasured_because" in problems[0]


@given(
    value=st.floats(-100, 100), accepted=st.floats(-100, 100), highest=st.floats(-10, 10), low=st.floats(0, 5)
)
def test_no_decision_lets_pass_what_is_worse_than_it_accepts(
    value: float, accepted: float, highest: float, low: float
) -> None:
    """For any bounds and values: what passes lies within the bounds, or no farther out than accepted."""
    measure = Measure("m", "p", "w", highest, highest - low, False)
    policy = Policy(1, "f" * 64, ("r",), (measure,))
    from data_quality.policy import Decision

    decision = Decision("f", "s", "m", accepted, "n", "r", "2026-01-01", "why", "2026-12-31")
    judged = judge_policy(policy, {"m": value}, [decision])[0]
    if not judged.is_refused and measure.excess(value):
        assert abs(measure.excess(value)) <= abs(measure.excess(accepted))
        assert (value > highest) == (accepted > highest)


def test_a_decision_about_one_bound_is_none_about_the_other() -> None:
    """Whoever accepts a map that marks too much has not accepted one that marks nothing."""
    from data_quality.policy import Decision

    measure = Measure("m", "p", "w", 5.0, 1.0, False)
    assert (measure.excess(7.0), measure.excess(0.5), measure.excess(3.0)) == (2.0, -0.5, 0.0)
    decision = Decision("f", "s", "m", 7.0, "n", "r", "2026-01-01", "why", "2026-12-31")
    policy = Policy(1, "f" * 64, ("r",), (measure,))
    statuses = [judge_policy(policy, {"m": value}, [decision])[0].status for value in (6.5, 7.5, 0.5)]
    assert statuses == ["accepted", "broken", "broken"]


@pytest.mark.parametrize(
    ("value", "error", "status", "is_near"),
    [
        (5.1, 0.06, "broken", True),
        (4.9, 0.06, "kept", True),
        (5.1, 0.04, "broken", False),
        (5.0, 0.0, "kept", False),
        (5.1, float("nan"), "broken", False),
        (5.1, None, "broken", False),
    ],
)
def test_the_error_of_a_simulation_is_told_and_decides_nothing(
    value: float, error: float | None, status: str, is_near: bool
) -> None:
    """A reader must see that another run might cross the bound; a plan must not pass by being uncertain."""
    judged = judge_policy(POLICY, {"exposure": value}, [], {"exposure": error})[0]
    assert (judged.status, judged.is_within_error) == (status, is_near)


_WITH_ONE = "version: 1\nmay_sign: [a]\nmeasures:\n- {name: n, product: p, %s}\n"


def test_a_measure_says_why_its_bound_is_where_it_is(tmp_path: Path) -> None:
    """The cases below must fail by what they lack, and not by something else."""
    path = tmp_path / "policy.yml"
    path.write_text(
        _WITH_ONE % "what: w, why: y, highest: 1, may_be_unmeasured: true, unmeasured_where: in Wales"
    )
    (measure,) = read_policy(path).measures
    assert (measure.why, measure.unmeasured_where) == ("y", "in Wales")


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nmay_sign: []\nmeasures: [{}]\n",
        "version: 1\nmay_sign: [a]\nmeasures: []\n",
        _WITH_ONE % "what: w, why: y, may_be_unmeasured: false",
        _WITH_ONE % "what: w, why: y, highest: x, may_be_unmeasured: false",
        _WITH_ONE % "what: w, highest: 1, may_be_unmeasured: false",
        _WITH_ONE % "what: w, why: y, highest: 1, may_be_unmeasured: true",
        _WITH_ONE % "what: w, why: y, highest: 1, may_be_unmeasured: false, unmeasured_where: in Wales",
        "- a list\n",
    ],
)
def test_a_policy_that_is_half_understood_is_refused(tmp_path: Path, text: str) -> None:
    """A typing error in a bound must stop the release, not lift the bound."""
    path = tmp_path / "policy.yml"
    path.write_text(text)
    with pytest.raises(SignedFileError):
        read_policy(path)


def test_every_measure_of_the_policy_can_be_measured() -> None:
    """A measure that nothing measures would always read as unmeasured."""
    from orchestration.publication_policy import MEASURES

    assert set(MEASURES) == {measure.name for measure in read_policy().measures}
