"""The validation report and the Data Docs: complete, safe to open and self-contained."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from data_quality.data_docs import choose_partitions, write_data_docs
from data_quality.decisions import Waiver
from data_quality.gate import absent_verdict
from data_quality.promotion import promote, withhold
from data_quality.report import gather_report, write_report
from data_quality.report_data import Boundary, Report, as_partition, folder_of, summarise_datasets
from data_quality.report_pages import partition_link
from data_quality.report_quarantine import summarise_quarantine
from data_quality.verdicts import read_all, write_verdict

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


def _write(root: Path, name: str = "report", *, with_history: bool = True) -> Path:
    roots = (root / "validated", root / "quarantine", root / "verdicts")
    write_report(gather_report(*roots, with_history=with_history), root / name)
    return root / name


def _texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_report_shows_every_status_and_escapes_what_upstream_wrote(root):
    """A report that runs upstream's markup would let a CSV file script the auditor's browser."""
    pages = _texts(_write(root))
    assert not any("<img" in page for name, page in pages.items() if name.endswith(".html"))
    assert "&lt;img src=x onerror=alert(1)&gt;" in pages["police_street.html"]
    assert "1 of 3 partitions and tables are withheld" in pages["index.html"]
    for mark in ("is-rejects", "is-failed", "is-absent"):
        assert mark in pages["police_street.html"]
    assert "not in the archive" in pages["police_street/2024-04.html"]
    assert "2024-06-bedfordshire" in pages["police_street/rule-crime_type_known.html"]


def test_report_asks_for_nothing_from_outside(root):
    """The report is read offline and years later: nothing is loaded, and each link leads to a page."""
    folder = _write(root)
    for name, page in _texts(folder).items():
        if not name.endswith(".html"):
            continue
        assert not re.search(r"<script|<link|<iframe|@import|url\(|https?://", page), name
        for address in re.findall(r'<[^>]*\s(?:src|href|action)="([^"#]*)', page):
            assert (folder / name).parent.joinpath(address).exists(), (name, address)


def test_every_anchor_that_is_linked_is_there(root):
    """A link from a check in Dagster must land on the partition, not at the top of a long page."""
    folder = _write(root)
    page = (folder / "police_street" / "2024-05.html").read_text(encoding="utf-8")
    assert (
        partition_link("police_street", "2024-05", "bedfordshire")
        == "police_street/2024-05.html#bedfordshire"
    )
    assert 'id="bedfordshire"' in page


def test_a_report_for_a_release_is_the_same_for_the_same_verdicts(root):
    """Same input, same bytes: otherwise a release differs each time that it is frozen."""
    one = _texts(_write(root, "one", with_history=False))
    later = [replace(v, evaluated_at="2031-01-01T00:00:00+00:00") for v in read_all(root / "validated")]
    for verdict in later:
        write_verdict(verdict, folder_of(root / "validated", verdict))
    assert _texts(_write(root, "two", with_history=False)) == one


def test_a_rule_shows_its_trend_and_its_earlier_judgements(root):
    """A rule that breaks more often each month is seen only when the months stand side by side."""
    failed = next(v for v in read_all(root / "validated") if v.status == "failed")
    folder = folder_of(root / "validated", failed)
    write_verdict(
        replace(failed, status="passed", evaluated_at="2031-01-01T00:00:00+00:00", rules=()), folder
    )
    write_verdict(replace(failed, evaluated_at="2031-01-02T00:00:00+00:00"), folder)
    pages = _texts(_write(root))
    trend = pages["police_street/rule-month_matches_file.html"]
    assert "Over the months of the data" in trend and "<svg" in trend
    assert "2031-01-02" in trend and "Over the runs of the gate" in trend
    assert "Judgements so far" in pages["police_street/2024-05.html"]


def test_waivers_are_on_every_page_that_they_touch(root):
    """Whoever reads only one page must see that what it shows passed by a person's decision."""
    failed = next(v for v in read_all(root / "validated") if v.status == "failed")
    place = (failed.dataset, failed.month, failed.force, str(failed.data_version))
    signed = ("B. Reader", "analyst", "2024-07-01", "confirmed by letter", "2024-08-01")
    waiver = Waiver("letter.yml", "a" * 64, *place, ("month_matches_file",), *signed)
    rules = tuple(
        replace(rule, waived_by="letter.yml") if rule.rule == "month_matches_file" else rule
        for rule in failed.rules
    )
    waived = replace(failed, status="passed", waivers=(waiver,), rules=rules)
    write_verdict(waived, folder_of(root / "validated", failed))
    pages = _texts(_write(root))
    for name in ("index.html", "police_street.html", "police_street/2024-05.html"):
        assert "waived by B. Reader (analyst) on 2024-07-01, until 2024-08-01" in pages[name], name
    stored = json.loads(pages["validation.json"])
    parts = stored["boundaries"][0]["datasets"][0]["partitions"]
    assert [part["waivers"][0]["file"] for part in parts if part["waivers"]] == ["letter.yml"]


def test_tables_of_later_boundaries_have_pages_of_their_own(root):
    """What was found about the warehouse must be read beside what was found about its files."""
    landed = read_all(root / "validated")[0]
    table = replace(landed, dataset="fct_crimes", month=None, force=None)
    write_verdict(table, root / "verdicts" / "warehouse" / "fct_crimes")
    write_verdict(replace(table, dataset="r1"), root / "verdicts" / "release" / "r1")
    live = _texts(_write(root))
    assert "warehouse-fct_crimes.html" in live and "release-r1.html" in live
    frozen = _texts(_write(root, "frozen", with_history=False))
    assert "warehouse-fct_crimes.html" in frozen and "release-r1.html" not in frozen


def test_thousand_partitions_stay_readable(root):
    """Three years of ten forces are a thousand partitions; each page must still open."""
    verdict = next(v for v in read_all(root / "validated") if v.status == "passed")
    quarantine = summarise_quarantine(root / "quarantine")
    partitions = [
        as_partition(
            replace(verdict, month=f"{2000 + n // 12}-{n % 12 + 1:02d}", force=f"force-{f}"), quarantine
        )
        for n in range(36)
        for f in range(28)
    ]
    datasets = summarise_datasets(partitions, quarantine)
    write_report(Report((Boundary("raw", "Raw", datasets),), False), root / "many")
    assert len(partitions) > 1000
    sizes = {name: len(page) for name, page in _texts(root / "many").items() if name.endswith(".html")}
    assert max(sizes.values()) < 1_000_000


def test_report_without_any_verdict_says_so(tmp_path):
    """The first run writes a report before anything has been judged."""
    assert "Nothing has been through a gate yet" in _texts(_write(tmp_path))["index.html"]


def test_quarantine_summary_counts_all_and_samples_few(root):
    """A summary that counted only its sample would understate what was rejected."""
    found = summarise_quarantine(root / "quarantine", sample_rows=3).by_dataset["police_street"]
    summary = {item.rule: item for item in found}
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
