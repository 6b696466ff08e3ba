"""What approves a patrol plan: a person's signed file about exactly this plan, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from data_quality.plan_approvals import Approval, judge_plan, read_approvals
from data_quality.policy import PATROL_PLANS, Decision, Measure, Policy, judge_policy, read_policy
from data_quality.signed_files import SignedFileError, Statement

TODAY = date(2026, 6, 1)
ROLES = ("head of data governance",)
PLAN = "a" * 64
POLICY = Policy(1, "f" * 64, ROLES, (Measure("loop", PATROL_PLANS, "ratio", 1.5, None, False, True),))


def _signed(folder: Path, **changes: object) -> Path:
    content = {
        "plan": PLAN,
        "signed_by": {"name": "A. Inspector", "role": ROLES[0]},
        "signed_on": date(2026, 5, 30),
        "rationale": "Read area by area with the neighbourhood teams, who know of each of them.",
        "valid_until": date(2026, 6, 30),
    }
    folder.mkdir(exist_ok=True)
    (folder / "june.yml").write_text(yaml.safe_dump(content | changes))
    return folder


def test_a_plan_is_proposed_until_a_person_approves_it(tmp_path: Path) -> None:
    """A system that approves its own plans has nobody who answers for them."""
    judged = judge_policy(POLICY, {"loop": 1.2}, [])
    assert judge_plan(PLAN, judged, []).status == "proposed"
    approvals, problems = read_approvals(_signed(tmp_path / "a"), PLAN, ROLES, TODAY)
    approved = judge_plan(PLAN, judged, approvals)
    assert not problems and approved.status == "approved"
    assert approved.approval is not None and approved.approval.statement.signed_by == "A. Inspector"


def test_an_approval_of_another_plan_approves_nothing() -> None:
    """A signature that could be passed on from plan to plan would be a blank cheque."""
    judged = judge_policy(POLICY, {"loop": 1.2}, [])
    other = Approval("x.yml", "0" * 64, "b" * 64, Statement("A", ROLES[0], "2026-05-30", "r", "2026-06-30"))
    assert judge_plan(PLAN, judged, [other]).status == "proposed"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"plan": "b" * 64}, "another plan"),
        ({"plan": PLAN[:12]}, "another plan"),
        ({"signed_by": {"name": "crimeharm", "role": "the system"}}, "may not sign"),
        ({"signed_by": "A. Inspector"}, "nobody signed"),
        ({"valid_until": date(2026, 5, 31)}, "expired"),
        ({"signed_on": date(2026, 6, 2)}, "a day to come"),
        ({"rationale": "looks fine"}, "too short"),
        ({"status": "approved"}, "nothing else"),
    ],
)
def test_a_file_that_does_not_hold_is_named_and_not_followed(
    tmp_path: Path, changes: dict, rule: str
) -> None:
    """An approval that half holds must not send a patrol, and its writer must be told why."""
    approvals, problems = read_approvals(_signed(tmp_path / "a", **changes), PLAN, ROLES, TODAY)
    assert approvals == [] and len(problems) == 1
    assert rule in problems[0] and "june.yml" in problems[0] and "Remedy" in problems[0]


@pytest.mark.parametrize("value", [1.6, None])
def test_the_policy_comes_before_an_approval(tmp_path: Path, value: float | None) -> None:
    """An approved plan past a bound must stay out, and everything else must still be published."""
    judged = judge_policy(POLICY, {"loop": value}, [])
    assert [(one.is_refused, one.is_withheld) for one in judged] == [(False, True)]
    approvals, _ = read_approvals(_signed(tmp_path / "a"), PLAN, ROLES, TODAY)
    found = judge_plan(PLAN, judged, approvals)
    assert (found.status, found.reasons, found.approval) == ("withheld", ("loop",), None)


def test_a_decision_about_the_bound_lets_the_plan_be_approved() -> None:
    """A person who decides otherwise must be heard here as well."""
    decision = Decision("d.yml", "0" * 64, "loop", 1.7, "A", ROLES[0], "2026-05-01", "why", "2026-12-31")
    judged = judge_policy(POLICY, {"loop": 1.6}, [decision])
    assert judge_plan(PLAN, judged, []).status == "proposed"


def test_only_patrol_plans_can_be_left_out(tmp_path: Path) -> None:
    """A bound on another product that withholds nothing would stop nothing."""
    path = tmp_path / "policy.yml"
    measure = {"name": "m", "product": "risk maps", "what": "w", "highest": 1.0, "may_be_unmeasured": False}
    measure["why"] = "y"
    content = {"version": 1, "may_sign": list(ROLES), "measures": [measure | {"withholds_only": True}]}
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(SignedFileError, match="may not withhold"):
        read_policy(path)
    measure["product"] = PATROL_PLANS
    path.write_text(yaml.safe_dump(content | {"measures": [measure | {"withholds_only": True}]}))
    assert read_policy(path).measures[0].withholds_only
