"""The validation report, the dbt docs and the release that holds them."""

from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from data_quality.data_docs import write_data_docs
from data_quality.report import gather_report, write_report
from data_quality.report_pages import INDEX_PAGE
from data_quality.verdicts import read_verdict
from ml.common.contracts import CONTRACTS
from orchestration.binding import check_verdicts
from orchestration.boundaries.judging import check_boundaries
from orchestration.code_version import code_version
from orchestration.defs.common import GOVERNANCE, MONTHLY
from orchestration.defs.gates.boundaries import JUDGED, suite_result
from orchestration.defs.lineage import column_lineage
from orchestration.defs.warehouse.dbt import call_dbt, published_models
from orchestration.environment import PROJECT_ROOT
from orchestration.gating import held_data_versions, held_waivers
from orchestration.landing import CALLS, POLICE_KINDS
from orchestration.lineage.whole import whole_lineage
from orchestration.publishing.audit_pack.layout import MODEL_CARDS, VALIDATION
from orchestration.publishing.dbt_docs import write_dbt_docs
from orchestration.publishing.lineage_page import write_lineage_page
from orchestration.publishing.release import SYNTHETIC_PROFILE, build_release
from orchestration.publishing.tables import open_warehouse
from orchestration.resources import DUCKDB_POOL, Run
from orchestration.run_configuration import settings_record
from orchestration.sources.catalogue import CATALOGUE
from orchestration.sources.police_uk.live_street import LIVE_STREET
from orchestration.warehouse_build import check_warehouse

_DATASETS = [*POLICE_KINDS, *CATALOGUE, LIVE_STREET, CALLS]


def publish_assets() -> list[dg.AssetsDefinition]:
    """Return the reports and the release."""
    return [_validation_report(), _dbt_docs(), _published_release()]


def _validation_report() -> dg.AssetsDefinition:
    @dg.asset(
        name="validation_report",
        deps=[*(f"validated_{dataset}" for dataset in _DATASETS), *JUDGED.values()],
        group_name="publish",
        kinds={"greatexpectations", "html", "json"},
        owners=[GOVERNANCE],
        description="What every gate found: pages that open offline, JSON, and Data Docs beside them.",
    )
    def validation_report(run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        paths = run.paths
        roots = (paths.validated_root, paths.quarantine_root, paths.verdicts_root)
        is_synthetic = run.settings.profile == SYNTHETIC_PROFILE
        files = write_report(
            gather_report(*roots, with_history=True),
            paths.validation_report.parent,
            is_synthetic=is_synthetic,
            data_docs="../data_docs/index.html",
        )
        frozen = gather_report(*roots, with_history=False)
        write_report(frozen, paths.frozen_validation, is_synthetic=is_synthetic)
        pages = write_data_docs(paths.validated_root, paths.data_docs)
        return dg.MaterializeResult(
            metadata={
                "report_files": len(files),
                "data_docs_pages": pages,
                "report": dg.MetadataValue.url(paths.validation_report.resolve().as_uri()),
                "data_docs": dg.MetadataValue.path(str(paths.data_docs / "index.html")),
            }
        )

    return validation_report


def _dbt_docs() -> dg.AssetsDefinition:
    @dg.asset(
        name="dbt_docs",
        deps=published_models(),
        group_name="publish",
        kinds={"dbt", "html"},
        owners=[GOVERNANCE],
        description="Lineage and documentation of every model in one HTML file.",
        pool=DUCKDB_POOL,
    )
    def dbt_docs(dbt: DbtCliResource, run: dg.ResourceParam[Run]) -> dg.MaterializeResult:
        call_dbt(dbt, ["docs", "generate", "--static"], run, run.paths.dbt_docs_target).wait()
        page = run.paths.root / "reports" / "dbt_docs" / "index.html"
        write_dbt_docs(run.paths.dbt_docs_target, whole_lineage(), page)
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(page))})

    return dbt_docs


def _published_release() -> dg.AssetsDefinition:
    @dg.asset(
        name="published_release",
        deps=[
            "validation_report",
            "dbt_docs",
            *JUDGED.values(),
            "publication_policy",
            *CONTRACTS,
            *published_models(),
        ],
        group_name="publish",
        kinds={"parquet", "geojson", "html"},
        owners=[GOVERNANCE],
        description="One frozen release: tables, maps, reports and a manifest of every file's hash.",
        freshness_policy=MONTHLY,
        check_specs=[
            dg.AssetCheckSpec(
                "suite",
                asset="published_release",
                blocking=True,
                description="Files, hashes, shapes, small counts and licences, before latest is moved.",
            )
        ],
        pool=DUCKDB_POOL,
    )
    def published_release(
        context: dg.AssetExecutionContext, run: dg.ResourceParam[Run]
    ) -> dg.MaterializeResult:
        paths = run.paths
        # Publishing may be asked for alone, long after the gates and the warehouse.
        check_verdicts(paths)
        check_warehouse(paths, run.settings.harm_scheme)
        waivers = held_waivers(paths)
        with open_warehouse(paths.warehouse) as connection:
            check_boundaries(connection, paths)
        write_lineage_page(
            whole_lineage(), paths.lineage_page, is_synthetic=run.settings.profile == SYNTHETIC_PROFILE
        )
        release = build_release(
            paths.warehouse,
            paths.root,
            paths.published_root,
            code_version=code_version(),
            lock_path=PROJECT_ROOT / "requirements.lock",
            run_id=context.run_id,
            profile=run.settings.profile,
            harm_scheme=run.settings.harm_scheme,
            settings_record=settings_record(run.settings),
            policy_file=run.settings.policy,
            data_versions=held_data_versions(paths),
            waivers=waivers,
            lineage=whole_lineage(),
            extra_files={
                **_inside(VALIDATION, paths.frozen_validation),
                **_cards(paths.model_cards),
                "lineage.html": paths.lineage_page,
                "dbt_docs/index.html": paths.root / "reports" / "dbt_docs" / "index.html",
            },
        )
        verdict = read_verdict(paths.boundary_verdict("release", release.path.name))
        return dg.MaterializeResult(
            check_results=[suite_result(verdict, "suite", "published_release", {})],
            metadata={
                "release": release.path.name,
                "is_new": release.is_new,
                "files": len(release.manifest["files"]),
                "waivers": len(waivers),
                "policy_decisions": sum(
                    bool(measure["decision"]) for measure in release.manifest["policy"]["measures"]
                ),
                "overview": dg.MetadataValue.path(str(release.path / "overview.html")),
                "audit_pack": dg.MetadataValue.path(str(release.path / "audit" / "index.html")),
                **column_lineage("published_release"),
            },
        )

    return published_release


def _cards(folder: Path) -> dict[str, Path]:
    """Return every model card under its path inside the release."""
    return {f"{MODEL_CARDS}/{path.name}": path for path in sorted(folder.glob("*.md"))}


def _inside(name: str, folder: Path) -> dict[str, Path]:
    """Return every file of a report under its path inside the release; its first page even when missing."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    first = folder / INDEX_PAGE
    return {f"{name}/{path.relative_to(folder).as_posix()}": path for path in dict.fromkeys([first, *files])}
