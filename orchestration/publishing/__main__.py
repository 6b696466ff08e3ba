"""Command line: ``python -m orchestration.publishing verify <folder>``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration.publishing.manifest import MANIFEST_NAME, sha256_of, verify_release


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a release from the command line.

    Parameters
    ----------
    arguments
        Command line words; those of the process when left out.

    Returns
    -------
    int
        0 when the release is as published, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m orchestration.publishing", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser(
        "verify", help="compare every file of a release, or of an audit pack, with its manifest"
    )
    verify.add_argument(
        "folder", type=Path, help="a release's folder, such as published/latest, or the folder audit in it"
    )
    folder: Path = parser.parse_args(arguments).folder
    problems = verify_release(folder)
    for problem in problems:
        print(problem)
    if problems:
        return 1
    print(f"OK: {folder.resolve().name} (manifest sha256 {sha256_of(folder / MANIFEST_NAME)})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
