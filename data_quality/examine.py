"""Gathers everything that is wrong with a parsed file: its shape, its records and its accounts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from data_quality.judge import Judgement, judge
from data_quality.schemas import schema_of
from data_quality.suites import Suite
from data_quality.suites.file_rules import file_rules
from data_quality.verdicts import RuleResult

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Findings:
    """What was found in a file.

    Parameters
    ----------
    results
        One result a rule; those about records are missing when the columns are at fault.
    broken
        Positions of the records that break each rule.
    evidence
        The answers of Great Expectations, ready for JSON.
    crash
        What went wrong when it could not answer.
    """

    results: tuple[RuleResult, ...] = ()
    broken: dict[str, np.ndarray] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    crash: str | None = None

    def broken_positions(self) -> np.ndarray:
        """Return the positions of all records that break any rule, ascending."""
        import numpy as np

        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *self.broken.values()]))


def examine(
    suite: Suite,
    frame: pd.DataFrame,
    month: str | None,
    landed: int,
    rejects: pd.DataFrame | None,
    waived: frozenset[str] = frozenset(),
) -> Findings:
    """Judge a file by its suite and by the rules that every file must keep.

    Parameters
    ----------
    suite
        The dataset's rules.
    frame
        Shape (n, columns): the parsed records.
    month
        ``YYYY-MM`` of the partition; none for reference data.
    landed
        Records counted when the file was landed.
    rejects
        Records that the reader could not parse.
    waived
        Rules that records may break without being quarantined.

    Returns
    -------
    Findings
        When Great Expectations could not answer, nothing but its evidence and the crash.
    """
    fault = columns_at_fault(frame, schema_of(suite.dataset))
    is_judgeable = not fault and len(frame) > 0
    records = judge(suite.dataset, suite.rules, frame, month) if is_judgeable else Judgement()
    if records.crash is not None:
        return Findings(evidence=records.evidence, crash=records.crash)
    by_reader = _reader_results(rejects, len(frame), suite)
    broken = {rule: positions for rule, positions in records.broken.items() if rule not in waived}
    so_far = Findings(records.results + by_reader, broken, records.evidence)
    rejected = 0 if rejects is None else len(rejects)
    return _with_accounts(so_far, suite, fault, len(frame), rejected, landed)


def columns_at_fault(frame: pd.DataFrame, schema: pa.Schema) -> str:
    """Say which columns are missing, unknown or of another type than the schema's; empty when none is.

    Parameters
    ----------
    frame
        Shape (n, columns): the parsed records. A column has the type when Arrow can convert every value of
        it without loss; types are only looked at when no column is missing.
    schema
        The columns as they are to be.
    """
    missing = [name for name in schema.names if name not in frame]
    unknown = [str(name) for name in frame if name not in schema.names]
    wrong = [] if missing else _wrongly_typed(frame, schema)
    faults = {"missing": missing, "unknown": unknown, "wrong type": wrong}
    return "; ".join(f"{fault}: {', '.join(names)}" for fault, names in faults.items() if names)


def _wrongly_typed(frame: pd.DataFrame, schema: pa.Schema) -> list[str]:
    import pyarrow as pa

    wrong = []
    for column in schema:
        try:
            pa.Array.from_pandas(frame[column.name], type=column.type)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            wrong.append(f"{column.name} ({frame[column.name].dtype} instead of {column.type})")
    return wrong


def _with_accounts(
    findings: Findings, suite: Suite, fault: str, record_count: int, rejected: int, landed: int
) -> Findings:
    """Add the verdict on the file as a whole, for which the records' verdicts must be known."""
    import pandas as pd

    parsed = record_count + rejected
    quarantined = len(findings.broken_positions()) + rejected
    facts = {
        "columns_at_fault": fault,
        "record_count_landed": landed,
        "record_count_parsed": parsed,
        "share_quarantined": quarantined / parsed if parsed else 0.0,
    }
    observed = {
        "columns_as_published": fault or "every column is there, with its type",
        "record_count_matches": f"{landed:,} records landed, {parsed:,} parsed",
        "file_not_empty": f"{parsed:,} records",
        "share_quarantined": f"{quarantined:,} of {parsed:,} records ({facts['share_quarantined']:.2%})",
    }
    rules = file_rules(suite.quarantine_tolerance, suite.may_be_empty, suite.owner)
    whole = judge(f"{suite.dataset} file", rules, pd.DataFrame([facts]), None)
    if whole.crash is not None:
        return Findings(evidence=whole.evidence, crash=whole.crash)
    about_file = tuple(
        replace(result, observed=observed[result.rule], unexpected_count=None) for result in whole.results
    )
    evidence = _merged(suite.dataset, findings.evidence, whole.evidence)
    return Findings(findings.results + about_file, findings.broken, evidence)


def _reader_results(rejects: pd.DataFrame | None, record_count: int, suite: Suite) -> tuple[RuleResult, ...]:
    """Return a result for each rule by which the reader rejected records."""
    if rejects is None or not len(rejects):
        return ()
    total = record_count + len(rejects)
    counts = rejects.groupby("rule", sort=True).agg(count=("rule", "size"), reason=("reason", "first"))
    return tuple(
        RuleResult(
            rule=str(rule),
            expectation="file reader",
            scope="row",
            severity="critical",
            success=bool(row["count"] / total <= suite.quarantine_tolerance),
            observed=f"{row['count']:,} of {total:,} records ({row['count'] / total:.2%})",
            unexpected_count=int(row["count"]),
            reason=str(row["reason"]),
            owner=suite.owner,
        )
        for rule, row in counts.iterrows()
    )


def _merged(dataset: str, records: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    results = [*records.get("results", []), *whole["results"]]
    successful = sum(bool(result["success"]) for result in results)
    return whole | {
        "suite_name": dataset,
        "success": successful == len(results),
        "results": results,
        "suite_parameters": records.get("suite_parameters", {}),
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": successful,
            "unsuccessful_expectations": len(results) - successful,
            "success_percent": 100.0 * successful / len(results),
        },
    }
