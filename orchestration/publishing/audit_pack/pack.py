"""Writes the audit pack into a release whose other files are in place; the same release, the same bytes."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.lineage.model import Lineage
from orchestration.paths import DataPaths
from orchestration.publishing import formats, page_audit
from orchestration.publishing.audit_pack import columns, fetched, plots, rejected
from orchestration.publishing.audit_pack.answers import Facts, bounds_of, error_of
from orchestration.publishing.audit_pack.cards import read_cards
from orchestration.publishing.audit_pack.fairness import SHOWN_ROWS, fairness_tables
from orchestration.publishing.audit_pack.governance import Governance
from orchestration.publishing.audit_pack.layout import FOLDER, INDEX_PAGE, VALIDATION
from orchestration.publishing.audit_pack.plan import plan_page
from orchestration.publishing.audit_pack.records import algo_care, atrs_record, records_as_mapping
from orchestration.publishing.embedding import page_asset, script_hash
from orchestration.publishing.licences import dataset_titles
from orchestration.publishing.manifest import copy_verifier, describe_files, write_manifest
from orchestration.publishing.names import spelled
from orchestration.publishing.published import PublishedTables

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class PackInputs:
    """What a pack needs beside the files of its release.

    Parameters
    ----------
    manifest
        The release's manifest, without ``files``.
    paths
        The data folder, for provenance, verdicts and the quarantine.
    lineage
        The whole lineage of columns.
    lock
        The dependency lock file.
    governance
        What is declared about those who answer for the release.
    is_synthetic
        Whether the data are invented, which every page then says.
    policy_file
        The publication policy, of which the pack holds a copy.
    """

    manifest: Mapping[str, Any]
    paths: DataPaths
    lineage: Lineage
    lock: Path
    governance: Governance
    is_synthetic: bool
    policy_file: Path


def write_audit_pack(release: Path, inputs: PackInputs) -> None:
    """Write the folder ``audit``.

    Parameters
    ----------
    release
        The release's folder, with everything in it but the manifest and what is written here.
    inputs
        What is not among its files.

    Raises
    ------
    SourceError
        When provenance or a verdict that the pack must show cannot be read.
    """
    pack = release / FOLDER
    pack.mkdir(exist_ok=True)
    listed = {
        name: held for name, held in describe_files(release).items() if not name.startswith(f"{FOLDER}/")
    }
    published = columns.published_columns(inputs.lineage, release)
    landed = fetched.fetched_rows(inputs.manifest, inputs.paths, is_synthetic=inputs.is_synthetic)
    broken = rejected.read_rejected(inputs.paths)
    _write_csv(pack / "fetched.csv", fetched.COLUMNS, landed)
    _write_csv(pack / "rejected.csv", rejected.COLUMNS, broken.records)
    followed = [row for one in published for row in one.as_rows()]
    _write_csv(pack / "column_lineage.csv", columns.COLUMNS, followed)
    _write_csv(
        pack / "release_files.csv",
        ("file", "sha256", "bytes", "rows"),
        ((name, held["sha256"], held["bytes"], held.get("rows")) for name, held in listed.items()),
    )
    copy_verifier(pack)
    shutil.copyfile(inputs.lock, pack / "requirements.lock")
    shutil.copyfile(inputs.policy_file, pack / "publication_policy.yml")
    context = _context(release, inputs, published)
    records = records_as_mapping(context["atrs"], context["care"])
    _write_text(pack / "governance_records.json", json.dumps(records, indent=2, ensure_ascii=False) + "\n")
    context |= {
        "sources": fetched.source_rows(inputs.manifest["sources"], landed),
        "rejected": broken,
        "listed_records": rejected.LISTED_RECORDS,
        "landed_count": len(landed),
        "tables": {name: held for name, held in listed.items() if name.startswith("tables/")},
        "has_validation": (release / VALIDATION / INDEX_PAGE).is_file(),
    }
    environment = _environment(inputs.is_synthetic)
    for page in (INDEX_PAGE, "plan.html", "lineage.html", "models.html"):
        _write_text(pack / page, environment.get_template(f"{page}.j2").render(context))
    # The pack can be handed on by itself, and is then checked by the same command.
    write_manifest(pack, {"release": inputs.manifest["release"], "files": describe_files(pack)})


def _context(
    release: Path, inputs: PackInputs, published: Sequence[columns.PublishedColumn]
) -> dict[str, Any]:
    tables = PublishedTables(release)
    titles = dataset_titles(inputs.manifest["sources"])
    cards = read_cards(release)
    audits = fairness_tables(release, release / FOLDER)
    plan = plan_page(release, release / FOLDER, inputs.manifest["policy"], inputs.paths.root)
    facts = Facts(
        manifest=inputs.manifest,
        governance=inputs.governance,
        cards=cards,
        audited=[audit.name for audit in audits],
        reached=_reached(published),
        tables=tables,
        plan=plan,
        **_scope(tables),
    )
    return {
        "manifest": inputs.manifest,
        "governance": inputs.governance,
        "facts": facts,
        "titles": titles,
        "gates": page_audit.gate_rows(inputs.paths.root, titles),
        "coverage": page_audit.coverage_rows(tables, titles),
        "reconciliation": page_audit.reconciliation_rows(tables, titles),
        "decided": [entry for entry in inputs.manifest["data_versions"] if entry.get("decisions_version")],
        "published": published,
        "by_table": columns.by_table(published),
        "drawing": columns.draw_layers(inputs.lineage) if inputs.lineage else None,
        "cards": cards,
        "audits": audits,
        "plan": plan,
        "atrs": atrs_record(facts),
        "care": algo_care(facts),
    }


def _scope(tables: PublishedTables) -> dict[str, str]:
    months = tables.read("mart_harm_force_month", ["force_slug", "crime_month"])
    forces = [formats.force_name(slug) for slug in sorted(months["force_slug"].unique())]
    span = formats.month_span(months["crime_month"].min(), months["crime_month"].max())
    return {"forces": ", ".join(forces), "months": span}


def _reached(
    published: Iterable[columns.PublishedColumn],
) -> dict[str, frozenset[tuple[str, str]]] | None:
    """Return the raw columns of each table of a model; none when no model's lineage is known."""
    models = [one for one in published if one.table.startswith("ml_") and one.notes != (columns.NOT_KNOWN,)]
    if not models:
        return None
    reached: dict[str, set[tuple[str, str]]] = {}
    for one in models:
        reached.setdefault(one.table, set()).update(begin[:2] for begin in one.begins)
    return {table: frozenset(begins) for table, begins in reached.items()}


def _environment(is_synthetic: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from data_quality.report import printable

    here, script = Path(__file__).parent, page_asset("lineage.js")
    environment = Environment(
        loader=FileSystemLoader([here / "templates", here.parent / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=formats.number, significant=formats.significant, spelled=spelled, percent=formats.percent
    )
    environment.globals.update(
        style=page_asset("overview.css"),
        lineage_script=script,
        lineage_script_hash=script_hash(script),
        is_synthetic=is_synthetic,
        not_known=columns.NOT_KNOWN,
        bounds_of=bounds_of,
        error_of=error_of,
        plots=plots,
        percent_interval=formats.percent_interval,
        shown_rows=SHOWN_ROWS,
    )
    return environment


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
