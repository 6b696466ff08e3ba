"""A release is rebuilt from its landed bytes by the command that people are told to use."""

from pathlib import Path

import pytest

from orchestration.publishing.manifest import verify_release
from tests.integration.command import run_command

pytestmark = [pytest.mark.slow, pytest.mark.long]


def test_a_release_is_rebuilt_with_equal_tables_and_nothing_else_is_touched(tmp_path: Path) -> None:
    """Each part may work while the command fails, differs by itself, or writes where it only has to read."""
    made = run_command(tmp_path, **{"from": "2025-11", "to": "2025-12"})
    assert made.exit_code == 0, made.output
    release = made.paths.published_root / "latest"
    landed = {path: path.stat().st_mtime_ns for path in made.paths.landing_root.rglob("*")}
    # Another window in the environment would be told as a difference.
    window = {"from": "2025-11", "to": "2025-12"}
    rebuilt = run_command(tmp_path, "latest", module="orchestration.reproduce", **window)
    assert rebuilt.exit_code == 0, rebuilt.output
    count = len(list((release / "tables").glob("*.parquet")))
    assert f"{count} of {count} tables are equal; rebuilt as {release.resolve().name}." in rebuilt.output
    assert "the release was made with" not in rebuilt.output
    assert verify_release(release) == []
    assert {path: path.stat().st_mtime_ns for path in made.paths.landing_root.rglob("*")} == landed
