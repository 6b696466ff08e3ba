"""Months and forces as Dagster partitions."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg
from dagster import MultiPartitionKey

from orchestration.environment import PUBLICATION_LAG_MONTHS, Settings, shift_month
from orchestration.planning import PartitionRange
from orchestration.sources.types import Partition

# Tags by which one run takes a whole range of partitions.
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def month_force_partitions(settings: Settings) -> dg.MultiPartitionsDefinition:
    """Return the partitions of the police datasets: every month of the window, for every force.

    A window without a stated end grows by itself, so that a server that runs for years sees each new month.
    """
    months = dg.TimeWindowPartitionsDefinition(
        start=settings.first_month,
        end=None if settings.is_open_ended else shift_month(settings.last_month, 1),
        # Counted from the newest month that has ended.
        end_offset=1 - PUBLICATION_LAG_MONTHS if settings.is_open_ended else 0,
        fmt="%Y-%m",
        cron_schedule="0 0 1 * *",
    )
    return dg.MultiPartitionsDefinition(
        {"month": months, "force": dg.StaticPartitionsDefinition(list(settings.forces))}
    )


def asked_for(keys: Iterable[str]) -> list[Partition]:
    """Turn Dagster's partition keys (``force|month``) into partitions, in order of month and force."""
    found = []
    for key in keys:
        parts = key.keys_by_dimension if isinstance(key, MultiPartitionKey) else None
        force, month = (parts["force"], parts["month"]) if parts else key.split("|")
        found.append(Partition(month=month, force=force))
    return sorted(found)


def whole_range_tags(definition: dg.MultiPartitionsDefinition) -> dict[str, str]:
    """Return the run tags that ask for every partition in a single run."""
    keys = definition.get_partition_keys()
    return {RANGE_START_TAG: keys[0], RANGE_END_TAG: keys[-1]}


def range_tags(wanted: PartitionRange) -> dict[str, str]:
    """Return the run tags that ask for a range of months and forces in a single run."""
    return {RANGE_START_TAG: _key(wanted.first), RANGE_END_TAG: _key(wanted.last)}


def _key(partition: Partition) -> str:
    return MultiPartitionKey({"month": partition.month, "force": partition.force})
