"""A mirror of two forces and a few months, small enough to plan, land and gate in a moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.environment import Settings, read_settings
from orchestration.gating import gate_police
from orchestration.landing import POLICE_KINDS, land_police
from orchestration.paths import DataPaths
from orchestration.planning import Change, plan_refresh
from orchestration.sources.police_uk.archive import open_archive
from orchestration.sources.police_uk.headers import HEADERS
from orchestration.sources.types import Partition

FORCES = ("kent", "surrey")
MONTHS = ("2024-01", "2024-02", "2024-03")


class Mirror:
    """A folder laid out like the archive, and what a data folder holds of it.

    Parameters
    ----------
    root
        Folder for both.
    """

    def __init__(self, root: Path) -> None:
        self.folder, self.paths = root / "archive", DataPaths(root / "data")
        (root / "reference").mkdir()
        self.folder.mkdir()
        self.environment = {
            "CRIMEHARM_PROFILE": "mirror",
            "CRIMEHARM_MIRROR": str(self.folder),
            "CRIMEHARM_REFERENCE": str(root / "reference"),
            "CRIMEHARM_DATA": str(self.paths.root),
            "CRIMEHARM_FORCES": ",".join(FORCES),
            "CRIMEHARM_FROM": MONTHS[0],
            "CRIMEHARM_TO": MONTHS[-1],
        }

    @property
    def settings(self) -> Settings:
        """Settings of a run over the folder."""
        return read_settings(self.environment)

    def publish(
        self, month: str, force: str, kind: str = "street", outcome: str = "Under investigation"
    ) -> Path:
        """Put a file of one record into the archive, or replace it."""
        path = self.folder / month / f"{month}-{force}-{kind}.csv"
        path.parent.mkdir(exist_ok=True)
        values = {
            "Crime ID": "ab" * 32,
            "Month": month,
            "Reported by": "Kent Police",
            "Falls within": "Kent Police",
            "Longitude": "0.5",
            "Latitude": "51.2",
            "Location": "On or near High Street",
            "LSOA code": "E01024001",
            "LSOA name": "Maidstone 001A",
            "Crime type": "Burglary",
            "Last outcome category": outcome,
            "Outcome type": outcome,
        }
        record = ",".join(values.get(name, "") for name in HEADERS[kind])
        path.write_text(",".join(HEADERS[kind]) + "\n" + record + "\n")

    def plan(self) -> list[Change]:
        """Plan a refresh."""
        return plan_refresh(self.settings, open_archive(self.folder), self.paths)

    def take(self, *partitions: Partition) -> None:
        """Land and gate the partitions, as the partitions job does."""
        archive = open_archive(self.folder)
        for dataset in POLICE_KINDS:
            land_police(dataset, partitions, archive, self.paths)
            gate_police(dataset, partitions, self.paths)


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    """A mirror with street files of both forces, but for one month of one of them."""
    mirror = Mirror(tmp_path)
    for month in MONTHS[:2]:
        for force in FORCES:
            if (month, force) != ("2024-02", "surrey"):
                mirror.publish(month, force)
    return mirror


@pytest.fixture
def partitions() -> Callable[..., list[Partition]]:
    """Return the partitions of the months given, for both forces."""
    return lambda *months: [Partition(month, force) for month in months for force in FORCES]
