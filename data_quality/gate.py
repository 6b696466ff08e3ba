"""The gate: judges one partition or reference dataset and says what may pass.

A gate never raises over data. It answers with a verdict, the records that may be used and those that may not;
if Great Expectations itself breaks, the verdict says so (``crashed``) and nothing passes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from data_quality.corrections import apply_corrections
from data_quality.decisions import NO_DECISIONS, PartitionDecisions
from data_quality.examine import Findings, examine
from data_quality.quarantine import Place, Withheld, quarantine_rows
from data_quality.suites import Suite, suite_of
from data_quality.suites.version import suite_version
from data_quality.verdicts import RuleResult, Status, Verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FileTrouble", "GateOutcome", "absent_verdict", "run_gate", "suite_version"]

CRASH_RULE = "gate_crashed"
UNREADABLE_RULE = "file_readable"
CRASH_REMEDY = "this says nothing about the data: repair the suite or its libraries and run the gate again"
REMEDY = "look at the quarantined rows; then fetch the file again, or correct the rule if upstream is right"


class FileTrouble(Protocol):
    """A fault of a whole file that its reader found.

    ``rule`` is the rule's name when a ``reason`` is there too; otherwise it is the fault in plain words.
    """

    rule: str
    remedy: str


@dataclass(frozen=True)
class GateOutcome:
    """What a gate lets pass and what not.

    Parameters
    ----------
    verdict
        The verdict; ``parquet_sha256`` is set when the outcome is promoted.
    accepted
        Records that may be used; none unless the verdict is ``passed``.
    quarantined
        Rejected records in the quarantine schema, one row a record.
    evidence
        The answers of Great Expectations, ready for JSON.
    """

    verdict: Verdict
    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    evidence: dict[str, Any]


def run_gate(
    dataset: str,
    frame: pd.DataFrame,
    *,
    partition: Mapping[str, str] | None,
    data_version: str,
    record_count_landed: int | None,
    rejects: pd.DataFrame | None = None,
    problem: FileTrouble | None = None,
    source_file: str | None = None,
    decisions: PartitionDecisions = NO_DECISIONS,
) -> GateOutcome:
    """Judge one parsed partition or reference dataset.

    Parameters
    ----------
    dataset
        Name of the dataset.
    frame
        Shape (n, columns): the parsed records in the dataset's validated schema.
    partition
        ``month`` and ``force``; none for reference data.
    data_version
        Version of the landed bytes.
    record_count_landed
        Records counted when landing, by another count than the reader's; none takes the reader's.
    rejects
        Records that could not be parsed: ``source_row``, ``rule``, ``reason``, ``value``, ``record``; with
        ``source_file`` when there are several files.
    problem
        Fault of the whole file, when its reader found one.
    source_file
        Name of the landed file, for messages.
    decisions
        Waivers and corrections that hold for exactly these bytes: records are corrected before they are
        judged, and a waived rule is judged, and its failure named, but has no consequence.

    Returns
    -------
    GateOutcome
        Verdict, accepted records and quarantined ones.

    Raises
    ------
    ValueError
        When there is no such dataset.
    """
    suite = suite_of(dataset)
    place = _place(dataset, partition, source_file, frame)
    rejected = 0 if rejects is None else len(rejects)
    landed = len(frame) + rejected if record_count_landed is None else record_count_landed
    if problem is None:
        frame, fault = apply_corrections(frame, decisions.corrections)
        problem = fault
    findings = _waived(examine(suite, frame, place.month, landed, rejects, decisions.waived_rules), decisions)
    trouble = _trouble(problem)
    withheld = _decide(findings, trouble)
    quarantined = quarantine_rows(frame, suite.rules, findings.broken, rejects, place, withheld)
    accepted = _accepted(frame, findings, suite) if withheld is None else frame.iloc[:0]
    status, reason, results = _status(findings, withheld, trouble, problem, place)
    if reason is not None and decisions.problems:
        reason = f"{reason} Refused as well: {' '.join(decisions.problems)}"
    waived = {result.rule for result in results if result.waived_by is not None}
    verdict = Verdict(
        dataset=dataset,
        month=place.month,
        force=place.force,
        status=status,
        data_version=data_version,
        suite_version=suite_version(dataset),
        record_count_landed=landed,
        record_count_validated=len(accepted),
        record_count_quarantined=len(quarantined),
        parquet_sha256=None,
        evaluated_at=_now(),
        reason=reason,
        rules=results,
        decisions_version=decisions.version,
        waivers=decisions.used(waived),
        corrections=() if problem else decisions.applied(),
    )
    return GateOutcome(verdict, accepted, quarantined, findings.evidence)


def absent_verdict(
    dataset: str, partition: Mapping[str, str] | None, reason: str, *, status: Status = "absent"
) -> Verdict:
    """Return the verdict on a partition of which no bytes are held.

    Parameters
    ----------
    dataset
        Name of the dataset.
    partition
        ``month`` and ``force``; none for reference data.
    reason
        Why there are none, in plain words.
    status
        ``absent`` when upstream does not have it, ``failed`` when it could not be had.
    """
    parts = partition or {}
    return Verdict(
        dataset=dataset,
        month=parts.get("month"),
        force=parts.get("force"),
        status=status,
        data_version=None,
        suite_version=suite_version(dataset),
        record_count_landed=0,
        record_count_validated=0,
        record_count_quarantined=0,
        parquet_sha256=None,
        evaluated_at=_now(),
        reason=reason,
        rules=(),
    )


def _place(
    dataset: str, partition: Mapping[str, str] | None, source_file: str | None, frame: pd.DataFrame
) -> Place:
    parts = partition or {}
    if source_file is None and "source_file" in frame and len(frame):
        source_file = str(frame["source_file"].iloc[0])
    return Place(dataset, parts.get("month"), parts.get("force"), source_file)


def _decide(findings: Findings, trouble: Withheld | None) -> Withheld | None:
    """Return the rule that withholds the whole partition, if one does."""
    if findings.crash is not None:
        return Withheld(CRASH_RULE, f"Great Expectations broke: {findings.crash}")
    if trouble is not None:
        return trouble
    failing = _failing(findings)
    return Withheld(failing[0].rule, _in_words(failing[0])) if failing else None


def _failing(findings: Findings) -> list[RuleResult]:
    return [
        result
        for result in findings.results
        if result.severity == "critical" and not result.success and result.waived_by is None
    ]


def _waived(findings: Findings, decisions: PartitionDecisions) -> Findings:
    """Mark the results whose rule is broken and waived; they stay what they are."""
    results = tuple(
        replace(result, waived_by=decisions.waiver_of(result.rule))
        if not result.success or (result.scope == "row" and result.unexpected_count)
        else result
        for result in findings.results
    )
    return replace(findings, results=results)


def _status(
    findings: Findings,
    withheld: Withheld | None,
    trouble: Withheld | None,
    problem: FileTrouble | None,
    place: Place,
) -> tuple[Status, str | None, tuple[RuleResult, ...]]:
    if withheld is None:
        return "passed", None, findings.results
    where = place.source_file or place.dataset
    faults = [f"{withheld.rule}: {withheld.reason}"]
    if findings.crash is not None:
        result = _whole_result(withheld, "Great Expectations")
        return "crashed", _message(where, faults, CRASH_REMEDY), (result,)
    if trouble is not None and problem is not None:
        result = _whole_result(trouble, "file reader")
        return "failed", _message(where, faults, problem.remedy), (result, *findings.results)
    faults = [f"{result.rule}: {_in_words(result)}" for result in _failing(findings)]
    return "failed", _message(where, faults, REMEDY), findings.results


def _trouble(problem: FileTrouble | None) -> Withheld | None:
    if problem is None:
        return None
    reason = getattr(problem, "reason", None)
    return Withheld(problem.rule, reason) if reason else Withheld(UNREADABLE_RULE, problem.rule)


def _whole_result(withheld: Withheld, judged_by: str) -> RuleResult:
    return RuleResult(
        rule=withheld.rule,
        expectation=judged_by,
        scope="table",
        severity="critical",
        success=False,
        observed=None,
        unexpected_count=None,
        reason=withheld.reason,
    )


def _in_words(result: RuleResult) -> str:
    return f"{result.observed}: {result.reason}"


def _message(where: str, faults: list[str], remedy: str) -> str:
    return f"{where}: {'; '.join(faults)}. Remedy: {remedy}."


def _accepted(frame: pd.DataFrame, findings: Findings, suite: Suite) -> pd.DataFrame:
    kept = frame.drop(index=frame.index[findings.broken_positions()])
    return kept.sort_values(list(suite.sort_by), kind="stable").reset_index(drop=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
