"""The validation report for machines: one JSON file with what the pages say, always in the same order."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from data_quality.report_data import DatasetSummary, Partition, Report, RuleSummary
from data_quality.report_pages import dataset_page, partition_link, rule_page
from data_quality.report_trends import MonthOfRule
from data_quality.verdicts import RuleResult

FORMAT_VERSION = 1


def report_as_json(report: Report) -> str:
    """Return the report as the text of a JSON file, documented in ``docs/data_contracts``.

    Parameters
    ----------
    report
        What the pages are made of.

    Returns
    -------
    str
        ASCII, one line for each partition, so that two reports can be compared line by line.
    """
    boundaries = [
        {
            "boundary": boundary.name,
            "title": boundary.title,
            "datasets": [_dataset(dataset, report.has_history) for dataset in boundary.datasets],
        }
        for boundary in report.boundaries
    ]
    content = {
        "format_version": FORMAT_VERSION,
        "has_history": report.has_history,
        "status_counts": report.status_counts,
        "boundaries": boundaries,
    }
    # A quotation mark inside a text is escaped, so only the beginning of a partition can be replaced.
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace('{"corrections":', '\n{"corrections":') + "\n"


def _dataset(dataset: DatasetSummary, has_history: bool) -> dict[str, Any]:
    places = {rule.rule: place for place, rule in enumerate(dataset.rules)}
    content: dict[str, Any] = {
        "dataset": dataset.dataset,
        "page": dataset_page(dataset.dataset, dataset.boundary),
        "status": dataset.status,
        "status_counts": dataset.status_counts,
        "record_count_landed": dataset.landed_count,
        "record_count_validated": dataset.validated_count,
        "record_count_quarantined": dataset.quarantined_count,
        "rules": [_rule(dataset, rule, has_history) for rule in dataset.rules],
        "quarantined": [_without(asdict(rule), "dataset") for rule in dataset.quarantined],
        "partitions": [_partition(dataset, part, places, has_history) for part in dataset.partitions],
    }
    if has_history:
        content["days"] = [asdict(day) for day in dataset.days]
    return content


def _rule(dataset: DatasetSummary, rule: RuleSummary, has_history: bool) -> dict[str, Any]:
    content = {
        "rule": rule.rule,
        "page": rule_page(dataset.dataset, rule.rule, dataset.boundary),
        "expectation": rule.expectation,
        "scope": rule.scope,
        "severity": rule.severity,
        "owner": rule.owner,
        "reason": rule.reason,
        "judged_count": rule.judged_count,
        "broken_count": rule.broken_count,
        "record_count": rule.record_count,
        "months": [_month(month) for month in rule.months],
    }
    return content | ({"days": [asdict(day) for day in rule.days]} if has_history else {})


def _month(month: MonthOfRule) -> dict[str, Any]:
    # Each force's own number is in the results of its partition.
    return {
        "month": month.month,
        "judged_count": month.judged_count,
        "broken_count": month.broken_count,
        "record_count": month.record_count,
        "value": month.value,
    }


def _partition(
    dataset: DatasetSummary, partition: Partition, places: dict[str, int], has_history: bool
) -> dict[str, Any]:
    verdict = partition.verdict
    content: dict[str, Any] = {
        "month": verdict.month,
        "force": verdict.force,
        "page": partition_link(verdict.dataset, verdict.month, verdict.force, dataset.boundary),
        "status": verdict.status,
        "reason": verdict.reason,
        "data_version": verdict.data_version,
        "suite_version": verdict.suite_version,
        "parquet_sha256": verdict.parquet_sha256,
        "record_count_landed": verdict.record_count_landed,
        "record_count_validated": verdict.record_count_validated,
        "record_count_quarantined": verdict.record_count_quarantined,
        "held_rules": [places[result.rule] for result in verdict.rules if not _is_told(result)],
        "results": [_result(result) for result in verdict.rules if _is_told(result)],
        "quarantined": [_without(asdict(rule), "dataset") for rule in partition.quarantined],
        "waivers": [asdict(waiver) for waiver in partition.waivers],
        "corrections": [asdict(applied) for applied in partition.corrections],
    }
    if has_history:
        content["evaluated_at"] = verdict.evaluated_at
        content["judgements"] = [
            _without(asdict(past), "dataset", "month", "force") for past in partition.judgements
        ]
    return content


def _is_told(result: RuleResult) -> bool:
    """Return whether a result says more than that the rule held and no record broke it."""
    return not result.success or result.unexpected_count != 0


def _result(result: RuleResult) -> dict[str, Any]:
    return {
        "rule": result.rule,
        "success": result.success,
        "unexpected_count": result.unexpected_count,
        "observed": result.observed,
        "waived_by": result.waived_by,
    }


def _without(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in names}
