"""Runs the main job as a person would."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from orchestration.environment import PROJECT_ROOT
from orchestration.paths import DataPaths


@dataclass(frozen=True)
class Finished:
    """A run from the command line that has ended.

    Parameters
    ----------
    paths
        What it wrote.
    exit_code, output
        How it ended and what it printed.
    """

    paths: DataPaths
    exit_code: int
    output: str


def command_environment(data: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a run with the given settings and nothing left over from this process."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("CRIMEHARM_", "DAGSTER_"))
    }
    named = {f"CRIMEHARM_{name.upper()}": value for name, value in variables.items()}
    return clean | named | {"CRIMEHARM_DATA": str(data)}


def run_command(data: Path, *words: str, module: str = "orchestration.run", **variables: str) -> Finished:
    """Run the main job as `make run` does, or another command of the project, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=PROJECT_ROOT,
        env=command_environment(data, **variables),
        capture_output=True,
        text=True,
    )
    return Finished(DataPaths(data), ended.returncode, ended.stdout + ended.stderr)
