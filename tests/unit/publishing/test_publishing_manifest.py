"""An auditor who trusts nothing must learn of every changed byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.publishing.__main__ import main
from orchestration.publishing.manifest import (
    copy_verifier,
    describe_files,
    sha256_of,
    verify_release,
    write_manifest,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two files and their manifest."""
    folder = tmp_path / "2024-12-0123456789"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "a.parquet").write_bytes(b"alpha")
    (folder / "overview.html").write_bytes(b"page")
    write_manifest(folder, {"release": folder.name, "files": describe_files(folder)})
    return folder


def test_untouched_release_verifies(folder: Path) -> None:
    """A check that cries wolf would be switched off."""
    assert verify_release(folder) == []


def test_manifest_does_not_list_itself(folder: Path) -> None:
    """A file cannot hold its own hash."""
    assert sorted(json.loads((folder / "manifest.json").read_text())["files"]) == [
        "overview.html",
        "tables/a.parquet",
    ]


def test_altered_byte_is_named(folder: Path) -> None:
    """A change that keeps the size would pass a check of sizes alone."""
    (folder / "tables" / "a.parquet").write_bytes(b"alphA")
    assert verify_release(folder) == ["tables/a.parquet: altered (its SHA-256 differs from the manifest's)"]


def test_altered_length_is_named(folder: Path) -> None:
    """A truncated file must say how much is left of it."""
    (folder / "overview.html").write_bytes(b"pa")
    assert verify_release(folder) == ["overview.html: altered (2 bytes, 4 in the manifest)"]


def test_missing_and_unexpected_files_are_named(folder: Path) -> None:
    """A file swapped for another name would otherwise go unseen."""
    (folder / "overview.html").rename(folder / "extra.html")
    assert verify_release(folder) == [
        "extra.html: unexpected (not in the manifest)",
        "overview.html: missing",
    ]


def test_link_in_place_of_a_file_is_named(folder: Path, tmp_path: Path) -> None:
    """A link has the right bytes today and may have others tomorrow."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"page")
    (folder / "overview.html").unlink()
    (folder / "overview.html").symlink_to(outside)
    assert verify_release(folder) == ["overview.html: altered (a link where a file was published)"]


def test_manifest_that_points_outside_is_refused(folder: Path) -> None:
    """A forged manifest must not make the check read files elsewhere."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../secret"] = {"sha256": "0" * 64, "bytes": 1}
    write_manifest(folder, manifest)
    assert verify_release(folder) == ["../secret: altered manifest (names a file outside the release)"]


@pytest.mark.parametrize("content", ["", "[]", '{"files": 3}', '{"files": {"a": {"sha256": 1, "bytes": 2}}}'])
def test_broken_manifest_is_a_finding(folder: Path, content: str) -> None:
    """A crash here would hide that the manifest itself was damaged."""
    (folder / "manifest.json").write_text(content)
    [finding] = verify_release(folder)
    assert finding.startswith("manifest.json: ")


def test_missing_folder_is_a_finding(tmp_path: Path) -> None:
    """A dangling link to the latest release is the worst alteration."""
    assert verify_release(tmp_path / "latest") == ["latest: missing (no such folder)"]


def test_command_line_says_ok_and_exits_zero(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts read the exit code, people read the word."""
    assert main(["verify", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("OK")


def test_command_line_lists_findings_and_exits_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed check that exits zero passes in every script."""
    (folder / "overview.html").unlink()
    assert main(["verify", str(folder)]) == 1
    assert capsys.readouterr().out == "overview.html: missing\n"


def _verify_alone(folder: Path, *words: str) -> tuple[int, list[str]]:
    """Run the release's own copy, with neither this project nor any library within reach."""
    command = [sys.executable, "-I", "-S", "verify.py", *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert not ended.stderr
    return ended.returncode, ended.stdout.splitlines()


def test_a_release_is_verified_with_nothing_but_python(folder: Path) -> None:
    """Who receives a release has no checkout; a check that they cannot run convinces nobody."""
    copy_verifier(folder)
    (folder / "rejected.csv").write_text("rule\na\nb\n")
    write_manifest(folder, {"release": folder.name, "files": describe_files(folder)})
    noted = sha256_of(folder / "manifest.json")
    assert _verify_alone(folder, "--sha256", noted)[0] == 0
    (folder / "tables" / "a.parquet").write_bytes(b"alphA")
    (folder / "overview.html").unlink()
    (folder / "rejected.csv").write_text("rule\na\n")
    (folder / "added.txt").write_text("new")
    assert _verify_alone(folder, "--sha256", noted) == (
        1,
        [
            "added.txt: unexpected (not in the manifest)",
            "overview.html: missing",
            "rejected.csv: altered (7 bytes, 9 in the manifest; 1 rows, 2 in the manifest)",
            "tables/a.parquet: altered (its SHA-256 differs from the manifest's)",
        ],
    )


def test_an_altered_manifest_is_noticed_by_its_own_digest(folder: Path) -> None:
    """Whoever can alter a table can put its new digest into the manifest, and any other figure there."""
    copy_verifier(folder)
    manifest = {"release": folder.name, "profile": "mirror", "files": describe_files(folder)}
    write_manifest(folder, manifest)
    noted = sha256_of(folder / "manifest.json")
    write_manifest(folder, manifest | {"profile": "live"})
    assert _verify_alone(folder)[0] == 0
    code, (said,) = _verify_alone(folder, "--sha256", noted)
    assert code == 1 and said.startswith("manifest.json: altered") and noted in said
    assert verify_release(folder, noted) == [said]
