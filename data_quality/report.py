"""Writes the validation report: a folder of small pages that need nothing else, not even a network."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_quality.files import storage_errors_named, swap_folder
from data_quality.report_data import STATUSES, DatasetSummary, Partition, Report, RuleSummary, gather_report
from data_quality.report_json import report_as_json
from data_quality.report_pages import INDEX_PAGE, JSON_FILE, dataset_page, month_page, rule_page
from data_quality.report_views import MARKS, grid_of, marks_used, rule_view, trend_of_runs

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["gather_report", "write_report"]

_TEMPLATES = Path(__file__).parent / "templates" / "validation"
_SHOWN_REFUSED = 50
# What a terminal or a browser would obey rather than show: controls, marks of direction, lone surrogates.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def write_report(
    report: Report, folder: Path, *, is_synthetic: bool = False, data_docs: str | None = None
) -> list[str]:
    """Write the report as a folder: an index, a page a dataset, a month and a rule, and one JSON file.

    The folder is built beside its place and swapped in, so a reader never sees half a report. The same report
    always gives the same bytes.

    Parameters
    ----------
    report
        What is to be shown.
    folder
        The folder; replaced as a whole.
    is_synthetic
        Whether the data are invented, which every page then says.
    data_docs
        Link from the index to the Data Docs of Great Expectations; none leaves it out.

    Returns
    -------
    list of str
        The files, relative to the folder, in order.
    """
    environment = _environment(is_synthetic, report.has_history)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    files = []
    with storage_errors_named(folder):
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            for name, text in _files(report, environment, data_docs):
                path = temporary / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode("utf-8"))
                files.append(name)
            swap_folder(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return sorted(files)


def printable(value: Any) -> Any:
    """Return a value for a page: characters that do things instead of showing become their codes."""
    if type(value) is not str:
        return value
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", value)


def _environment(is_synthetic: bool, has_history: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: "–" if value is None else f"{value:,}"
    environment.globals.update(
        style=(_TEMPLATES / "style.css").read_text(encoding="utf-8"),
        is_synthetic=is_synthetic,
        has_history=has_history,
        marks=MARKS,
        statuses=STATUSES,
        dataset_page=dataset_page,
        month_page=month_page,
        rule_page=rule_page,
        json_file=JSON_FILE,
        **_view_functions(),
    )
    return environment


def _view_functions() -> dict[str, Any]:
    from data_quality.report_charts import format_value, sparkline
    from data_quality.report_pages import WHOLE_ANCHOR, partition_link, slug

    return {
        "format_value": format_value,
        "sparkline": sparkline,
        "partition_link": partition_link,
        "slug": slug,
        "whole_anchor": WHOLE_ANCHOR,
    }


def _files(report: Report, environment: Environment, data_docs: str | None) -> Iterator[tuple[str, str]]:
    yield JSON_FILE, report_as_json(report)
    yield INDEX_PAGE, environment.get_template("index.html.j2").render(_index(report), data_docs=data_docs)
    for dataset in report.datasets:
        yield from _dataset_files(dataset, environment)


def _dataset_files(dataset: DatasetSummary, environment: Environment) -> Iterator[tuple[str, str]]:
    page = dataset_page(dataset.dataset, dataset.boundary)
    yield page, environment.get_template("dataset.html.j2").render(_dataset(dataset))
    months: dict[str, list[Partition]] = {}
    for partition in dataset.partitions:
        if partition.verdict.month:
            months.setdefault(partition.verdict.month, []).append(partition)
    template = environment.get_template("month.html.j2")
    for month, held in months.items():
        text = template.render(dataset=dataset, month=month, partitions=held, up="../")
        yield month_page(dataset.dataset, month, dataset.boundary), text
    template = environment.get_template("rule.html.j2")
    for rule in dataset.rules:
        text = template.render(_rule(dataset, rule))
        yield rule_page(dataset.dataset, rule.rule, dataset.boundary), text


def _index(report: Report) -> dict[str, Any]:
    refused = [
        (dataset, partition)
        for dataset in report.datasets
        for partition in dataset.partitions
        if partition.verdict.status in ("failed", "crashed")
    ]
    decided = [
        (dataset, partition)
        for dataset in report.datasets
        for partition in dataset.partitions
        if partition.waivers or partition.corrections
    ]
    totals = report.status_counts
    return {
        "up": "",
        "boundaries": report.boundaries,
        "headline": _headline(totals),
        "overall": _overall(totals),
        "refused": refused[:_SHOWN_REFUSED],
        "refused_count": len(refused),
        "decided": decided,
        "latest": _latest(report) if report.has_history else None,
    }


def _latest(report: Report) -> str | None:
    judged = [part.verdict.evaluated_at for dataset in report.datasets for part in dataset.partitions]
    return max(judged, default=None)


def _dataset(dataset: DatasetSummary) -> dict[str, Any]:
    whole = [partition for partition in dataset.partitions if partition.verdict.month is None]
    return {
        "up": "",
        "dataset": dataset,
        "whole": whole[0] if whole else None,
        "months": dataset.months,
        "rows": grid_of(dataset),
        "marks_used": marks_used(dataset),
        "decided": [p for p in dataset.partitions if p.verdict.month and (p.waivers or p.corrections)],
        "runs": trend_of_runs(dataset),
    }


def _rule(dataset: DatasetSummary, rule: RuleSummary) -> dict[str, Any]:
    sample = next((held for held in dataset.quarantined if held.rule == rule.rule), None)
    return {
        "up": "../",
        "dataset": dataset,
        "rule": rule,
        "quarantined": sample,
        "view": rule_view(dataset, rule),
    }


def _overall(totals: Mapping[str, int]) -> str:
    if totals["crashed"]:
        return "crashed"
    return "failed" if totals["failed"] else "passed"


def _headline(totals: Mapping[str, int]) -> str:
    refused = totals["failed"] + totals["crashed"]
    if refused:
        return f"{refused:,} of {sum(totals.values()):,} partitions and tables are withheld"
    if totals["passed"]:
        return f"All {totals['passed']:,} partitions and tables that there are passed their gates"
    return "Nothing has been through a gate yet"
