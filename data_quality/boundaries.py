"""Judges a table behind the raw boundary by its suite, and keeps the verdict with what was answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_quality.files import write_text_atomically
from data_quality.judge import judge
from data_quality.promotion import EVIDENCE_FILE
from data_quality.suites.boundaries import Boundary, Part, TableSuite, table_suites
from data_quality.suites.version import table_suite_version
from data_quality.verdicts import RuleResult, Status, Verdict, VerdictError, read_verdict, write_verdict

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_REMEDY = "look at what the message names; correct the source, the model or, if the data are right, the rule"
_SHOWN_ROWS = 12


@dataclass(frozen=True)
class TableOutcome:
    """What was found about a table.

    Parameters
    ----------
    verdict
        The verdict; ``dataset`` is the table's name, month and force are none.
    evidence
        The answers of Great Expectations by part, ready for JSON.
    """

    verdict: Verdict
    evidence: dict[str, Any]


def judge_table(
    suite: TableSuite, frames: Mapping[str, pd.DataFrame], *, row_count: int, data_version: str
) -> TableOutcome:
    """Judge a table by the frames that its suite names; never raises over data.

    Parameters
    ----------
    suite
        The table's rules.
    frames
        One frame a part of the suite, by name.
    row_count
        Rows of the table.
    data_version
        Digest of the table's content, 64 hexadecimal digits.

    Returns
    -------
    TableOutcome
        Its verdict is ``failed`` when a critical rule is broken and ``crashed`` when Great Expectations, or a
        missing frame, left a rule without an answer.
    """
    results: list[RuleResult] = []
    evidence: dict[str, Any] = {}
    crash = None
    for part in suite.parts:
        frame = frames.get(part.name)
        if frame is None:
            crash = f"there is no frame {part.name!r} to judge"
            break
        if not len(frame):
            continue
        judged = judge(f"{suite.table} {part.name}", part.rules, frame, None)
        evidence[part.name] = judged.evidence
        if judged.crash is not None:
            crash = judged.crash
            break
        results += [_named(result, judged.broken.get(result.rule), frame, part) for result in judged.results]
    broken = [result for result in results if result.severity == "critical" and not result.success]
    status: Status = "crashed" if crash else "failed" if broken else "passed"
    verdict = Verdict(
        dataset=suite.table,
        month=None,
        force=None,
        status=status,
        data_version=data_version,
        suite_version=table_suite_version(),
        record_count_landed=row_count,
        record_count_validated=row_count if status == "passed" else 0,
        record_count_quarantined=0,
        parquet_sha256=None,
        evaluated_at=datetime.now(UTC).isoformat(timespec="seconds"),
        reason=_reason(suite.table, crash, broken),
        rules=tuple(results),
    )
    return TableOutcome(verdict, evidence)


def _named(result: RuleResult, broken: np.ndarray | None, frame: pd.DataFrame, part: Part) -> RuleResult:
    """Return the result with the rows that break the rule by name, since each stands for a partition."""
    if broken is None or not len(broken):
        return result
    rows = frame.iloc[broken[:_SHOWN_ROWS]]
    shown = [name for name in (*part.label, *_judged_columns(result.rule, part)) if name in rows]
    words = "; ".join(
        ", ".join(f"{name} {_text(value)}" for name, value in zip(shown, values, strict=True))
        for values in rows[list(dict.fromkeys(shown))].itertuples(index=False)
    )
    more = f"; and {len(broken) - _SHOWN_ROWS} more" if len(broken) > _SHOWN_ROWS else ""
    return replace(result, observed=f"{len(broken):,} of {len(frame):,} rows: {words}{more}")


def _judged_columns(name: str, part: Part) -> tuple[str, ...]:
    columns = next(rule.columns for rule in part.rules if rule.name == name)
    return tuple(column for column in columns if column != "geometry_wkt" and column not in part.label)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).removesuffix(" 00:00:00")


def _reason(table: str, crash: str | None, broken: list[RuleResult]) -> str | None:
    if crash is not None:
        return f"{table}: the suite could not be judged: {crash}. Remedy: repair the suite and judge again."
    if not broken:
        return None
    faults = "; ".join(f"{result.rule}: {result.observed}: {result.reason}" for result in broken)
    return f"{table}: {faults}. Remedy: {_REMEDY}."


def write_outcome(outcome: TableOutcome, folder: Path) -> None:
    """Write the evidence and then the verdict into the table's folder."""
    text = json.dumps(outcome.evidence, indent=2, ensure_ascii=False, default=str) + "\n"
    write_text_atomically(folder / EVIDENCE_FILE, text)
    write_verdict(outcome.verdict, folder)


def refusals(root: Path, boundary: Boundary, data_versions: Mapping[str, str]) -> list[str]:
    """Say which tables of a boundary must not be published, and why; empty when all may be.

    Parameters
    ----------
    root
        The folder of the boundary's verdicts, with one folder a table.
    boundary
        The boundary.
    data_versions
        Digest of each table's content as it is now: a verdict on another content counts for nothing.

    Returns
    -------
    list of str
        A sentence a table, in order of name.
    """
    said = ((table, _refusal(root / table, data_versions.get(table))) for table in table_suites(boundary))
    return [f"{table}: {reason}" for table, reason in said if reason]


def _refusal(folder: Path, data_version: str | None) -> str | None:
    if data_version is None:
        return "it is not in the warehouse"
    try:
        verdict = read_verdict(folder)
    except VerdictError as error:
        return f"it was not judged ({error})"
    if verdict.status != "passed":
        return verdict.reason or verdict.status
    if verdict.data_version != data_version or verdict.suite_version != table_suite_version():
        return "its verdict is about another content or other rules: judge it again"
    return None
