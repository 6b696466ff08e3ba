"""Fetches and gates exactly what is missing or was revised upstream, and publishes anew only if that changed.

Settings come from ``CRIMEHARM_*`` variables, which the Makefile sets from ``MONTH``, ``FORCES`` and so on.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

import click

from orchestration.environment import Settings, SettingsError, read_ops, read_settings
from orchestration.paths import DataPaths
from orchestration.planning import REASONS, Change, partition_ranges, plan_refresh, release_is_due
from orchestration.run import announce, finish, run_job
from orchestration.sources.types import SourceError
from orchestration.upstream import open_upstream

_LISTED = 40


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and how many bytes, and stop.")
def main(dry_run: bool) -> None:
    """Bring what is held up to what upstream publishes; with nothing new, do nothing."""
    warnings.filterwarnings("ignore", module="dagster")
    try:
        settings = read_settings()
        started = announce(settings)
        paths = DataPaths(settings.data)
        paths.check_profile(settings)
        archive = open_upstream(settings).archive()
        changes = plan_refresh(settings, archive, paths)
        click.echo("\n".join(describe(changes, archive.release)))
        if dry_run:
            return
        if not changes and not release_is_due(paths):
            click.echo("The latest release holds all of it: nothing to do.")
            return
        succeeded = refresh(settings, changes)
    except (SettingsError, SourceError) as error:
        raise click.ClickException(str(error)) from error
    finish(settings, succeeded, started)


def refresh(settings: Settings, changes: Sequence[Change]) -> bool:
    """Run the partitions that changed, then everything that is built from them.

    Parameters
    ----------
    settings
        The checked settings.
    changes
        What :func:`orchestration.planning.plan_refresh` found.

    Returns
    -------
    bool
        Whether every step succeeded and every check passed.
    """
    from orchestration.defs.automation.jobs import PARTITIONS_JOB, RELEASE_JOB
    from orchestration.partitions import range_tags

    ranges = partition_ranges((change.partition for change in changes), settings.forces)
    outcomes = [run_job(settings, PARTITIONS_JOB, range_tags(wanted)) for wanted in ranges]
    return run_job(settings, RELEASE_JOB, {}, read_ops(settings.configuration)) and all(outcomes)


def describe(changes: Sequence[Change], release: str) -> list[str]:
    """Return, line by line, what a refresh would do and how many bytes it would fetch."""
    if not changes:
        return [f"Archive {release}: nothing is missing, revised or ungated."]
    lines = [f"Archive {release}: {len(changes):,} files to see to."]
    for change in changes[:_LISTED]:
        partition = change.partition
        lines.append(
            f"  {partition.month} {partition.force:<24}{change.dataset:<24}"
            f"{change.reason:<9}{change.download_bytes:>12,} bytes"
        )
    if len(changes) > _LISTED:
        lines.append(f"  … and {len(changes) - _LISTED:,} more")
    for reason, count in Counter(change.reason for change in changes).items():
        lines.append(f"{count:>6,} {reason}: {REASONS[reason]}")
    total = sum(change.download_bytes for change in changes)
    return [*lines, f"{total:>6,} bytes to fetch"]


if __name__ == "__main__":
    main()
