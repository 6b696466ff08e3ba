"""Runs the whole job once from the command line and says how it went.

Settings come from ``CRIMEHARM_*`` variables, which the Makefile sets from ``PROFILE``, ``DATA`` and so on.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from orchestration.environment import Settings, SettingsError, export_settings, read_ops, read_settings
from orchestration.event_files import event_files_held_open
from orchestration.paths import DataPaths
from orchestration.setup import make_dagster_home

if TYPE_CHECKING:
    import dagster as dg

# Checks that warn when only some of a dataset's files are missing or withheld.
_ABOUT_FILES = ("fetched", "gate")


def run_job(
    settings: Settings, job: str, tags: Mapping[str, str], ops: Mapping[str, Any] | None = None
) -> bool:
    """Run one of the jobs in this process and print the checks that failed.

    Parameters
    ----------
    settings
        The checked settings.
    job
        Name of the job.
    tags
        Tags of the run, such as the range of its partitions.
    ops
        Configuration of ops, such as the teams of ``patrol``.

    Returns
    -------
    bool
        Whether every step succeeded and every check passed.

    Raises
    ------
    SettingsError
        When the data folder belongs to another profile.
    """
    paths = DataPaths(settings.data)
    paths.claim(settings)
    os.environ |= export_settings(settings)
    os.environ["DAGSTER_HOME"] = str(make_dagster_home(paths.dagster_home))
    import dagster as dg

    from orchestration.definitions import build_definitions

    definitions = build_definitions(settings)
    with event_files_held_open(), dg.DagsterInstance.get() as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            run_config={
                "loggers": {"console": {"config": {"log_level": "WARNING"}}},
                "ops": dict(ops or {}),
            },
            raise_on_error=False,
            tags=dict(tags),
        )
    not_passed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    for check in not_passed:
        told = ((name, value.value) for name, value in check.metadata.items())
        details = "; ".join(f"{name}: {value}" for name, value in told if value not in ("", None))
        click.secho(
            f"check failed: {check.asset_key.to_user_string()} · {check.check_name} {details}",
            fg="red" if _counts(check) else "yellow",
            err=True,
        )
    return bool(result.success) and not any(map(_counts, not_passed))


def _counts(check: dg.AssetCheckEvaluation) -> bool:
    """Return whether a check that did not pass makes the command fail.

    A warning inside the warehouse speaks of the world; what could not be fetched or was withheld is missing.
    """
    import dagster as dg

    return check.check_name in _ABOUT_FILES or check.severity == dg.AssetCheckSeverity.ERROR


@dataclass(frozen=True)
class Start:
    """How a command started.

    Parameters
    ----------
    clock
        Seconds of the monotonic clock.
    release
        Name of the latest release of then; none before the first.
    """

    clock: float
    release: str | None


def latest_release(settings: Settings) -> str | None:
    """Return the name of the latest release; none before the first."""
    latest = DataPaths(settings.data).published_root / "latest"
    return latest.resolve().name if latest.exists() else None


def announce(settings: Settings) -> Start:
    """Print what a command is about to work on, and note how it starts."""
    click.echo(
        f"crimeharm · profile {settings.profile} · {', '.join(settings.forces)} · "
        f"{settings.first_month} to {settings.last_month} · harm scheme {settings.harm_scheme} · "
        f"{settings.data}"
    )
    return Start(time.monotonic(), latest_release(settings))


def finish(settings: Settings, succeeded: bool, started: Start) -> None:
    """Print the summary of what was published, and exit non-zero when any stage or gate failed.

    Parameters
    ----------
    settings
        The settings of the run.
    succeeded
        How it went.
    started
        How it started.
    """
    from orchestration.summary import print_summary

    if succeeded or latest_release(settings) != started.release:
        print_summary(settings, seconds=time.monotonic() - started.clock)
    else:
        # The last good release stays, and its figures are not those of this run.
        held = f"the latest release is still {started.release}" if started.release else "there is no release"
        click.secho(f"Nothing was published: {held}.", fg="red", err=True)
    if not succeeded:
        click.secho("Finished with failures: see the checks and errors above.", fg="red", err=True)
        sys.exit(1)


@click.command()
def main() -> None:
    """Run the whole job once, print a summary, and exit non-zero if any stage or gate failed."""
    # Dagster marks as beta what this project pins the version of.
    warnings.filterwarnings("ignore", module="dagster")
    try:
        settings = read_settings()
        started = announce(settings)
        from orchestration.defs.automation.jobs import MAIN_JOB

        succeeded = run_job(settings, MAIN_JOB, {}, read_ops(settings.configuration))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    finish(settings, succeeded, started)


if __name__ == "__main__":
    main()
