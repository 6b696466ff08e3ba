"""Reads corrections of landed values and applies them before a partition is judged."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_quality.decisions import Correction, Problem
from data_quality.schemas import PUBLISHED_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

CORRECTION_RULE = "correction_applies"
HEADER = (
    "dataset",
    "source_file",
    "source_row",
    "column",
    "old_value",
    "new_value",
    "corrected_by",
    "reason",
)
_KINDS = {
    "police_street": "street",
    "police_outcomes": "outcomes",
    "police_stop_and_search": "stop-and-search",
}
_LANDED = re.compile(
    r"(?P<month>20\d{2}-(?:0[1-9]|1[0-2]))-(?P<force>[a-z][a-z0-9-]*?)"
    r"-(?P<kind>street|outcomes|stop-and-search)\.csv(?:\.gz)?"
)
_ROW = re.compile(r"[1-9][0-9]{0,11}")
_GUIDE = "write it as docs/runbook.md shows, under 'Correct a row'"


@dataclass
class CorrectionFault:
    """Why corrections could not be applied; the gate withholds the partition for it."""

    rule: str
    reason: str
    remedy: str


class _Refused(Exception):
    """A line of a file of corrections that breaks a rule."""


def read_corrections(folder: Path) -> tuple[list[Correction], list[Problem]]:
    """Read every file of corrections in a folder.

    Parameters
    ----------
    folder
        Folder of ``<name>.csv`` files with the columns of :data:`HEADER`; it need not exist.

    Returns
    -------
    tuple of list of Correction and list of Problem
        Corrections in order of file and line. A file with one faulty line is refused as a whole: a correction
        may only make sense together with the next.
    """
    corrections: list[Correction] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.csv")):
        read: list[Correction] = []
        try:
            data = path.read_bytes()
            _read(data, path.name, read)
            corrections += read
        except (OSError, UnicodeDecodeError, csv.Error, _Refused) as error:
            text = f"corrections {path.name}: {error}. Remedy: {_GUIDE}."
            places = {(c.dataset, c.month, c.force) for c in read}
            # A file that is at fault from its first line on is about nobody knows what.
            problems += [Problem(text, *place) for place in sorted(places)] or [Problem(text)]
    return corrections, problems


def _read(data: bytes, file: str, read: list[Correction]) -> None:
    digest = hashlib.sha256(data).hexdigest()
    lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    if tuple(next(lines, ())) != HEADER:
        raise _Refused(f"the header is not {','.join(HEADER)}")
    seen = set()
    for fields in lines:
        correction = _parse(fields, file, digest, lines.line_num)
        place = (correction.source_file, correction.source_row, correction.column)
        if place in seen:
            raise _Refused(f"line {lines.line_num} corrects a value that an earlier line corrects too")
        seen.add(place)
        read.append(correction)


def _parse(fields: Sequence[str], file: str, digest: str, line: int) -> Correction:
    if len(fields) != len(HEADER):
        raise _Refused(f"line {line} has {len(fields)} fields instead of {len(HEADER)}")
    said = dict(zip(HEADER, (field.strip() for field in fields), strict=True))
    columns = PUBLISHED_COLUMNS.get(said["dataset"])
    if columns is None:
        known = ", ".join(PUBLISHED_COLUMNS)
        raise _Refused(f"line {line}: only records of {known} can be corrected, not of {said['dataset']!r}")
    landed = _LANDED.fullmatch(said["source_file"])
    if landed is None or landed["kind"] != _KINDS[said["dataset"]]:
        raise _Refused(f"line {line}: {said['source_file']!r} is not the name of a file of {said['dataset']}")
    if said["column"] not in columns:
        raise _Refused(f"line {line}: {said['dataset']} has no published column {said['column']!r}")
    if not _ROW.fullmatch(said["source_row"]):
        raise _Refused(f"line {line}: {said['source_row']!r} is not the number of a record")
    for key in ("corrected_by", "reason"):
        if not said[key]:
            raise _Refused(f"line {line}: {key} is empty")
    if said["old_value"] == said["new_value"]:
        raise _Refused(f"line {line} changes nothing")
    return Correction(
        file=file,
        sha256=digest,
        line=line,
        dataset=said["dataset"],
        month=landed["month"],
        force=landed["force"],
        source_file=said["source_file"],
        source_row=int(said["source_row"]),
        column=said["column"],
        old_value=said["old_value"] or None,
        new_value=said["new_value"] or None,
        corrected_by=said["corrected_by"],
        reason=said["reason"],
    )


def apply_corrections(
    frame: pd.DataFrame, corrections: Sequence[Correction]
) -> tuple[pd.DataFrame, CorrectionFault | None]:
    """Return the records with their corrections, or as they were and why they cannot be corrected.

    Parameters
    ----------
    frame
        Shape (n, columns): the parsed records of one police file.
    corrections
        Corrections of it; all are applied, or none.
    """
    import pandas as pd

    if not corrections:
        return frame, None
    positions = pd.Series(range(len(frame)), index=frame["source_row"])
    columns = {
        name: frame[name].to_numpy(dtype=object, copy=True) for name in {c.column for c in corrections}
    }
    for one in corrections:
        where = f"{one.file}, line {one.line}"
        position = positions.get(one.source_row)
        if position is None or frame["source_file"].iloc[position] != one.source_file:
            return frame, _fault(f"{where}: {one.source_file} has no readable record {one.source_row}")
        held = columns[one.column][position]
        if (None if pd.isna(held) else held) != one.old_value:
            shown = "an empty field" if pd.isna(held) else repr(str(held)[:80])
            return frame, _fault(
                f"{where}: {one.column} of record {one.source_row} is {shown}, not {one.old_value!r}"
            )
        columns[one.column][position] = one.new_value
    corrected = {
        name: pd.Series(values, index=frame.index, dtype=frame[name].dtype)
        for name, values in columns.items()
    }
    return frame.assign(**corrected), None


def _fault(reason: str) -> CorrectionFault:
    return CorrectionFault(
        CORRECTION_RULE,
        reason,
        "compare the correction with the landed file; remove it if upstream has mended the record",
    )
