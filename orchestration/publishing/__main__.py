"""Command line: ``python -m orchestration.publishing verify <folder>``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from orchestration.publishing import verify
from orchestration.publishing.manifest import ROW_COUNTERS


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
    verify.add_arguments(
        commands.add_parser(
            "verify",
            help="compare every file of a release, or of an audit pack, with its manifest",
        )
    )
    return verify.report(parser.parse_args(arguments), ROW_COUNTERS)


if __name__ == "__main__":
    sys.exit(main())
