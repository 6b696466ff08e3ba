"""Renders stored answers of Great Expectations as its own Data Docs site.

Each page takes about a tenth of a second, and the pages load their style sheets from the internet. So
the site shows a bounded choice of partitions; the whole picture is in the self-contained validation report.
"""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from data_quality.files import swap_folder
from data_quality.great_expectations_context import load_great_expectations, new_context
from data_quality.promotion import EVIDENCE_FILE
from data_quality.report_data import folder_of
from data_quality.verdicts import Verdict, read_all

MAXIMUM_PAGES = 20
_SITE = "crimeharm"


def write_data_docs(validated_root: Path, folder: Path, maximum_pages: int = MAXIMUM_PAGES) -> list[str]:
    """Build the Data Docs site of the partitions that are most worth a look.

    Parameters
    ----------
    validated_root
        Root of the validated data, with verdicts and stored answers.
    folder
        Folder of the site; replaced as a whole.
    maximum_pages
        Most partitions to show: the newest of each dataset first, then those that did not pass.

    Returns
    -------
    list of str
        Dataset and partition of each page.
    """
    shown = choose_partitions(read_all(validated_root), maximum_pages)
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    _build_site([(verdict, _evidence(validated_root, verdict)) for verdict in shown], temporary)
    swap_folder(temporary, folder)
    return [f"{verdict.dataset} {verdict.partition_label}" for verdict in shown]


def choose_partitions(verdicts: Sequence[Verdict], maximum: int) -> list[Verdict]:
    """Return the judged partitions to show: the newest of each dataset, then refused ones, newest first.

    Parameters
    ----------
    verdicts
        Those without an answer of Great Expectations to show, of absent partitions and crashed gates, are
        passed over.
    maximum
        Most partitions to return.
    """
    judged = [verdict for verdict in verdicts if verdict.rules and verdict.status != "crashed"]
    newest_first = sorted(judged, key=lambda v: (v.month or "", v.force or ""), reverse=True)
    newest: dict[str, Verdict] = {}
    for verdict in newest_first:
        newest.setdefault(verdict.dataset, verdict)
    refused = [v for v in newest_first if v.status == "failed" and v not in newest.values()]
    chosen = [*sorted(newest.values(), key=lambda v: v.dataset), *refused]
    return chosen[:maximum]


def _evidence(validated_root: Path, verdict: Verdict) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(
        (folder_of(validated_root, verdict) / EVIDENCE_FILE).read_text(encoding="utf-8")
    )
    return stored


def _build_site(pages: Sequence[tuple[Verdict, dict[str, Any]]], folder: Path) -> None:
    context = new_context()
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    context.add_data_docs_site(
        _SITE,
        {
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "show_how_to_buttons": False,
        },
    )
    for verdict, evidence in pages:
        key, result = _stored_result(verdict, evidence)
        context.validation_results_store.set(key, result)
    context.build_data_docs(site_names=[_SITE])


def _stored_result(verdict: Verdict, evidence: dict[str, Any]) -> tuple[Any, Any]:
    load_great_expectations()
    from great_expectations.core.expectation_validation_result import (
        expectationSuiteValidationResultSchema,
    )
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    batch = verdict.partition_label.replace(" ", "-")
    run = RunIdentifier(
        run_name=f"{batch}-{verdict.status}", run_time=datetime.fromisoformat(verdict.evaluated_at)
    )
    key = ValidationResultIdentifier(ExpectationSuiteIdentifier(verdict.dataset), run, batch)
    meta = evidence["meta"] | {
        "run_id": run.to_json_dict(),
        "active_batch_definition": {"data_asset_name": verdict.dataset},
        "batch_spec": {},
        "batch_markers": {},
    }
    results = [item | {"result": _escaped(item["result"])} for item in evidence["results"]]
    return key, expectationSuiteValidationResultSchema.load(evidence | {"meta": meta, "results": results})


def _escaped(value: Any) -> Any:
    """Escape every text in an answer: Data Docs would write values of the data into the page as they are."""
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, dict):
        return {key: _escaped(held) for key, held in value.items()}
    return [_escaped(held) for held in value] if isinstance(value, list) else value
