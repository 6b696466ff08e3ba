"""What becomes of a patrol plan: a signed file that names its digest approves it, and nothing else does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from data_quality.policy import Judgement
from data_quality.signed_files import (
    SignedFileError,
    Statement,
    load_yaml,
    read_signed_files,
    statement_of,
    text_of,
)

_KEYS = {"plan", "signed_by", "signed_on", "rationale", "valid_until"}
_GUIDE = "write it as docs/runbook.md shows, under 'Approve a patrol plan'"

PlanStatus = Literal["proposed", "approved", "withheld"]


@dataclass(frozen=True)
class Approval:
    """A signed file that approves exactly one plan."""

    file: str
    sha256: str
    plan_sha256: str
    statement: Statement


@dataclass(frozen=True)
class PlanJudgement:
    """What became of a plan.

    Parameters
    ----------
    plan_sha256
        Digest of the plan.
    status
        ``proposed`` until a person approves it; ``withheld`` when the policy does not let it be published,
        approved or not.
    reasons
        Why it is withheld.
    approval
        The signed file, when it is approved.
    """

    plan_sha256: str
    status: PlanStatus
    reasons: tuple[str, ...] = ()
    approval: Approval | None = None


def read_approvals(
    folder: Path, plan_sha256: str, may_sign: Sequence[str], today: date
) -> tuple[list[Approval], list[str]]:
    """Read the signed approvals of a plan.

    Parameters
    ----------
    folder
        Folder of ``<name>.yml``; it need not exist.
    plan_sha256
        Digest of the plan that they must name, whole.
    may_sign
        Roles that may sign: those of the publication policy.
    today
        The day on which they are to hold.

    Returns
    -------
    tuple of list of Approval and list of str
        Those that hold, and what is wrong with each other file.
    """
    return read_signed_files(
        folder,
        lambda data, name: _approval(data, name, plan_sha256, may_sign, today),
        kind="approval",
        guide=_GUIDE,
    )


def judge_plan(
    plan_sha256: str,
    judgements: Sequence[Judgement],
    approvals: Sequence[Approval],
    named: Sequence[str] = (),
) -> PlanJudgement:
    """Say what became of a plan.

    Parameters
    ----------
    plan_sha256
        Its digest.
    judgements
        What the policy said of every measure.
    approvals
        Those that hold for this very plan.
    named
        Other reasons to withhold it, in words.
    """
    reasons = [*named, *(one.measure.name for one in judgements if one.is_withheld)]
    if reasons:
        return PlanJudgement(plan_sha256, "withheld", tuple(reasons))
    own = [one for one in approvals if one.plan_sha256 == plan_sha256]
    if own:
        return PlanJudgement(plan_sha256, "approved", approval=own[0])
    return PlanJudgement(plan_sha256, "proposed")


def _approval(data: bytes, file: str, plan_sha256: str, may_sign: Sequence[str], today: date) -> Approval:
    content = load_yaml(data)
    if not isinstance(content, dict) or set(content) != _KEYS:
        raise SignedFileError(f"it must have {', '.join(sorted(_KEYS))}, and nothing else")
    if text_of(content, "plan") != plan_sha256:
        raise SignedFileError(
            "it approves another plan than today's",
            f"look at today's plan, and approve it anew with its sha256 {plan_sha256}",
        )
    statement = statement_of(content, may_sign, today)
    return Approval(file, hashlib.sha256(data).hexdigest(), plan_sha256, statement)
