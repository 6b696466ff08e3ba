"""Serves the sandbox in the foreground: ``python -m orchestration.sandbox --port 8099``."""

from __future__ import annotations

import argparse
from pathlib import Path

from orchestration.sandbox.server import SandboxServer


def main() -> None:
    """Parse the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8099, help="port on 127.0.0.1; 0 for any free one")
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps packed archives")
    options = parser.parse_args()
    server = SandboxServer(cache_folder=options.cache, port=options.port)
    server.serve(lambda address: print(f"The sandbox serves on {address} (stop it with Ctrl-C)", flush=True))


if __name__ == "__main__":
    main()
