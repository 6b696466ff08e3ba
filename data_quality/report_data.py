"""Gathers what the validation report shows: verdicts by dataset and a sample of quarantined records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data_quality.decisions import Waiver
from data_quality.files import SUPERSEDED
from data_quality.promotion import ROWS_FILE
from data_quality.verdicts import RuleResult, Status, Verdict

STATUSES: tuple[Status, ...] = ("passed", "failed", "crashed", "absent")
_SAMPLE_ROWS = 10
_SAMPLE_CHARACTERS = 160


@dataclass(frozen=True)
class QuarantinedRow:
    """One rejected record as the report shows it; texts are cut to a readable length."""

    month: str
    force: str
    source_file: str
    source_row: int
    reason: str
    value: str


@dataclass(frozen=True)
class QuarantinedRule:
    """The records of a dataset that one rule rejected.

    Parameters
    ----------
    dataset, rule
        The dataset and the first rule that the records broke.
    row_count
        Records, of all partitions.
    sample
        The first few, by month, force and row.
    """

    dataset: str
    rule: str
    row_count: int
    sample: tuple[QuarantinedRow, ...]


@dataclass(frozen=True)
class RuleSummary:
    """One rule over all partitions of a dataset: how often it did not hold, and by how many records."""

    rule: str
    expectation: str
    scope: str
    severity: str
    reason: str
    judged_count: int
    broken_count: int
    record_count: int


@dataclass(frozen=True)
class DatasetSummary:
    """One dataset of the report, with its partitions, rules and the waivers that verdicts rest on."""

    dataset: str
    verdicts: tuple[Verdict, ...]
    rules: tuple[RuleSummary, ...]
    status_counts: dict[str, int] = field(default_factory=dict)
    landed_count: int = 0
    validated_count: int = 0
    quarantined_count: int = 0
    waived: tuple[tuple[Verdict, Waiver], ...] = ()

    @property
    def status(self) -> str:
        """The status that most needs attention."""
        for status in ("crashed", "failed", "passed"):
            if self.status_counts.get(status):
                return status
        return "absent"


def summarise_quarantine(quarantine_root: Path, sample_rows: int = _SAMPLE_ROWS) -> list[QuarantinedRule]:
    """Count the quarantined records by dataset and rule, and take the first few of each.

    Parameters
    ----------
    quarantine_root
        Root of the quarantine.
    sample_rows
        Most records to show for each dataset and rule.

    Returns
    -------
    list of QuarantinedRule
        By dataset and rule.
    """
    paths = [path for path in quarantine_root.rglob(ROWS_FILE) if SUPERSEDED not in path.parts]
    if not paths:
        return []
    import duckdb

    query = """
        select
            dataset, rule,
            count(*) over (partition by dataset, rule) as row_count,
            coalesce(month, '') as month, coalesce("force", '') as force_slug,
            coalesce(source_file, '') as source_file, source_row,
            left(coalesce(reason, ''), $width) as reason, left(coalesce(value, ''), $width) as shown_value
        from read_parquet($paths, hive_partitioning = false)
        qualify row_number() over (partition by dataset, rule order by month, "force", source_row) <= $rows
        order by all
    """
    arguments = {
        "paths": sorted(str(path) for path in paths),
        "rows": sample_rows,
        "width": _SAMPLE_CHARACTERS,
    }
    with duckdb.connect() as connection:
        rows = connection.execute(query, arguments).fetchall()
    samples: dict[tuple[str, str, int], list[QuarantinedRow]] = {}
    for dataset, rule, count, *shown in rows:
        samples.setdefault((dataset, rule, count), []).append(QuarantinedRow(*shown))
    return [QuarantinedRule(*key, sample=tuple(sample)) for key, sample in samples.items()]


def summarise_datasets(verdicts: Sequence[Verdict]) -> list[DatasetSummary]:
    """Group verdicts by dataset and add up their partitions, records and rules."""
    grouped: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        grouped.setdefault(verdict.dataset, []).append(verdict)
    return [_summarise(dataset, held) for dataset, held in sorted(grouped.items())]


def _summarise(dataset: str, verdicts: Sequence[Verdict]) -> DatasetSummary:
    counts = Counter(verdict.status for verdict in verdicts)
    return DatasetSummary(
        dataset=dataset,
        verdicts=tuple(verdicts),
        rules=_summarise_rules(verdicts),
        status_counts={status: counts[status] for status in STATUSES},
        landed_count=sum(verdict.record_count_landed for verdict in verdicts),
        validated_count=sum(verdict.record_count_validated for verdict in verdicts),
        quarantined_count=sum(verdict.record_count_quarantined for verdict in verdicts),
        waived=tuple((verdict, waiver) for verdict in verdicts for waiver in verdict.waivers),
    )


def _summarise_rules(verdicts: Sequence[Verdict]) -> tuple[RuleSummary, ...]:
    found: dict[str, list[RuleResult]] = {}
    for verdict in verdicts:
        for result in verdict.rules:
            found.setdefault(result.rule, []).append(result)
    return tuple(
        RuleSummary(
            rule=name,
            expectation=results[0].expectation,
            scope=results[0].scope,
            severity=results[0].severity,
            reason=results[0].reason,
            judged_count=len(results),
            broken_count=sum(not result.success for result in results),
            record_count=sum(result.unexpected_count or 0 for result in results),
        )
        for name, results in found.items()
    )
