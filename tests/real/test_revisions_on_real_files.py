"""Two releases of the same months of one force: what upstream changed is counted, and kept apart."""

from pathlib import Path

import pytest

from orchestration.gating import gate_police
from orchestration.landing import land_police
from orchestration.paths import DataPaths
from orchestration.planning import plan_refresh
from orchestration.sources.police_uk.archive import open_archive
from orchestration.sources.types import Partition
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files

FORCE = "city-of-london"
# Records of the earlier release, and those whose last outcome the later one changed; counted by hand in SQL.
CHANGED = {
    "2025-07": (763, 76),
    "2025-08": (788, 99),
    "2025-09": (689, 276),
    "2025-10": (781, 137),
    "2025-11": (734, 165),
    "2025-12": (810, 383),
}


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    """A data folder that took the earlier release, and then the later one."""
    paths = DataPaths(tmp_path)
    partitions = [Partition(month, FORCE) for month in CHANGED]
    for folder in ("archive", f"revisions/{FORCE}_release-2026-05"):
        land_police("police_street", partitions, open_archive(REAL_FILES / "police" / folder), paths)
        assert {v.status for v in gate_police("police_street", partitions, paths)} == {"passed"}
    return paths


def test_changed_outcomes_are_counted_and_both_versions_kept(paths: DataPaths) -> None:
    """Nobody could say why a month's outcomes differ from those published half a year ago."""
    import duckdb

    found = duckdb.sql(
        f"from read_json('{paths.validated_root}/**/revision_*.json', hive_partitioning = false) "
        "select month, earlier_count, later_count, outcome_changed_count, "
        "added_count + gone_count + moved_count + recoded_count + reclassified_count order by month"
    ).fetchall()
    assert found == [(month, total, total, changed, 0) for month, (total, changed) in CHANGED.items()]
    landed = paths.landing_root / "police_street"
    assert len(list(landed.glob("**/superseded/*/*-street.csv.gz"))) == len(CHANGED)


def test_the_later_release_alone_is_what_a_refresh_looks_for(paths: DataPaths, tmp_path: Path) -> None:
    """A refresh from the earlier release again would see every month as revised, and the later one not."""
    from orchestration.environment import read_settings

    settings = read_settings(
        {
            "CRIMEHARM_PROFILE": "mirror",
            "CRIMEHARM_MIRROR": str(REAL_FILES / "police" / "archive"),
            "CRIMEHARM_REFERENCE": str(REAL_FILES),
            "CRIMEHARM_DATA": str(tmp_path),
            "CRIMEHARM_FORCES": FORCE,
            "CRIMEHARM_FROM": "2025-07",
            "CRIMEHARM_TO": "2025-12",
        }
    )

    def reasons(folder: str) -> list[str]:
        changes = plan_refresh(settings, open_archive(REAL_FILES / "police" / folder), paths)
        return [change.reason for change in changes if change.dataset == "police_street"]

    assert reasons(f"revisions/{FORCE}_release-2026-05") == []
    assert reasons("archive") == ["revised"] * len(CHANGED)
