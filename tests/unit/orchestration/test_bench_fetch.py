"""The benchmark of fetching: a true archive, and a regression of its targets on a small one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from orchestration.bench_fetch import FORCES, MONTHS, TARGET_MIB, TARGET_RATIO, build_archive, measure_fetch
from orchestration.sources.police_uk.archive import ZipArchive
from orchestration.sources.police_uk.members import KINDS


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with as many members as the real one, and a hundredth of its bytes."""
    path = tmp_path_factory.mktemp("bench") / "archive.zip"
    build_archive(path, 15_000_000)
    return path


def test_the_archive_is_a_true_one_and_always_the_same(archive: Path, tmp_path: Path) -> None:
    """The figures would be those of a file that no host serves, or differ from run to run."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        expansion = sum(info.file_size for info in opened.infolist()) / archive.stat().st_size
    assert len(ZipArchive(archive).members()) == len(MONTHS) * len(FORCES) * len(KINDS) > 4_500
    assert 4 < expansion < 11
    build_archive(tmp_path / "again.zip", 15_000_000)
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_ranges_cost_little_more_than_the_members_and_the_directory(archive: Path, tmp_path: Path) -> None:
    """A refresh of one month would pull megabytes that it throws away."""
    cost = measure_fetch(archive, True, tmp_path)
    assert cost.needed <= cost.fetched < TARGET_RATIO * cost.needed
    assert cost.peak_mib < TARGET_MIB
    assert not list(tmp_path.iterdir())


def test_a_whole_download_keeps_the_memory_flat(archive: Path, tmp_path: Path) -> None:
    """Behind a proxy without ranges, 1.75 GB would be held in memory."""
    cost = measure_fetch(archive, False, tmp_path)
    assert cost.fetched >= archive.stat().st_size
    assert cost.peak_mib < TARGET_MIB
