"""`python -m tests.faults` prints what became of every fault; `--write` writes docs/fault_library.md too."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.faults.library import examine_library
from tests.faults.page import PAGE, as_page, held_real_section, summary
from tests.faults.real_files import real_section
from tests.real_files import REAL_FILES


def main(arguments: list[str]) -> int:
    """Examine the library; 0 when every fault was caught and nothing else was raised."""
    with tempfile.TemporaryDirectory() as folder:
        examination = examine_library(Path(folder))
    real = real_section(REAL_FILES) if REAL_FILES.is_dir() else held_real_section()
    page = as_page(examination, real)
    print(page)
    if "--write" in arguments:
        PAGE.write_text(page, encoding="utf-8")
    wrong = summary(examination)
    print("\n".join(wrong) or "Every fault was caught, and nothing else was raised.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
