"""Faults of files: what a download, a spreadsheet or a disk does to bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from orchestration.sources.types import Partition
from tests.faults.edits import rewrite
from tests.faults.model import Fault, Severity
from tests.faults.world import EAST, MONTH, WEST, member_name, read_text

_PAGE = b"<!DOCTYPE html>\n<html>\n<body>Service unavailable</body>\n</html>\n"
_STREET = "police_street"
Bytes = Callable[[bytes], bytes]


def file_faults() -> tuple[Fault, ...]:
    """Return the faults of the archive, of police files as bytes and of landed files."""
    return (*_archive(), *_bytes(), *_landed(), *_benign())


def _archive() -> tuple[Fault, ...]:
    def fault(name: str, story: str, corrupt: Bytes, rule: str = "fetched") -> Fault:
        return Fault(name, "archive", "archive", story, corrupt, rule, "critical")

    return (
        fault(
            "archive_cut_short",
            "A download of the archive breaks off, and the central directory at its end is lost.",
            lambda content: content[: len(content) // 2],
            "archive_opens",
        ),
        fault(
            "archive_is_a_web_page",
            "A proxy answers with its own page where the archive should be.",
            lambda content: _PAGE,
            "archive_opens",
        ),
        fault(
            "archive_member_damaged",
            "A disk or a transfer flips a byte inside a compressed member.",
            _flip_a_byte,
        ),
        fault(
            "archive_member_outside_its_folder",
            "A hostile archive names a member that would be written outside the folder.",
            lambda content: _with_member(content, f"../{member_name(_STREET, Partition(MONTH, EAST))}", b"x"),
        ),
        fault(
            "archive_partition_twice",
            "An archive holds the same month and force twice, plain and gzipped, and they differ.",
            lambda content: _with_member(content, f"{member_name(_STREET, Partition(MONTH, EAST))}.gz", b"x"),
        ),
        fault(
            "archive_member_explodes",
            "A hostile member unpacks to two hundred times its size.",
            lambda content: _with_member(
                content, member_name(_STREET, Partition(MONTH, EAST)), b"0" * 40_000_000, replace=True
            ),
        ),
        fault(
            "archive_lacks_a_force",
            "A release is published before a force has handed in its month.",
            lambda content: _without(content, member_name(_STREET, Partition(MONTH, WEST))),
        ),
    )


def _bytes() -> tuple[Fault, ...]:
    def fault(
        name: str,
        story: str,
        corrupt: Bytes,
        rule: str,
        severity: Severity = "critical",
        subject: str = _STREET,
    ) -> Fault:
        return Fault(name, subject, "file bytes", story, corrupt, rule, severity)

    return (
        fault(
            "gzip_cut_short",
            "A copy of a gzipped file breaks off.",
            lambda content: content[: len(content) // 2],
            "file_readable",
            subject="police_street, gzipped",
        ),
        fault(
            "gzip_only_in_name",
            "A file is renamed to .gz without being compressed.",
            lambda content: b"Crime ID,Month\n",
            "file_readable",
            subject="police_street, gzipped",
        ),
        fault(
            "csv_cut_inside_a_record",
            "A copy of a file breaks off in the middle of its last record.",
            lambda content: content[: content.rstrip().rfind(b"\n") + 40],
            "field_count",
            "record",
        ),
        fault(
            "web_page_for_csv",
            "The server answers 200 with an error page, which is saved under the file's name.",
            lambda content: _PAGE,
            "looks_like_html",
        ),
        fault(
            "json_for_csv",
            "An API answers with an error in JSON, which is saved under the file's name.",
            lambda content: b'{"error": {"code": 500, "message": "Internal error"}}\n',
            "header_as_published",
        ),
        fault(
            "file_of_no_bytes",
            "A download ends before its first byte.",
            lambda content: b"",
            "file_not_empty",
        ),
        fault(
            "header_and_no_record",
            "A force hands in an empty month, or an export has lost its rows.",
            lambda content: content[: content.find(b"\n") + 1],
            "file_not_empty",
            "warning",
        ),
        fault(
            "column_renamed",
            "Upstream renames a column without notice.",
            lambda content: content.replace(b"Crime ID", b"Identifier", 1),
            "header_as_published",
        ),
        fault(
            "column_added",
            "Upstream adds a column without notice.",
            rewrite(lambda frame: frame.assign(Severity="1")),
            "header_as_published",
        ),
        fault(
            "columns_reordered",
            "A tool writes the columns in alphabetical order.",
            rewrite(lambda frame: frame[sorted(frame)]),
            "header_as_published",
        ),
        fault(
            "header_lost",
            "Files are split for mailing, and the second part has no header.",
            lambda content: content[content.find(b"\n") + 1 :],
            "header_as_published",
        ),
        fault(
            "other_kind_under_this_name",
            "The outcomes file is saved under the name of the street file.",
            rewrite(lambda frame: frame.iloc[:, :9].assign(**{"Outcome type": "Under investigation"})),
            "header_as_published",
        ),
        fault(
            "semicolons_for_commas",
            "A continental spreadsheet saves CSV with semicolons.",
            lambda content: content.replace(b",", b";"),
            "header_as_published",
        ),
        fault(
            "saved_as_utf_16",
            "A spreadsheet saves the file as 'Unicode text'.",
            lambda content: content.decode().encode("utf-16"),
            "header_as_published",
        ),
        fault(
            "unquoted_comma_in_a_few_records",
            "A street name with a comma is written without quotes.",
            _commas(0.01),
            "field_count",
            "record",
        ),
        fault(
            "unquoted_comma_in_many_records",
            "Every tenth street name with a comma is written without quotes.",
            _commas(0.10),
            "field_count",
        ),
        fault(
            "encoding_damaged",
            "A few names are pasted from a Windows program, in Latin-1 inside a UTF-8 file.",
            _latin_1,
            "encoding_utf8",
            "record",
        ),
        fault(
            "quote_never_closed",
            "A stray quotation mark at the beginning of a field swallows all that follows.",
            _open_quote,
            "quotes_closed",
        ),
        fault(
            "columns_shifted",
            "A field is inserted under an unchanged header: every value stands one column to the right.",
            rewrite(lambda frame: frame.shift(1, axis=1)),
            "month_matches_file",
        ),
        fault(
            "file_appended_to_itself",
            "A download is resumed from the start and appended, so that the file holds its records twice.",
            lambda content: content + content,
            "full_row_repeats",
            "warning",
        ),
    )


def _landed() -> tuple[Fault, ...]:
    def fault(name: str, story: str, corrupt: Callable[[Path], None]) -> Fault:
        return Fault(
            name, "police_street, landed", "landed file", story, corrupt, "landed_bytes_intact", "critical"
        )

    return (
        fault(
            "landed_file_cut_on_disk",
            "The disk loses the end of a file between landing and gate.",
            lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]) and None,
        ),
        fault(
            "landed_value_edited_by_hand",
            "Somebody corrects a record in the landed file, which then is no longer what upstream published.",
            lambda path: path.write_bytes(path.read_bytes().replace(b"Burglary", b"Robbery", 1)) and None,
        ),
        fault(
            "landed_file_gone",
            "Somebody deletes a landed file and leaves its provenance.",
            lambda path: path.unlink(),
        ),
    )


def _benign() -> tuple[Fault, ...]:
    def variant(name: str, story: str, corrupt: Bytes, subject: str = _STREET) -> Fault:
        return Fault(name, subject, "file bytes", story, corrupt)

    return (
        variant(
            "byte_order_mark", "A spreadsheet begins the file with a BOM.", lambda c: b"\xef\xbb\xbf" + c
        ),
        variant(
            "crlf_line_ends", "Half of the forces end lines with CR and LF.", lambda c: _lines(c, b"\r\n")
        ),
        variant("no_last_line_end", "The last record has no line end.", lambda c: c.rstrip(b"\r\n")),
        variant("blank_last_lines", "The file ends with blank lines.", lambda c: c + b"\n\n"),
        variant("every_field_quoted", "A tool quotes every field.", _all_quoted),
        variant(
            "line_break_inside_quotes",
            "A quoted location holds a line break.",
            lambda c: c.replace(b"On or near", b'"On or\nnear', 1).replace(b",E01", b'",E01', 1),
        ),
        variant(
            "gzip_in_two_parts",
            "Two gzipped parts are joined, as the format allows.",
            _two_gzip_parts,
            "police_street, gzipped",
        ),
        variant("archive_repacked", "The archive is packed anew without compression.", _repacked, "archive"),
    )


def _flip_a_byte(content: bytes) -> bytes:
    name = member_name(_STREET, Partition(MONTH, EAST))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        place = packed.getinfo(name).header_offset + 400
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return target.getvalue()


def _with_member(content: bytes, name: str, added: bytes, replace: bool = False) -> bytes:
    members = _members(content)
    assert replace == (name in members)
    return _packed({**members, name: added})


def _without(content: bytes, name: str) -> bytes:
    members = _members(content)
    del members[name]
    return _packed(members)


def _repacked(content: bytes) -> bytes:
    return _packed(_members(content), zipfile.ZIP_STORED)


def _commas(share: float) -> Bytes:
    def corrupt(content: bytes) -> bytes:
        lines = content.split(b"\n")
        step = round(1 / share)
        for number in range(1, len(lines), step):
            lines[number] = lines[number].replace(b"On or near ", b"On or near, ", 1)
        return b"\n".join(lines)

    return corrupt


def _latin_1(content: bytes) -> bytes:
    return content.replace(b"On or near ", "On or near Caf\xe9 ".encode("latin-1"), 3)


def _open_quote(content: bytes) -> bytes:
    place = content.find(b",On or near", len(content) // 2)
    return content[:place] + b',"On or near' + content[place + len(b",On or near") :]


def _lines(content: bytes, end: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", end)


def _all_quoted(content: bytes) -> bytes:
    import csv

    text: str = read_text(content).to_csv(index=False, quoting=csv.QUOTE_ALL, lineterminator="\n")
    return text.encode()


def _two_gzip_parts(content: bytes) -> bytes:
    import gzip

    plain = gzip.decompress(content)
    middle = plain.find(b"\n", len(plain) // 2) + 1
    return gzip.compress(plain[:middle], mtime=0) + gzip.compress(plain[middle:], mtime=0)
