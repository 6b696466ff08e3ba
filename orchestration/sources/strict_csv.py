"""Parses CSV records strictly as text, and keeps every record that cannot be read, with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.http import looks_like_html
from orchestration.sources.police_uk.records import RawFile
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
        Name of the rule: ``file_readable``, ``looks_like_html``, ``file_not_empty``, ``quotes_closed`` or
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


def find_damage(path: Path, raw: RawFile) -> FileProblem | None:
    """Return why a file is no CSV with a header at all, if so; what its header holds is not looked at."""
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
    if raw.ends_inside_quotes():
        return FileProblem(
            where,
            "quotes_closed",
            "a quotation mark is never closed, so that the records after it run together into one",
            "look for the stray mark in the last record; fetch the file again",
        )
    return None


def reject_all(raw: RawFile, problem: FileProblem) -> list[tuple]:
    """Return every record of a file as rejected for the fault of the whole file: `REJECT_COLUMNS` of each."""
    return [
        (row, problem.rule, problem.reason, None, record)
        for row, record in enumerate(raw.records_as_text(), start=1)
    ]


def parse_records(raw: RawFile, columns: list[str]) -> tuple[pa.Table, list[tuple]]:
    """Parse the records after the header, whatever the header says.

    Parameters
    ----------
    raw
        An undamaged file.
    columns
        Names of the columns, one for each field of the header.

    Returns
    -------
    tuple of pyarrow.Table and list
        The columns as text with empty strings missing, and ``source_row`` (1 = first record after the
        header); and, for :func:`as_rejects`, the records with a wrong number of fields (rule ``field_count``)
        or with bytes that are not UTF-8 (rule ``encoding_utf8``).
    """
    import pyarrow as pa
    import pyarrow.csv as pcsv

    is_utf8 = _is_utf8(raw.body)
    # Latin-1 gives each byte its own character: structure is kept, and the true text is restored below.
    body = raw.body if is_utf8 else raw.body.decode("latin-1").encode("utf-8")
    if not body.strip(b"\r\n"):
        return empty_records(columns), []
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


def as_rejects(rejects: list[tuple]) -> pd.DataFrame:
    """Return rejected records as a frame of :data:`REJECT_COLUMNS`, in the order of the file."""
    import pandas as pd

    ordered = sorted(rejects, key=lambda reject: reject[0])
    return pd.DataFrame(ordered, columns=list(REJECT_COLUMNS)).astype(
        {"source_row": "int64", "rule": "str", "reason": "str", "value": "str", "record": "str"}
    )


def empty_records(columns: list[str]) -> pa.Table:
    """Return the table of :func:`parse_records` without a record."""
    import pyarrow as pa

    fields = [(name, pa.string()) for name in columns]
    return pa.schema([*fields, ("source_row", pa.int64())]).empty_table()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
