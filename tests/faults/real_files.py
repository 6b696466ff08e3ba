"""What the suites say of real police and reference files: counts by rule and severity."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from data_quality.verdicts import Verdict
from orchestration.gating import gate_police, gate_reference
from orchestration.landing import POLICE_KINDS
from orchestration.paths import DataPaths
from orchestration.provenance import land
from orchestration.sources.catalogue import CATALOGUE, POLICE_SOURCES
from orchestration.sources.police_uk.reader import count_records
from orchestration.sources.reference import find_reference
from orchestration.sources.types import Fetched, Partition, SourceError
from tests.faults.gates import alarms_of
from tests.faults.page import REAL_HEADING

_NAME = re.compile(r"^(\d{4}-\d{2})-(.+?)-(street|outcomes|stop-and-search)\.csv(?:\.gz)?$")
_DATASETS = {kind: dataset for dataset, kind in POLICE_KINDS.items()}


def real_section(folder: Path) -> str:
    """Judge every real police and reference file through landing, reader and gate; tabulate the alarms.

    Parameters
    ----------
    folder
        Folder of the real files.
    """
    verdicts = [*_police(folder / "police"), *_references(folder)]
    judged: Counter[str] = Counter(verdict.dataset for verdict in verdicts)
    records: Counter[str] = Counter()
    found: Counter[tuple[str, str, str]] = Counter()
    for verdict in verdicts:
        records[verdict.dataset] += verdict.record_count_landed
        for alarm in alarms_of([verdict]):
            found[verdict.dataset, alarm.rule, alarm.severity] += 1
    lines = [
        REAL_HEADING,
        "",
        "Files of four forces and published reference data, judged as they are, counted by the command that",
        "writes this page. Warnings are true of the data and withhold nothing.",
        "",
        "| Dataset | Files or editions | Records | Rule | Severity | Files that raise it |",
        "| --- | ---: | ---: | --- | --- | ---: |",
    ]
    for dataset in judged:
        count = f"| {dataset} | {judged[dataset]:,} | {records[dataset]:,} |"
        raised = sorted((rule, severity, n) for (held, rule, severity), n in found.items() if held == dataset)
        lines += [f"{count} `{rule}` | {severity} | {n:,} |" for rule, severity, n in raised]
        lines += [] if raised else [f"{count} none | | 0 |"]
    return "\n".join(lines) + "\n"


def _police(folder: Path) -> Iterator[Verdict]:
    for path in sorted(folder.rglob("*.csv*")):
        named = _NAME.match(path.name)
        if named is None:
            continue
        partition, dataset = Partition(named[1], named[2]), _DATASETS[named[3]]
        content = path.read_bytes()
        with TemporaryDirectory() as work:
            paths = DataPaths(Path(work))
            land(
                paths.landing(dataset, partition),
                POLICE_SOURCES[dataset],
                [Fetched(path.name, content, path.name)],
                partition,
                count_records(content, path.name),
            )
            yield from gate_police(dataset, [partition], paths, workers=1)


def _references(folder: Path) -> Iterator[Verdict]:
    for dataset, described in CATALOGUE.items():
        try:
            files = find_reference(dataset, folder)
        except SourceError:
            continue
        if not files:
            continue
        with TemporaryDirectory() as work:
            paths = DataPaths(Path(work))
            land(paths.landing(dataset), described.description, files)
            yield gate_reference(dataset, paths)
