"""Where the real files lie, and the marks of tests that need them."""

import os
from pathlib import Path

import pytest

from orchestration.environment import PROJECT_ROOT

REAL_FILES = Path(os.environ.get("CRIMEHARM_REAL_DATA") or PROJECT_ROOT.parent / "shared" / "data")

needs_real_files = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL_FILES.is_dir(), reason="no real files: set CRIMEHARM_REAL_DATA to the folder that holds them"
    ),
]
