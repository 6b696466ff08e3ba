"""Months and forces as Dagster partitions."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg
from dagster import MultiPartitionKey

from orchestration.environment import Settings, shift_month
from orchestration.sources.types import Partition

# Tags by which one run takes a whole range of partitions.
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def month_force_partitions(settings: Settings) -> dg.MultiPartitionsDefinition:
    """Return the partitions of the police datasets: every month of the window, for every force."""
    months = dg.TimeWindowPartitionsDefinition(
        start=settings.first_month,
        end=shift_month(settings.last_month, 1),
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
