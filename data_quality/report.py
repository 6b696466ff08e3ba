"""Writes the validation report: one HTML page that needs nothing else, not even a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data_quality.files import write_text_atomically
from data_quality.report_data import (
    STATUSES,
    DatasetSummary,
    QuarantinedRule,
    summarise_datasets,
    summarise_quarantine,
)
from data_quality.verdicts import RuleResult, Status, Verdict, read_all

__all__ = ["summarise_quarantine", "write_report_of", "write_validation_report"]

_TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE = "validation.html.j2"


def write_report_of(validated_root: Path, quarantine_root: Path, path: Path) -> None:
    """Read all current verdicts and quarantined records, and write the report about them.

    Parameters
    ----------
    validated_root, quarantine_root
        Roots of the validated data and of the quarantine.
    path
        The page to write.
    """
    write_validation_report(read_all(validated_root), summarise_quarantine(quarantine_root), path)


def write_validation_report(
    verdicts: Sequence[Verdict], quarantine_summary: Sequence[QuarantinedRule], path: Path
) -> None:
    """Write the report about the given verdicts.

    Parameters
    ----------
    verdicts
        Verdicts of every dataset and partition.
    quarantine_summary
        Quarantined records by dataset and rule, with samples.
    path
        The page to write; replaced in one step.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    page = environment.get_template(_TEMPLATE).render(_content(verdicts, quarantine_summary))
    write_text_atomically(path, page)


def _content(verdicts: Sequence[Verdict], quarantine: Sequence[QuarantinedRule]) -> dict[str, Any]:
    datasets = summarise_datasets(verdicts)
    totals = {status: sum(d.status_counts[status] for d in datasets) for status in STATUSES}
    return {
        "headline": _headline(totals),
        "overall": _overall(totals),
        "totals": totals,
        "datasets": datasets,
        "statuses": STATUSES,
        "sums": _sums(datasets),
        "notable_results": notable_results,
        "quarantine": quarantine,
        "latest": max((verdict.evaluated_at for verdict in verdicts), default=None),
    }


def notable_results(verdict: Verdict) -> list[RuleResult]:
    """Return the results worth a line: rules that do not hold, and those that rejected records."""
    return [r for r in verdict.rules if not r.success or (r.scope == "row" and r.unexpected_count)]


def _sums(datasets: Sequence[DatasetSummary]) -> dict[str, int]:
    return {
        "landed": sum(d.landed_count for d in datasets),
        "validated": sum(d.validated_count for d in datasets),
        "quarantined": sum(d.quarantined_count for d in datasets),
    }


def _overall(totals: Mapping[Status, int]) -> str:
    if totals["crashed"]:
        return "crashed"
    return "failed" if totals["failed"] else "passed"


def _headline(totals: Mapping[Status, int]) -> str:
    refused = totals["failed"] + totals["crashed"]
    if refused:
        return f"{refused:,} of {sum(totals.values()):,} partitions are withheld"
    if totals["passed"]:
        return f"All {totals['passed']:,} partitions that upstream has passed their gates"
    return "Nothing has been through a gate yet"


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
