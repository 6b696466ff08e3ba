"""Reads a police.uk CSV file strictly as text and keeps every record that cannot be read, with the reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.http import looks_like_html
from orchestration.sources.police_uk.headers import HEADERS, snake_case
from orchestration.sources.police_uk.records import RawFile, open_raw
from orchestration.sources.types import SourceError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.csv as pcsv

REJECT_COLUMNS = ("source_row", "rule", "reason", "value", "record")


class FileProblem(SourceError):
    """A fault of a whole file, because of which none of its records can be used.

    Parameters
    ----------
    where
        The file.
    rule
        Name of the rule: ``file_readable``, ``looks_like_html``, ``file_not_empty`` or
        ``header_as_published``.
    reason
        What is wrong, in plain words.
    remedy
        What the operator can do about it.
    """

    def __init__(self, where: str, rule: str, reason: str, remedy: str) -> None:
        super().__init__(where, reason, remedy)
        self.rule = rule
        self.reason = reason


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
        rejects = [
            (row, problem.rule, problem.reason, None, record)
            for row, record in enumerate(raw.records_as_text(), start=1)
        ]
        return _assemble(_empty_table(columns), rejects, problem)
    table, rejects = _parse(raw, columns)
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
    where = str(path)
    if raw.damage is not None:
        return FileProblem(where, "file_readable", raw.damage, "fetch the file again")
    if looks_like_html(raw.data):
        return FileProblem(
            where,
            "looks_like_html",
            "the file is a web page, not CSV",
            "fetch the file again; if it stays so, the address has moved",
        )
    if not raw.header:
        return FileProblem(
            where, "file_not_empty", "the file has no header and no record", "fetch the file again"
        )
    if tuple(raw.header) != HEADERS[kind]:
        return FileProblem(
            where,
            "header_as_published",
            f"the header is {','.join(raw.header)[:300]!r} and not {','.join(HEADERS[kind])!r}",
            "check that the file is of this kind; if police.uk changed its header, amend HEADERS",
        )
    return None


def _parse(raw: RawFile, columns: list[str]) -> tuple[pa.Table, list[tuple]]:
    import pyarrow as pa
    import pyarrow.csv as pcsv

    is_utf8 = _is_utf8(raw.body)
    # Latin-1 gives each byte its own character: structure is kept, and the true text is restored below.
    body = raw.body if is_utf8 else raw.body.decode("latin-1").encode("utf-8")
    if not body.strip(b"\r\n"):
        return _empty_table(columns), []
    misfits: list[tuple[int, int, str]] = []

    def keep_aside(row: pcsv.InvalidRow) -> str:
        misfits.append((row.number, row.actual_columns, row.text))
        return "skip"

    table = pcsv.read_csv(
        pa.BufferReader(body),
        # One block, one thread: only then are record numbers known and no quoted record is cut in two.
        read_options=pcsv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=columns),
        parse_options=pcsv.ParseOptions(newlines_in_values=True, invalid_row_handler=keep_aside),
        convert_options=pcsv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    rejects = [_misfit(number, count, len(columns), text, is_utf8) for number, count, text in misfits]
    numbers = _numbers_left(table.num_rows, [number for number, _, _ in misfits])
    table = table.append_column("source_row", pa.array(numbers, type=pa.int64()))
    return (table, rejects) if is_utf8 else _restore_text(table, columns, rejects)


def _numbers_left(kept: int, rejected: list[int]) -> pa.Array:
    """Return the 1-based record numbers that the rejected ones leave over."""
    import numpy as np

    return np.setdiff1d(np.arange(1, kept + len(rejected) + 1), np.array(rejected, dtype=np.int64))


def _misfit(number: int, count: int, expected: int, text: str, is_utf8: bool) -> tuple:
    record = text if is_utf8 else text.encode("latin-1").decode("utf-8", "backslashreplace")
    reason = f"the record has {count} fields where the header has {expected}"
    return number, "field_count", reason, str(count), record


def _restore_text(table: pa.Table, columns: list[str], rejects: list[tuple]) -> tuple[pa.Table, list[tuple]]:
    """Turn Latin-1 stand-ins back into UTF-8, and reject the records in which that is impossible."""
    import pyarrow as pa

    frame = table.to_pandas()
    broken: dict[int, str] = {}
    for column in columns:
        has_more_than_ascii = (
            frame[column].str.contains(r"[^\x00-\x7f]", regex=True).fillna(False).astype(bool)
        )
        original = frame.loc[has_more_than_ascii, column].map(lambda text: text.encode("latin-1"))
        restored = original.map(lambda data: data.decode("utf-8", "backslashreplace"))
        frame.loc[has_more_than_ascii, column] = restored
        for index in original.index[~original.map(_is_utf8).astype(bool)]:
            broken.setdefault(index, column)
    for index, column in broken.items():
        row = frame.loc[index]
        record = {name: row[name] if isinstance(row[name], str) else None for name in columns}
        reason = f"{column} holds bytes that are not UTF-8"
        text = json.dumps(record, ensure_ascii=False)
        rejects.append((int(row["source_row"]), "encoding_utf8", reason, record[column], text))
    kept = frame.drop(index=list(broken))
    return pa.Table.from_pandas(kept, schema=table.schema, preserve_index=False), rejects


def _assemble(table: pa.Table, rejects: list[tuple], problem: FileProblem | None) -> ParsedCsv:
    import pandas as pd

    ordered = sorted(rejects, key=lambda reject: reject[0])
    rejected = pd.DataFrame(ordered, columns=list(REJECT_COLUMNS)).astype(
        {"source_row": "int64", "rule": "str", "reason": "str", "value": "str", "record": "str"}
    )
    frame = table.to_pandas()
    return ParsedCsv(frame, rejected, len(frame) + len(rejected), problem)


def _empty_table(columns: list[str]) -> pa.Table:
    import pyarrow as pa

    fields = [(name, pa.string()) for name in columns]
    return pa.schema([*fields, ("source_row", pa.int64())]).empty_table()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
