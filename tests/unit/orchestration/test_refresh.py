"""The refresh as a person calls it: what a dry run says, and that it lands nothing."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from orchestration.refresh import main


@pytest.fixture
def refresh(mirror, monkeypatch: pytest.MonkeyPatch):
    """Call the command with the mirror's settings."""
    for name, value in mirror.environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_a_dry_run_says_what_it_would_fetch_and_lands_nothing(mirror, refresh) -> None:
    """Who asks what a refresh would cost would have paid for it."""
    said = refresh("--dry-run")
    assert said.exit_code == 0, said.output
    assert "Archive 2024-02: 12 files to see to." in said.output
    assert "3 missing: published, and not held whole" in said.output
    total = sum(path.stat().st_size for path in mirror.folder.rglob("*.csv"))
    assert f"{total:,} bytes to fetch" in said.output
    assert not mirror.paths.root.exists()


def test_a_folder_of_another_profile_is_refused(mirror, refresh) -> None:
    """Synthetic and real rows would meet in one release."""
    mirror.paths.root.mkdir()
    (mirror.paths.root / "profile.json").write_text('{"profile": "sandbox"}')
    said = refresh()
    assert said.exit_code == 1
    assert "holds data of the profile 'sandbox'" in said.output
