"""The page that says what was caught, what was missed and what was a false alarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.faults.library import Examination
from tests.faults.model import Alarm, Finding

PAGE = Path(__file__).resolve().parents[2] / "docs" / "fault_library.md"
REAL_HEADING = "## What the rules say of real files"
_NOT_MEASURED = f"{REAL_HEADING}\n\nNot measured: no real files were there when this page was written.\n"
_SHOWN_OTHERS = 3

_INTRODUCTION = """# Fault library

Written by `python -m tests.faults --write`; a test keeps it current. Do not edit it by hand.

Each fault below is put, alone, into clean data of the sandbox (its planted flaws taken out first) and through
the real gate: reader and suite for files, records and reference data; dbt's tests on a build of the warehouse
for joins, tables, verdicts and everything that only the whole flow can see; the declared contracts for ml
tables, and the suites of their boundary for ml tables that got into the warehouse past their contract; the
check against the manifest for releases. A fault is *caught* when the rule named for it raises it
at the severity named for it. *Critical* withholds the whole; *record* quarantines the records concerned and
lets the rest pass; *warning* reports and withholds nothing. Variants that are no faults must raise nothing.

What the library does not prove: a fault that nobody thought of is not in it, and a manifest that somebody
rewrites together with the files agrees with them. Keep the manifest's own hash elsewhere.
"""


def as_page(examination: Examination, real: str) -> str:
    """Return the whole page.

    Parameters
    ----------
    examination
        What became of the library.
    real
        The section about real files, from its heading on.
    """
    faults = [finding for finding in examination.findings if not finding.fault.is_benign]
    variants = [finding for finding in examination.findings if finding.fault.is_benign]
    parts = [_INTRODUCTION, _totals(examination), "## Faults\n"]
    for kind, found in groupby(faults, key=lambda finding: finding.fault.corrupts):
        parts.append(f"### {kind.capitalize()}\n\n{_fault_table(list(found))}")
    parts.append(f"## Variants that are no faults\n\n{_variant_table(variants)}")
    parts.append(real)
    return "\n".join(parts)


def held_real_section(page: Path = PAGE) -> str:
    """Return the section about real files as the page holds it."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    _, heading, rest = text.partition(REAL_HEADING)
    return heading + rest if heading else _NOT_MEASURED


def summary(examination: Examination) -> list[str]:
    """Return a line for each fault that did not end as it should, and for each false alarm on clean data."""
    wrong = [
        f"{finding.fault.name}: {finding.outcome}, expected {finding.fault.rule or 'nothing'} "
        f"({finding.fault.severity or 'silence'}), raised {_words(sorted(finding.alarms)) or 'nothing'}"
        for finding in examination.findings
        if finding.outcome not in ("caught", "accepted")
    ]
    false = [
        f"clean {subject}: {_words(sorted(alarms))}"
        for subject, alarms in examination.clean.items()
        if alarms
    ]
    return wrong + false


def _totals(examination: Examination) -> str:
    outcomes = Counter(finding.outcome for finding in examination.findings)
    faults = sum(not finding.fault.is_benign for finding in examination.findings)
    false = sum(len(alarms) for alarms in examination.clean.values()) + outcomes["false alarm"]
    rows = [
        ("Faults", faults),
        ("Caught by the rule named, at the severity named", outcomes["caught"]),
        ("Caught at another severity", outcomes["wrong severity"]),
        ("Missed", outcomes["missed"]),
        ("Variants that are no faults", outcomes["accepted"] + outcomes["false alarm"]),
        ("Clean subjects judged", len(examination.clean)),
        ("False alarms, on variants and clean subjects", false),
    ]
    lines = ["| | Count |", "| --- | ---: |", *(f"| {name} | {count} |" for name, count in rows)]
    return "\n".join(lines) + "\n"


def _fault_table(findings: Sequence[Finding]) -> str:
    lines = ["| Fault | How it happens | Rule that must catch it | Severity | Result | Also raised |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for finding in findings:
        fault = finding.fault
        lines.append(
            f"| `{fault.name}` | {fault.story} | `{_short(fault.rule or '')}` | {fault.severity} | "
            f"{finding.outcome} | {_words(finding.others)} |"
        )
    return "\n".join(lines) + "\n"


def _variant_table(findings: Sequence[Finding]) -> str:
    lines = ["| Variant | What | Result | Raised |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{finding.fault.name}` | {finding.fault.story} | {finding.outcome} | {_words(finding.others)} |"
        for finding in findings
    ]
    return "\n".join(lines) + "\n"


def _words(alarms: Sequence[Alarm]) -> str:
    shown = [f"`{_short(alarm.rule)}` ({alarm.severity})" for alarm in alarms[:_SHOWN_OTHERS]]
    more = len(alarms) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _short(rule: str) -> str:
    """Cut the long names that dbt makes of a test's arguments."""
    return rule if len(rule) <= 72 else f"{rule[:71]}…"
