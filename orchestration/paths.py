"""Where everything that a run writes lies under the data folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from data_quality.files import StorageError, write_text_atomically
from orchestration.environment import Settings, SettingsError
from orchestration.sources.types import Partition


@dataclass(frozen=True)
class DataPaths:
    """The folders and files under the data folder.

    Parameters
    ----------
    root
        The data folder.
    """

    root: Path

    @property
    def landing_root(self) -> Path:
        """Original bytes with their provenance."""
        return self.root / "landing"

    @property
    def validated_root(self) -> Path:
        """Parquet that passed its gate, with its verdict."""
        return self.root / "validated"

    @property
    def quarantine_root(self) -> Path:
        """Rejected records with the rule that each broke."""
        return self.root / "quarantine"

    @property
    def waivers(self) -> Path:
        """Signed waivers of critical rules."""
        return self.root / "waivers"

    @property
    def corrections(self) -> Path:
        """Signed corrections of landed values."""
        return self.root / "corrections"

    @property
    def policy_decisions(self) -> Path:
        """Signed decisions to publish past a bound of the publication policy."""
        return self.root / "decisions"

    @property
    def plan_approvals(self) -> Path:
        """Signed approvals of patrol plans."""
        return self.root / "approvals"

    @property
    def governance(self) -> Path:
        """What is declared about those who answer for a release; it need not exist."""
        return self.root / "governance.yml"

    @property
    def policy_record(self) -> Path:
        """What the publication policy said about the newest tables."""
        return self.root / "reports" / "policy" / "policy.json"

    @property
    def retrain_request(self) -> Path:
        """Whether drift asks for models to be chosen anew, and why."""
        return self.root / "reports" / "retrain_request.json"

    @property
    def verdicts_root(self) -> Path:
        """Verdicts on what lies behind the raw boundary: warehouse tables, ml tables and releases."""
        return self.root / "verdicts"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / "warehouse" / "crimeharm.duckdb"

    @property
    def published_root(self) -> Path:
        """Releases, and the link to the latest."""
        return self.root / "published"

    @property
    def validation_report(self) -> Path:
        """The first page of the validation report, which tells times and earlier judgements as well."""
        return self.root / "reports" / "validation" / "index.html"

    @property
    def frozen_validation(self) -> Path:
        """The folder of the validation report as a release holds it: nothing in it depends on a clock."""
        return self.root / "reports" / "release" / "validation"

    @property
    def data_docs(self) -> Path:
        """The folder of the Great Expectations Data Docs."""
        return self.root / "reports" / "data_docs"

    @property
    def model_cards(self) -> Path:
        """The folder of the model cards."""
        return self.root / "reports" / "model_cards"

    @property
    def models(self) -> Path:
        """Fitted models, each with its manifest; they stay here and go into no release."""
        return self.root / "models"

    @property
    def lineage_page(self) -> Path:
        """The page of the lineage of every published column."""
        return self.root / "reports" / "lineage.html"

    @property
    def dbt_build_target(self) -> Path:
        """The folder that dbt writes its artefacts to when it builds the warehouse."""
        return self.root / "dbt_target" / "build"

    @property
    def dbt_docs_target(self) -> Path:
        """The folder that dbt writes its artefacts to when it documents the warehouse."""
        return self.root / "dbt_target" / "docs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage: runs, events, schedules."""
        return self.root / "dagster_home"

    @property
    def sandbox_cache(self) -> Path:
        """Where the embedded sandbox keeps the archive that it serves."""
        return self.root / "sandbox"

    @property
    def archive_cache(self) -> Path:
        """Where the police archive is downloaded to whole, when its server does not honour ranges."""
        return self.root / "cache" / "archive"

    def landing(self, dataset: str, partition: Partition | None = None) -> Path:
        """Return the folder in which a dataset, or one partition of it, is landed."""
        return _place(self.landing_root, dataset, partition)

    def validated(self, dataset: str, partition: Partition | None = None) -> Path:
        """Return the folder to which a dataset, or one partition of it, is promoted."""
        return _place(self.validated_root, dataset, partition)

    def quarantine(self, dataset: str, partition: Partition | None = None) -> Path:
        """Return the folder that keeps the rejected records of a dataset, or of one partition of it."""
        return _place(self.quarantine_root, dataset, partition)

    def boundary_verdict(self, boundary: str, table: str) -> Path:
        """Return the folder that keeps the verdict on a table of a boundary."""
        return self.verdicts_root / boundary / table

    def claim(self, settings: Settings) -> None:
        """Mark the data folder as belonging to the run's profile.

        Raises
        ------
        SettingsError
            When the folder holds data of another profile: synthetic and real rows must never meet. When it
            holds the rebuild of a release, and the run is none of it. Or when nothing can be written there.
        """
        self.check_profile(settings)
        if self._mark():
            return
        mark = {"profile": settings.profile}
        if settings.rebuild_of is not None:
            mark["rebuild_of"] = settings.rebuild_of
        if settings.judged_on is not None:
            mark["judged_on"] = settings.judged_on.isoformat()
        try:
            write_text_atomically(self._profile_marker, json.dumps(mark) + "\n")
        except StorageError as error:
            raise SettingsError(f"{error} Or choose another folder with DATA=…") from error

    def check_profile(self, settings: Settings) -> None:
        """Refuse a data folder of another profile, or the rebuild of a release; writes nothing.

        Raises
        ------
        SettingsError
            When the folder holds data of another profile, or a rebuild of which the run is not.
        """
        mark = self._mark()
        if not mark:
            return
        if mark["profile"] != settings.profile:
            raise SettingsError(
                f"{self.root} holds data of the profile {mark['profile']!r}, and this run's is "
                f"{settings.profile!r}: choose another folder with DATA=…"
            )
        if mark.get("rebuild_of") != settings.rebuild_of:
            # Decisions that have expired hold in it: nothing may be published from there.
            raise SettingsError(
                f"{self.root} holds the rebuild of release {mark.get('rebuild_of')!r}, which is there to be "
                "compared alone: choose another folder with DATA=…"
            )

    @property
    def judged_on(self) -> date:
        """Day on which signed files must hold: today's in UTC; of a rebuild, the release's."""
        mark = self._mark()
        # A day in the mark of an ordinary folder, whoever wrote it, would let expired decisions publish.
        day = mark.get("judged_on") if "rebuild_of" in mark else None
        return date.fromisoformat(day) if day else datetime.now(UTC).date()

    def _mark(self) -> dict[str, str]:
        """Return what the folder is marked as; nothing when it was not claimed yet."""
        return json.loads(self._profile_marker.read_text()) if self._profile_marker.is_file() else {}

    @property
    def _profile_marker(self) -> Path:
        return self.root / "profile.json"


def _place(root: Path, dataset: str, partition: Partition | None) -> Path:
    if partition is None:
        return root / dataset
    return root / dataset / f"month={partition.month}" / f"force={partition.force}"
