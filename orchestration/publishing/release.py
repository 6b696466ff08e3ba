"""Building a release: everything in a hidden sibling folder first, then one rename, then one link."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from data_quality.policy import POLICY_FILE
from orchestration.code_version import runtime
from orchestration.paths import DataPaths
from orchestration.patrol_plan import PUBLISHED_AS, plan_document
from orchestration.publication_policy import PolicyRecord, check_policy, judge_publication
from orchestration.publishing.audit_pack.governance import Governance, read_governance
from orchestration.publishing.audit_pack.layout import FOLDER, MODEL_CARDS, VALIDATION
from orchestration.publishing.errors import ReleaseError
from orchestration.publishing.identity import ReleaseIdentity, configuration_version, version_line
from orchestration.publishing.judging import judge_release
from orchestration.publishing.licences import source_entries
from orchestration.publishing.manifest import (
    MANIFEST_NAME,
    VERIFIER_NAME,
    copy_verifier,
    describe_files,
    read_manifest,
    sha256_of,
    verify_release,
    write_manifest,
)
from orchestration.publishing.tables import (
    export_tables,
    last_month_of_data,
    open_warehouse,
    published_tables,
)
from orchestration.run_configuration import covered_window, kept_configuration

if TYPE_CHECKING:
    import duckdb

    from orchestration.lineage.model import Lineage

LATEST = "latest"
SYNTHETIC_PROFILE = "sandbox"
_BUILDING_PREFIX = ".building-"
_DAMAGED_PREFIX = ".damaged-"
_OWN_NAMES = frozenset({MANIFEST_NAME, VERIFIER_NAME, "overview.html", PUBLISHED_AS})
_OWN_FOLDERS = frozenset({"tables", "geo", FOLDER})


@dataclass(frozen=True)
class Release:
    """A published release.

    Parameters
    ----------
    path
        Its folder.
    manifest
        Its manifest.
    is_new
        Whether this call built it.
    damage
        What was wrong with a folder of the same name that this build replaced; the damaged folder is kept
        beside it under a name that begins with ``.damaged-``.
    """

    path: Path
    manifest: dict[str, Any]
    is_new: bool
    damage: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Order:
    """What a build needs to know that is not in the warehouse."""

    identity: ReleaseIdentity
    data_root: Path
    run_id: str
    profile: str
    data_versions: Sequence[Mapping[str, Any]]
    extra_files: Mapping[str, Path]
    policy: PolicyRecord
    waivers: Sequence[Mapping[str, Any]]
    lineage: Lineage
    lock: Path
    governance: Governance
    policy_file: Path
    configuration: Mapping[str, Any]

    @property
    def is_synthetic(self) -> bool:
        """Whether the data are invented."""
        return self.profile == SYNTHETIC_PROFILE


def build_release(
    warehouse: Path,
    data_root: Path,
    published_root: Path,
    *,
    code_version: str,
    lock_path: Path,
    run_id: str,
    profile: str,
    harm_scheme: str,
    data_versions: Sequence[Mapping[str, Any]],
    extra_files: Mapping[str, Path],
    lineage: Lineage,
    waivers: Sequence[Mapping[str, Any]] = (),
    settings_record: Mapping[str, Any] | None = None,
    policy_file: Path = POLICY_FILE,
) -> Release:
    """Publish what the warehouse holds, unless the same release is already there.

    Parameters
    ----------
    warehouse
        The DuckDB file; opened read-only.
    data_root
        The data folder, for validated geometry, verdicts and the provenance of what was landed.
    published_root
        The folder of releases; made when missing.
    code_version
        Version of the code, such as a commit.
    lock_path
        The dependency lock file.
    run_id
        The run that publishes; recorded, and no part of the release's identity.
    profile
        ``sandbox``, ``mirror`` or ``live``; ``sandbox`` marks every page and attribution as synthetic.
    harm_scheme
        The active harm weights.
    data_versions
        One mapping for each partition used: ``dataset``, ``month``, ``force``, ``data_version``, ``release``.
    extra_files
        Path inside the release to the file to copy there (validation report, dbt docs).
    lineage
        The whole lineage of columns, for the audit pack.
    waivers
        One mapping for each signed waiver without which data would have been refused.
    settings_record
        What the run was told, by which the release can be made again.
    policy_file
        The publication policy.

    Returns
    -------
    Release
        The release, to which ``published_root/latest`` now points.

    Raises
    ------
    ReleaseError
        When an input is missing or unfit, the publication policy forbids it, or the finished release breaks
        a critical rule of its suite; ``latest`` and earlier releases stay as they were.
    """
    _check_extra_files(extra_files)
    if not lock_path.is_file():
        raise ReleaseError(
            lock_path.name, "is not there", "give the dependency lock file that the code runs on"
        )
    published_root.mkdir(parents=True, exist_ok=True)
    with _only_builder(published_root), open_warehouse(warehouse) as connection:
        tables = published_tables(connection)
        governance = read_governance(DataPaths(data_root).governance)
        # Whoever calls, nothing is published past a bound of the policy.
        policy = judge_publication(connection, DataPaths(data_root), policy_file=policy_file)
        check_policy(policy)
        made_with = kept_configuration(connection)
        identity = ReleaseIdentity(
            last_month_of_data(connection, tables),
            tuple(sorted(version_line(entry) for entry in data_versions)),
            code_version,
            sha256_of(lock_path),
            harm_scheme,
            policy.version,
            governance.sha256,
            configuration_version(made_with),
        )
        folder = published_root / identity.name
        damage = tuple(verify_release(folder)) if folder.exists() else ()
        is_new = not folder.exists() or bool(damage)
        if is_new:
            order = _Order(
                identity=identity,
                data_root=data_root,
                run_id=run_id,
                profile=profile,
                data_versions=data_versions,
                extra_files=extra_files,
                policy=policy,
                waivers=waivers,
                lineage=lineage,
                lock=lock_path,
                governance=governance,
                policy_file=policy_file,
                configuration={
                    "settings": {
                        **(settings_record or {}),
                        **covered_window(connection, tables["audit_coverage"]),
                    },
                    "tables": made_with,
                },
            )
            _build(connection, tables, folder, order)
        point_latest_at(folder)
        return Release(folder, read_manifest(folder), is_new, damage)


def point_latest_at(folder: Path) -> None:
    """Make ``latest`` a relative link to a release; readers see the old one or the new one, never none.

    Parameters
    ----------
    folder
        The release, in the folder of releases.

    Raises
    ------
    ReleaseError
        When something that is not a link is in the way.
    """
    latest = folder.parent / LATEST
    if latest.exists() and not latest.is_symlink():
        raise ReleaseError(
            f"{folder.parent.name}/{LATEST}", "is not a link", "move it away; only links are replaced"
        )
    fresh = folder.parent / f".{LATEST}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name, target_is_directory=True)
    fresh.replace(latest)


@contextmanager
def _only_builder(published_root: Path) -> Iterator[None]:
    """Keep other builders out and sweep what a killed one left; the system frees a dead holder's lock."""
    with (published_root / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for leftover in published_root.glob(f"{_BUILDING_PREFIX}*"):
            shutil.rmtree(leftover)
        yield


def _build(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, str], folder: Path, order: _Order
) -> None:
    staging = folder.parent / f"{_BUILDING_PREFIX}{folder.name}"
    try:
        staging.mkdir()
        _fill(connection, tables, staging, order)
        verdicts = DataPaths(order.data_root).boundary_verdict("release", folder.name)
        judge_release(connection, tables, staging, verdicts)
        if folder.exists():
            folder.rename(_free_name(folder.parent, f"{_DAMAGED_PREFIX}{folder.name}"))
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _fill(
    connection: duckdb.DuckDBPyConnection, tables: dict[str, str], staging: Path, order: _Order
) -> None:
    # Drawing libraries take seconds to import; a release that is already there never needs them.
    from orchestration.publishing.audit_pack.pack import PackInputs, write_audit_pack
    from orchestration.publishing.overview import PageFacts, write_overview

    copy_verifier(staging)
    (staging / "tables").mkdir()
    export_tables(connection, tables, staging / "tables")
    _write_geography(staging, order.data_root)
    if order.policy.plan:
        (staging / PUBLISHED_AS).write_text(plan_document(connection, order.policy.plan), encoding="utf-8")
    for name, source in order.extra_files.items():
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, staging / name)
    sources = source_entries(order.data_root, order.data_versions, is_synthetic=order.is_synthetic)
    facts = PageFacts(
        order.identity.name,
        order.profile,
        order.identity.harm_scheme,
        order.identity.code_version,
        order.is_synthetic,
        sources,
    )
    write_overview(staging, order.data_root, facts)
    manifest = _manifest(connection, tables, order, sources)
    paths = DataPaths(order.data_root)
    pack = PackInputs(
        manifest=manifest,
        paths=paths,
        lineage=order.lineage,
        lock=order.lock,
        governance=order.governance,
        is_synthetic=order.is_synthetic,
        policy_file=order.policy_file,
    )
    write_audit_pack(staging, pack)
    write_manifest(staging, {**manifest, "files": describe_files(staging)})


def _write_geography(staging: Path, data_root: Path) -> None:
    from orchestration.publishing import geo
    from orchestration.publishing.published import PublishedTables

    tables = PublishedTables(staging)
    folder = staging / "geo"
    folder.mkdir()
    areas = geo.harm_by_lsoa(tables.read("mart_harm_ranking"), geo.read_lsoa_boundaries(data_root))
    geo.write_geoparquet(areas, folder / "harm_by_lsoa.parquet")
    hotspots = geo.hotspot_shapes(tables.read("ml_hotspots"))
    geo.write_geoparquet(hotspots, folder / "hotspots.parquet")
    (folder / "hotspots.geojson").write_text(geo.hotspots_geojson(hotspots), encoding="utf-8")


def _manifest(
    connection: duckdb.DuckDBPyConnection,
    tables: dict[str, str],
    order: _Order,
    sources: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the manifest without the files, which the audit pack is one of."""
    coverage = tables["audit_coverage"]
    withheld = connection.execute(
        f"select dataset, month, force, reason from {coverage} where status = 'withheld' order by all"
    ).fetchall()
    absent = connection.execute(f"select count(*) from {coverage} where status = 'absent'").fetchone()
    return {
        "release": order.identity.name,
        "data_versions": sorted((dict(entry) for entry in order.data_versions), key=version_line),
        "code_version": order.identity.code_version,
        "dependency_lock_sha256": order.identity.dependency_lock_sha256,
        "runtime": runtime(),
        "run_id": order.run_id,
        "profile": order.profile,
        "harm_scheme": order.identity.harm_scheme,
        "sources": sources,
        "withheld": [
            dict(zip(("dataset", "month", "force", "reason"), row, strict=True)) for row in withheld
        ],
        "waivers": [dict(waiver) for waiver in order.waivers],
        "policy": order.policy.as_mapping(),
        # Signed files expire: a rebuild has to know on which day they held.
        "judged_on": order.policy.judged_on.isoformat(),
        "configuration": order.configuration,
        "absent_count": absent[0] if absent else 0,
    }


def _check_extra_files(extra_files: Mapping[str, Path]) -> None:
    for name, source in extra_files.items():
        parts = PurePosixPath(name).parts
        inside = bool(parts) and not PurePosixPath(name).is_absolute() and ".." not in parts
        is_own = inside and parts[0] in _OWN_FOLDERS and "/".join(parts[:2]) not in (VALIDATION, MODEL_CARDS)
        if not inside or is_own or name in _OWN_NAMES:
            raise ReleaseError(
                f"extra file {name!r}",
                "is not a free place in a release",
                "name it as folder/file, such as docs/x.html",
            )
        if not source.is_file():
            raise ReleaseError(
                f"{source.name} (for {name})",
                "is not there",
                "make the report before publishing, or leave it out",
            )


def _free_name(folder: Path, stem: str) -> Path:
    number = 1
    while (folder / f"{stem}-{number}").exists():
        number += 1
    return folder / f"{stem}-{number}"
