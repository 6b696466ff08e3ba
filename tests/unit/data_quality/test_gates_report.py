"""The validation report and the Data Docs: complete, safe to open and self-contained."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from data_quality.data_docs import choose_partitions, write_data_docs
from data_quality.gate import absent_verdict
from data_quality.promotion import promote, withhold
from data_quality.report import summarise_quarantine, write_report_of, write_validation_report
from data_quality.verdicts import read_all

ATTACK = "<img src=x onerror=alert(1)> $x"


@pytest.fixture(name="root")
def filled_root(tmp_path, clean, run):
    """Return a data root with a passed partition of hostile values, a failed one and an absent one."""
    hostile = clean("police_street")
    hostile.loc[1, "crime_type"] = ATTACK
    hostile.loc[2, "last_outcome_category"] = ATTACK
    failed = clean("police_street").assign(month=ATTACK)
    cases = {"2024-06": run("police_street", hostile), "2024-05": run("police_street", failed)}
    for month, outcome in cases.items():
        outcome = replace(outcome, verdict=replace(outcome.verdict, month=month))
        promote(outcome, *_folders(tmp_path, month))
    absent = absent_verdict(
        "police_street", {"month": "2024-04", "force": "bedfordshire"}, "not in the archive"
    )
    withhold(absent, *_folders(tmp_path, "2024-04"))
    return tmp_path


def _folders(root: Path, month: str) -> tuple[Path, Path]:
    inside = Path("police_street") / f"month={month}" / "force=bedfordshire"
    return root / "validated" / inside, root / "quarantine" / inside


def test_report_shows_every_status_and_escapes_what_upstream_wrote(root):
    """A report that runs upstream's markup would let a CSV file script the auditor's browser."""
    path = root / "reports" / "index.html"
    write_report_of(root / "validated", root / "quarantine", path)
    page = path.read_text(encoding="utf-8")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "1 of 3 partitions are withheld" in page
    for text in (
        "is-passed",
        "is-failed",
        "is-absent",
        "not in the archive",
        "crime_type_known",
        "2024-06-bedfordshire",
    ):
        assert text in page


def test_report_asks_for_nothing_from_outside(root):
    """The report is read offline and years later, when a style sheet from elsewhere would be gone."""
    path = root / "index.html"
    write_report_of(root / "validated", root / "quarantine", path)
    page = path.read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<iframe|@import|url\(|https?://", page)
    assert re.findall(r'<[^>]*\s(?:src|href|action)="(?!#)', page) == []


def test_report_is_the_same_for_the_same_verdicts(root):
    """Same input, same bytes: otherwise a release differs each time that it is frozen."""
    pages = []
    for name in ("one.html", "two.html"):
        write_report_of(root / "validated", root / "quarantine", root / name)
        pages.append((root / name).read_bytes())
    assert pages[0] == pages[1]


def test_thousand_partitions_stay_readable(root):
    """Three datasets over three years and ten forces are a thousand partitions; the page must still open."""
    verdicts = read_all(root / "validated")
    many = [
        replace(verdict, month=f"{2000 + number // 12}-{number % 12 + 1:02d}")
        for number in range(334)
        for verdict in verdicts
    ]
    path = root / "many.html"
    write_validation_report(many, summarise_quarantine(root / "quarantine"), path)
    assert len(many) > 1000
    assert path.stat().st_size < 3_000_000


def test_report_without_any_verdict_says_so(tmp_path):
    """The first run writes a report before anything has been judged."""
    write_report_of(tmp_path / "validated", tmp_path / "quarantine", tmp_path / "index.html")
    assert "Nothing has been through a gate yet" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_quarantine_summary_counts_all_and_samples_few(root):
    """A summary that counted only its sample would understate what was rejected."""
    summary = {item.rule: item for item in summarise_quarantine(root / "quarantine", sample_rows=3)}
    assert summary["month_matches_file"].row_count == 40
    assert [row.source_row for row in summary["month_matches_file"].sample] == [1, 2, 3]
    assert summary["crime_type_known"].sample[0].value == ATTACK


def test_data_docs_show_newest_and_refused_and_escape_values(root):
    """Great Expectations writes values into its pages unescaped; we must escape them before."""
    titles = write_data_docs(root / "validated", root / "docs")
    assert titles == ["police_street 2024-06 bedfordshire", "police_street 2024-05 bedfordshire"]
    pages = [path.read_text(encoding="utf-8") for path in (root / "docs").rglob("*.html")]
    assert len(pages) == 3
    assert not any("<img src=x" in page for page in pages)
    assert any("&lt;img src=x" in page for page in pages)
    assert not any("An unexpected Exception" in page for page in pages)


def test_data_docs_are_bounded(root):
    """Rendering costs time for each page; a thousand failed partitions must not cost minutes."""
    failed = next(verdict for verdict in read_all(root / "validated") if verdict.status == "failed")
    many = [replace(failed, month=f"{2000 + number}-01") for number in range(50)]
    chosen = choose_partitions(many, 20)
    assert len(chosen) == 20
    assert chosen[0].month == "2049-01"
