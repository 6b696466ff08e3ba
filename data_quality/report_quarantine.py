"""Counts quarantined records and takes a bounded sample of them for the validation report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_quality.files import SUPERSEDED
from data_quality.promotion import ROWS_FILE

_SAMPLE_ROWS = 10
_PARTITION_ROWS = 3
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
    """The records of a dataset, or of one partition of it, that one rule rejected.

    Parameters
    ----------
    dataset, rule
        The dataset and the first rule that the records broke.
    row_count
        How many records.
    sample
        The first few, by month, force and row.
    """

    dataset: str
    rule: str
    row_count: int
    sample: tuple[QuarantinedRow, ...]


@dataclass(frozen=True)
class Quarantine:
    """What is in quarantine.

    Parameters
    ----------
    by_dataset
        For each dataset: its rules in order of name.
    by_partition
        For each dataset, month and force (empty texts for what comes whole): its rules in order of name.
    """

    by_dataset: dict[str, tuple[QuarantinedRule, ...]]
    by_partition: dict[tuple[str, str, str], tuple[QuarantinedRule, ...]]


def summarise_quarantine(
    quarantine_root: Path, sample_rows: int = _SAMPLE_ROWS, partition_rows: int = _PARTITION_ROWS
) -> Quarantine:
    """Count the quarantined records by rule, and take the first few of each dataset and partition.

    Parameters
    ----------
    quarantine_root
        Root of the quarantine.
    sample_rows
        Most records to show for each rule of a dataset.
    partition_rows
        Most records to show for each rule of a partition.

    Returns
    -------
    Quarantine
        Counts of all records, and the samples.
    """
    paths = [path for path in quarantine_root.rglob(ROWS_FILE) if SUPERSEDED not in path.parts]
    if not paths:
        return Quarantine({}, {})
    whole: dict[str, dict[str, _Found]] = {}
    parts: dict[tuple[str, str, str], dict[str, _Found]] = {}
    for dataset, rule, count, place, part_count, part_place, *shown in _rows(
        paths, sample_rows, partition_rows
    ):
        row = QuarantinedRow(*shown)
        if place <= sample_rows:
            whole.setdefault(dataset, {}).setdefault(rule, _Found(count, [])).rows.append(row)
        if part_place <= partition_rows:
            key = (dataset, row.month, row.force)
            parts.setdefault(key, {}).setdefault(rule, _Found(part_count, [])).rows.append(row)
    return Quarantine(
        {dataset: _as_rules(dataset, rules) for dataset, rules in whole.items()},
        {key: _as_rules(key[0], rules) for key, rules in parts.items()},
    )


@dataclass(frozen=True)
class _Found:
    count: int
    rows: list[QuarantinedRow]


def _rows(paths: list[Path], sample_rows: int, partition_rows: int) -> list[tuple]:
    import duckdb

    query = """
        with placed as (
            select
                dataset, rule, coalesce(month, '') as month, coalesce("force", '') as force_slug,
                coalesce(source_file, '') as source_file, source_row,
                left(coalesce(reason, ''), $width) as reason, left(coalesce(value, ''), $width) as shown_value
            from read_parquet($paths, hive_partitioning = false)
        )

        select
            dataset, rule,
            count(*) over (partition by dataset, rule) as row_count,
            row_number() over (
                partition by dataset, rule order by month, force_slug, source_file, source_row, shown_value
            ) as place,
            count(*) over (partition by dataset, rule, month, force_slug) as part_count,
            row_number() over (
                partition by dataset, rule, month, force_slug order by source_file, source_row, shown_value
            ) as part_place,
            month, force_slug, source_file, source_row, reason, shown_value
        from placed
        qualify place <= $sample_rows or part_place <= $partition_rows
        order by dataset, rule, place
    """
    arguments = {
        "paths": sorted(str(path) for path in paths),
        "sample_rows": sample_rows,
        "partition_rows": partition_rows,
        "width": _SAMPLE_CHARACTERS,
    }
    with duckdb.connect() as connection:
        return connection.execute(query, arguments).fetchall()


def _as_rules(dataset: str, found: dict[str, _Found]) -> tuple[QuarantinedRule, ...]:
    return tuple(
        QuarantinedRule(dataset, rule, held.count, tuple(held.rows)) for rule, held in sorted(found.items())
    )
