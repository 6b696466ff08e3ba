"""Runs a command and says what it cost, for the benchmarks."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class Measured:
    """One measured process.

    Parameters
    ----------
    seconds
        Wall time.
    peak_mib
        Peak resident memory of the largest process, in MiB.
    """

    seconds: float
    peak_mib: float


def measure(command: list[str], environ: dict[str, str]) -> Measured:
    """Run a command and return its wall time and peak memory.

    Parameters
    ----------
    command
        Program and arguments; no shell reads them.
    environ
        Its whole environment, and not what is added to this one.

    Raises
    ------
    click.ClickException
        When the command fails; its own output is shown.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            click.echo(output.read().decode(errors="replace"), err=True)
            raise click.ClickException(f"{' '.join(command)} failed with {process.returncode}")
    return Measured(time.monotonic() - started, usage.ru_maxrss / 1024)
