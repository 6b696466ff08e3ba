"""The clean data that faults are put into: the sandbox's files with its planted flaws taken out."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from data_quality.promotion import ensure_schema_files
from orchestration.gating import gate_police, gate_reference
from orchestration.landing import POLICE_KINDS, land_police, land_reference
from orchestration.paths import DataPaths
from orchestration.provenance import read_provenance
from orchestration.sandbox.archive import ensure_archive
from orchestration.sandbox.city import build_city
from orchestration.sandbox.plan import SMALL_CITY, CityPlan
from orchestration.sandbox.server import SandboxServer
from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.police_uk.archive import ZipArchive, open_archive
from orchestration.sources.reference_readers import read_reference
from orchestration.sources.types import Partition
from orchestration.upstream import HttpUpstream
from tests.dbt.dbt_run import run_dbt

if TYPE_CHECKING:
    import pandas as pd

EAST, WEST = "eastvale", "westmere"
# So long that the gaps which the sandbox plants lie before the months that are taken from it.
PLAN = CityPlan(
    first_month="2020-07",
    last_month="2024-12",
    columns=SMALL_CITY.columns,
    rows=SMALL_CITY.rows,
    crimes=81_000,
    stops=4_000,
    snap_points=SMALL_CITY.snap_points,
    splits=SMALL_CITY.splits,
    merges=SMALL_CITY.merges,
    town_centres=SMALL_CITY.town_centres,
    hotspots=SMALL_CITY.hotspots,
)
# A month's volume is judged by the same month of the year before and by the months before both.
STREET_MONTHS = PLAN.months[-16:]
OTHER_MONTHS = PLAN.months[-2:]
MONTH = PLAN.last_month


@dataclass
class World:
    """One clean sandbox, landed, gated and compiled once for all faults.

    Parameters
    ----------
    folder
        Where everything of it lies.
    """

    folder: Path

    @cached_property
    def files(self) -> dict[tuple[str, Partition], bytes]:
        """Each police file by dataset and partition."""
        archive = ensure_archive(build_city(PLAN), PLAN.last_month, self.folder / "cache")
        packed = ZipArchive(archive.path)
        return {
            (dataset, Partition(month, force)): self._clean(packed, dataset, Partition(month, force))
            for dataset in POLICE_KINDS
            for month in (STREET_MONTHS if dataset == "police_street" else OTHER_MONTHS)
            for force in (EAST, WEST)
        }

    def _clean(self, packed: ZipArchive, dataset: str, partition: Partition) -> bytes:
        """Take out the records that the sandbox breaks on purpose and the IDs that it repeats."""
        kind = POLICE_KINDS[dataset]
        content = packed.fetch(partition, kind).content
        frame = read_text(content)
        planted = {
            bad.source_row - 1
            for bad in build_city(PLAN).bad_rows
            if (bad.month, bad.force, bad.kind) == (partition.month, partition.force, kind)
        }
        frame = frame.drop(index=list(planted))
        if dataset == "police_street":
            ids = frame["Crime ID"]
            frame = frame[ids.isna() | ~ids.duplicated(keep=False)]
        if dataset == "police_stop_and_search":
            frame = frame.drop_duplicates()
        return write_text(frame, "\r\n" if b"\r\n" in content[:2_000] else "\n")

    @cached_property
    def archive(self) -> bytes:
        """The files of the newest month as a zip file laid out like upstream's."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
            for (dataset, partition), content in self.files.items():
                if partition.month == MONTH:
                    target.writestr(member_name(dataset, partition), content)
        return packed.getvalue()

    @cached_property
    def paths(self) -> DataPaths:
        """Everything landed and gated."""
        paths = DataPaths(self.folder / "data")
        with SandboxServer(PLAN, cache_folder=self.folder / "cache") as server:
            upstream = HttpUpstream(sandbox_endpoints(server.base_url), self.folder / "downloads")
            for dataset in CATALOGUE:
                land_reference(dataset, upstream, paths)
        mirror = self.folder / "mirror"
        for (dataset, partition), content in self.files.items():
            path = mirror / member_name(dataset, partition)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for dataset in POLICE_KINDS:
            partitions = [partition for held, partition in self.files if held == dataset]
            land_police(dataset, partitions, open_archive(mirror), paths)
            gate_police(dataset, partitions, paths, workers=1)
        for dataset in CATALOGUE:
            gate_reference(dataset, paths)
        ensure_schema_files(paths.validated_root, paths.quarantine_root)
        return paths

    def reference(self, dataset: str) -> pd.DataFrame:
        """Return the records of a reference dataset as its reader gives them."""
        folder = self.paths.landing(dataset)
        provenance = read_provenance(folder)
        assert provenance is not None
        return read_reference(dataset, [folder / file.name for file in provenance.files])

    @cached_property
    def compiled(self) -> Path:
        """The manifest in which dbt left the SQL of every model and test."""
        build = run_dbt(self.paths.root, "compile")
        return build.root.parent / f"{build.root.name}_target" / "manifest.json"


def member_name(dataset: str, partition: Partition) -> str:
    """Return the name of a partition's file in the archive."""
    return f"{partition.month}/{partition.month}-{partition.force}-{POLICE_KINDS[dataset]}.csv"


def read_text(content: bytes) -> pd.DataFrame:
    """Return the records of a CSV file as they stand: text, empty fields missing."""
    import pandas as pd

    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, na_values=[""])


def write_text(frame: pd.DataFrame, line_end: str = "\n") -> bytes:
    """Return records as the bytes of a CSV file."""
    return frame.to_csv(index=False, lineterminator=line_end).encode()
