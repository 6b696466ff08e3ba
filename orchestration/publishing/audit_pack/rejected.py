"""What was rejected and why: records in quarantine by dataset and rule, and where each of them stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from data_quality.report_quarantine import Quarantine, summarise_quarantine
from orchestration.paths import DataPaths

COLUMNS = (
    "dataset",
    "rule",
    "reason",
    "month",
    "force",
    "file",
    "row",
    "partition_record_count",
    "rule_record_count",
)
#: Most records that are listed of one rule in one partition; their number is told in full.
LISTED_RECORDS = 20
_FURTHER_RULES = "; also breaks "


@dataclass(frozen=True)
class RejectedRule:
    """The records that one rule rejected.

    Parameters
    ----------
    dataset, rule
        The dataset, and the first rule that the records broke.
    reason
        The rule in words, as the first of them has it.
    partition_count, record_count
        How many partitions and records.
    """

    dataset: str
    rule: str
    reason: str
    partition_count: int
    record_count: int


@dataclass(frozen=True)
class Rejected:
    """What is in quarantine.

    Parameters
    ----------
    rules
        By dataset and rule, in order. A record counts once, under the first rule that it broke; a partition
        that is withheld has all its records in quarantine.
    records
        `COLUMNS` of the first `LISTED_RECORDS` records of each rule and partition, in order of both. Neither
        the record nor the value at fault is among them: a call's may be free text.
    """

    rules: tuple[RejectedRule, ...]
    records: tuple[tuple[Any, ...], ...]


def read_rejected(paths: DataPaths) -> Rejected:
    """Count rejected records, and list the first of each rule and partition.

    Parameters
    ----------
    paths
        The data folder, for the quarantine.

    Returns
    -------
    Rejected
        Both.
    """
    held = summarise_quarantine(paths.quarantine_root, sample_rows=1, partition_rows=LISTED_RECORDS)
    rules = _rules(held)
    totals = {(one.dataset, one.rule): one.record_count for one in rules}
    records = []
    for (dataset, month, force), partition in held.by_partition.items():
        for found in partition:
            counts = (found.row_count, totals[dataset, found.rule])
            records += [
                (dataset, found.rule, row.reason, month, force, row.source_file, row.source_row, *counts)
                for row in found.sample
            ]
    return Rejected(rules, tuple(sorted(records, key=_place)))


def _rules(held: Quarantine) -> tuple[RejectedRule, ...]:
    partitions = Counter(
        (dataset, found.rule) for (dataset, _, _), rules in held.by_partition.items() for found in rules
    )
    return tuple(
        RejectedRule(
            dataset,
            found.rule,
            found.sample[0].reason.partition(_FURTHER_RULES)[0],
            partitions[dataset, found.rule],
            found.row_count,
        )
        for dataset, rules in sorted(held.by_dataset.items())
        for found in rules
    )


def _place(record: tuple[Any, ...]) -> tuple[Any, ...]:
    dataset, rule, _, month, force, file, row, *_ = record
    return dataset, rule, month, force, file, -1 if row is None else row
