"""Reads a police.uk CSV file strictly as text and keeps every record that cannot be read, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.police_uk.headers import HEADERS, snake_case
from orchestration.sources.police_uk.records import RawFile, open_raw
from orchestration.sources.strict_csv import (
    FileProblem,
    as_rejects,
    empty_records,
    find_damage,
    parse_records,
    reject_all,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class ParsedCsv:
    """What a file held; ``frame`` and ``rejects`` together account for every record.

    Parameters
    ----------
    frame
        Shape (n, columns + 1): the columns of the kind in published order, in snake case, as text with
        empty strings missing, and ``source_row`` (1 = first record after the header).
    rejects
        Shape (m, 5): ``source_row``, ``rule``, ``reason``, ``value`` and ``record`` of each unreadable
        record.
    record_count
        Records in the file: n + m.
    problem
        The fault of the whole file; then ``frame`` is empty and ``rejects`` holds every record.
    """

    frame: pd.DataFrame
    rejects: pd.DataFrame
    record_count: int
    problem: FileProblem | None


def read_police_csv(path: Path, kind: str) -> ParsedCsv:
    """Read one landed file, plain or gzipped.

    Nothing is converted: numbers, dates and codes stay the text that was published. Quoted line breaks, CRLF
    and a BOM are accepted. A record with a wrong number of fields (rule ``field_count``) or with bytes that
    are not UTF-8 (rule ``encoding_utf8``) goes to ``rejects``.

    Parameters
    ----------
    path
        The file, ``.csv`` or ``.csv.gz``.
    kind
        ``street``, ``outcomes`` or ``stop-and-search``.

    Returns
    -------
    ParsedCsv
        Records, rejects and, if the whole file is at fault, the problem.

    Raises
    ------
    ValueError
        When ``kind`` is none of the three.
    """
    if kind not in HEADERS:
        raise ValueError(f"{kind!r} is not a kind of police file; choose one of {', '.join(HEADERS)}")
    raw = open_raw(path.name, path.read_bytes())
    columns = [snake_case(name) for name in HEADERS[kind]]
    problem = _find_problem(path, kind, raw)
    if problem is not None:
        return _assemble(empty_records(columns), reject_all(raw, problem), problem)
    table, rejects = parse_records(raw, columns)
    return _assemble(table, rejects, None)


def count_records(content: bytes, name: str) -> int:
    """Count the records after the header leniently, without judging them.

    This count is made apart from :func:`read_police_csv`, with another parser, so that the records landed can
    be reconciled with those read and those rejected.

    Parameters
    ----------
    content
        Bytes of the file.
    name
        Its file name; ``.gz`` means gzipped. Of a damaged gzip file, what can be unpacked is counted.

    Returns
    -------
    int
        Records, without the header and without blank lines.
    """
    return open_raw(name, content).count()


def _find_problem(path: Path, kind: str, raw: RawFile) -> FileProblem | None:
    damage = find_damage(path, raw)
    if damage is not None:
        return damage
    if tuple(raw.header) != HEADERS[kind]:
        return FileProblem(
            str(path),
            "header_as_published",
            f"the header is {','.join(raw.header)[:300]!r} and not {','.join(HEADERS[kind])!r}",
            "check that the file is of this kind; if police.uk changed its header, amend HEADERS",
        )
    return None


def _assemble(table: pa.Table, rejects: list[tuple], problem: FileProblem | None) -> ParsedCsv:
    frame = table.to_pandas()
    return ParsedCsv(frame, as_rejects(rejects), len(frame) + len(rejects), problem)
