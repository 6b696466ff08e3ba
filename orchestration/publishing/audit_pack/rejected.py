"""What was rejected and why: records in quarantine by dataset and rule."""

from __future__ import annotations

from collections import Counter

from data_quality.report_quarantine import summarise_quarantine
from orchestration.paths import DataPaths

COLUMNS = ("dataset", "rule", "partition_count", "record_count")


def rejected_rows(paths: DataPaths) -> list[tuple[str, str, int, int]]:
    """Count rejected records.

    Parameters
    ----------
    paths
        The data folder, for the quarantine.

    Returns
    -------
    list of tuple
        `COLUMNS` of each dataset and rule, in order. A record counts once, under the first rule that it
        broke; a partition that is withheld has all its records in quarantine.
    """
    quarantine = summarise_quarantine(paths.quarantine_root, sample_rows=1, partition_rows=1)
    partitions = Counter(
        (dataset, held.rule) for (dataset, _, _), rules in quarantine.by_partition.items() for held in rules
    )
    return sorted(
        (dataset, held.rule, partitions[dataset, held.rule], held.row_count)
        for dataset, rules in quarantine.by_dataset.items()
        for held in rules
    )
