"""Puts a gate's outcome on disk: Parquet first, verdict last, and nothing that was there before is lost.

The verdict names the checksum of the Parquet file. So whatever moment a crash comes at, a reader finds either
the earlier file with its own verdict, or a pair that does not match and is withheld until the next gate.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from data_quality.files import (
    SUPERSEDED,
    copy_atomically,
    sha256_of,
    write_parquet_atomically,
    write_text_atomically,
)
from data_quality.gate import GateOutcome
from data_quality.schemas import QUARANTINE_SCHEMA, VALIDATED_SCHEMAS, schema_of
from data_quality.verdicts import VERDICT_FILE, Verdict, VerdictError, read_verdict, write_verdict

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PART_FILE = "part.parquet"
ROWS_FILE = "rows.parquet"
REPORT_FILE = "report.json"
EVIDENCE_FILE = "validation_result.json"
SCHEMA_FILE = "_schema.parquet"
# A superseded verdict must not be found by those who look for verdicts.
SUPERSEDED_VERDICT_FILE = "superseded_verdict.json"
_ASIDE_NAMES = {PART_FILE: PART_FILE, VERDICT_FILE: SUPERSEDED_VERDICT_FILE}

_VERSION = re.compile(r"^[0-9a-f]{12,64}$")


def promote(outcome: GateOutcome, validated_dir: Path, quarantine_dir: Path) -> Verdict:
    """Write an outcome: accepted records and verdict, rejected records and report.

    An earlier part of another data version, or any part when the outcome did not pass, is kept under
    ``superseded/<data version>/``; so are earlier quarantined records. Doing it twice changes nothing.

    Parameters
    ----------
    outcome
        What the gate found.
    validated_dir
        Folder of the partition below ``validated``.
    quarantine_dir
        Folder of the partition below ``quarantine``.

    Returns
    -------
    Verdict
        The verdict as written, with the checksum of the Parquet file when it passed.
    """
    verdict = outcome.verdict
    _write_quarantine(outcome, quarantine_dir)
    _supersede_part(validated_dir, verdict)
    if verdict.status == "passed":
        part = validated_dir / PART_FILE
        write_parquet_atomically(part, _as_table(outcome.accepted, schema_of(verdict.dataset)))
        verdict = replace(verdict, parquet_sha256=sha256_of(part))
    evidence = json.dumps(outcome.evidence, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_text_atomically(validated_dir / EVIDENCE_FILE, evidence)
    verdict = _with_earlier_time(verdict, validated_dir)
    write_verdict(verdict, validated_dir)
    return verdict


def withhold(verdict: Verdict, validated_dir: Path, quarantine_dir: Path | None = None) -> None:
    """Write the verdict on a partition of which no bytes are held, and put an earlier part aside.

    Parameters
    ----------
    verdict
        A verdict that did not pass.
    validated_dir
        Folder of the partition below ``validated``.
    quarantine_dir
        Folder of the partition below ``quarantine``; its rows, of bytes no longer held, are put aside too.
    """
    _supersede_part(validated_dir, verdict)
    if quarantine_dir is not None:
        _supersede_quarantine(quarantine_dir)
    write_verdict(_with_earlier_time(verdict, validated_dir), validated_dir)


def is_current(
    validated_dir: Path, data_version: str, suite_version: str, decisions_version: str | None = None
) -> bool:
    """Return whether a partition passed for exactly these bytes and rules, and its Parquet file is intact.

    Parameters
    ----------
    validated_dir
        Folder of the partition below ``validated``.
    data_version
        Version of the landed bytes.
    suite_version
        Version of the rules.
    decisions_version
        Version of the waivers and corrections that hold for these bytes; none without any.
    """
    verdict = _earlier_verdict(validated_dir)
    part = validated_dir / PART_FILE
    return (
        verdict is not None
        and verdict.status == "passed"
        and verdict.data_version == data_version
        and verdict.suite_version == suite_version
        and verdict.decisions_version == decisions_version
        and part.is_file()
        and sha256_of(part) == verdict.parquet_sha256
    )


def ensure_schema_files(validated_root: Path, quarantine_root: Path) -> None:
    """Write a Parquet file without rows for every dataset and the quarantine, so that each glob finds one."""
    wanted = {validated_root / dataset: schema for dataset, schema in VALIDATED_SCHEMAS.items()}
    wanted[quarantine_root] = QUARANTINE_SCHEMA
    for folder, schema in wanted.items():
        if not _holds_schema(folder / SCHEMA_FILE, schema):
            write_parquet_atomically(folder / SCHEMA_FILE, schema.empty_table())


def _holds_schema(path: Path, schema: pa.Schema) -> bool:
    import pyarrow.parquet as pq

    return path.is_file() and pq.read_schema(path).equals(schema)


def _write_quarantine(outcome: GateOutcome, folder: Path) -> None:
    report = folder / REPORT_FILE
    if _stored_version(report) not in (None, outcome.verdict.data_version) or outcome.quarantined.empty:
        _supersede_quarantine(folder)
    if outcome.quarantined.empty:
        return
    write_parquet_atomically(folder / ROWS_FILE, _as_table(outcome.quarantined, QUARANTINE_SCHEMA))
    counts = outcome.quarantined["rule"].value_counts().sort_index()
    content = {
        "verdict": asdict(outcome.verdict) | {"evaluated_at": None},
        "data_version": outcome.verdict.data_version,
        "quarantined_by_rule": {str(rule): int(count) for rule, count in counts.items()},
    }
    write_text_atomically(report, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _supersede_quarantine(folder: Path) -> None:
    version = _stored_version(folder / REPORT_FILE)
    _move_aside(folder, version, {ROWS_FILE: ROWS_FILE, REPORT_FILE: REPORT_FILE})


def _supersede_part(folder: Path, verdict: Verdict) -> None:
    """Put an earlier part aside, unless the new verdict passes the same bytes again."""
    earlier = _earlier_verdict(folder)
    version = earlier.data_version if earlier else None
    if not (folder / PART_FILE).is_file():
        return
    if verdict.status == "passed":
        # The part itself is replaced in one step; a copy is put aside, so that no moment is without one.
        if version != verdict.data_version:
            _copy_aside(folder, version)
        return
    _move_aside(folder, version, _ASIDE_NAMES)


def _copy_aside(folder: Path, version: str | None) -> None:
    kept = _kept_folder(folder, version)
    for name, kept_name in _ASIDE_NAMES.items():
        if (folder / name).is_file():
            copy_atomically(folder / name, kept / kept_name)


def _move_aside(folder: Path, version: str | None, names: dict[str, str]) -> None:
    present = {name: kept for name, kept in names.items() if (folder / name).is_file()}
    if not present:
        return
    kept = _kept_folder(folder, version)
    for name, kept_name in present.items():
        (folder / name).replace(kept / kept_name)


def _kept_folder(folder: Path, version: str | None) -> Path:
    # The version becomes a folder's name, so it must be what a checksum looks like.
    name = version[:12] if version and _VERSION.match(version) else "unknown_version"
    kept = folder / SUPERSEDED / name
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def _stored_version(report: Path) -> str | None:
    try:
        stored = json.loads(report.read_text(encoding="utf-8"))
        return str(stored["data_version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _earlier_verdict(folder: Path) -> Verdict | None:
    try:
        return read_verdict(folder)
    except VerdictError:
        return None


def _with_earlier_time(verdict: Verdict, folder: Path) -> Verdict:
    """Keep the time of an equal earlier verdict, so that judging the same bytes twice gives the same file."""
    earlier = _earlier_verdict(folder)
    if earlier is not None and replace(earlier, evaluated_at=verdict.evaluated_at) == verdict:
        return earlier
    return verdict


def _as_table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
