"""Reads an agency's files into the incident schema; what cannot be read is kept with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.sources.calls_for_service.addresses import split_addresses
from orchestration.sources.calls_for_service.geocoding import SUPPLIED, geocode
from orchestration.sources.calls_for_service.mapping import GUIDE, CallsMapping
from orchestration.sources.calls_for_service.times import Moments, read_moments
from orchestration.sources.police_uk.records import RawFile, open_raw
from orchestration.sources.strict_csv import (
    REJECT_COLUMNS,
    FileProblem,
    as_rejects,
    find_damage,
    parse_records,
    reject_all,
)

if TYPE_CHECKING:
    import pandas as pd

_ROW = "source_row"
INCIDENT_COLUMNS: dict[str, str] = {
    "agency": "str",
    "incident_id": "str",
    "call_number": "str",
    "called_at": "datetime64[us]",
    "called_at_local": "datetime64[us]",
    "called_at_method": "str",
    "last_changed_at": "datetime64[us]",
    "priority": "Int32",
    "call_type_code": "str",
    "call_type": "str",
    "disposition_code": "str",
    "disposition": "str",
    "address": "str",
    "block_low": "Int32",
    "street": "str",
    "cross_street": "str",
    "city": "str",
    "state": "str",
    "longitude": "float64",
    "latitude": "float64",
    "geocode_method": "str",
    "source_file": "str",
    _ROW: "int64",
    "data_version": "str",
}
_TEXT_FIELDS = (
    "call_number",
    "call_type_code",
    "call_type",
    "disposition_code",
    "disposition",
    "address",
    "city",
    "state",
)


@dataclass(frozen=True)
class ParsedCalls:
    """What the files held; ``frame`` and ``rejects`` together account for every record.

    Parameters
    ----------
    frame
        Shape (n, 24): the incident schema, in the order of the files' names and rows.
    rejects
        Shape (m, 6): ``source_file``, ``source_row``, ``rule``, ``reason``, ``value`` and ``record``.
    record_count
        Records in the files: n + m.
    problem
        The first fault of a whole file; its records are all in ``rejects``.
    """

    frame: pd.DataFrame
    rejects: pd.DataFrame
    record_count: int
    problem: FileProblem | None


@dataclass(frozen=True)
class _Broken:
    """Records that break a rule, with the published text that does."""

    rule: str
    reason: str
    is_broken: pd.Series
    value: pd.Series


def read_calls(
    files: Sequence[Path],
    mapping: CallsMapping,
    *,
    data_version: str,
    centroids: pd.DataFrame | None = None,
) -> ParsedCalls:
    """Read an agency's files.

    Parameters
    ----------
    files
        CSV files, plain or gzipped.
    mapping
        The agency's mapping.
    data_version
        Digest of the landed bytes, kept with every incident.
    centroids
        Street centroids from :func:`~orchestration.sources.calls_for_service.geocoding.read_centroids`.

    Returns
    -------
    ParsedCalls
        Incidents, rejects and, if a whole file is at fault, the problem.
    """
    import pandas as pd

    frames, rejects, problems = [], [], []
    for path in sorted(files, key=lambda path: path.name):
        frame, rejected, problem = _read_file(path, mapping, centroids)
        frames.append(frame.assign(source_file=path.name, data_version=data_version))
        rejects.append(rejected.assign(source_file=path.name))
        problems += [problem] if problem else []
    incidents = pd.concat([_empty_incidents(), *frames], ignore_index=True)
    incidents = incidents[list(INCIDENT_COLUMNS)].astype(INCIDENT_COLUMNS)
    rejected = pd.concat([as_rejects([]).assign(source_file=""), *rejects], ignore_index=True)
    rejected = rejected[["source_file", *REJECT_COLUMNS]]
    return ParsedCalls(incidents, rejected, len(incidents) + len(rejected), next(iter(problems), None))


def _read_file(
    path: Path, mapping: CallsMapping, centroids: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame, FileProblem | None]:
    import pandas as pd

    raw = open_raw(path.name, path.read_bytes())
    problem = find_damage(path, raw) or _find_header_fault(path, raw, mapping)
    if problem is not None:
        return _empty_incidents(), as_rejects(reject_all(raw, problem)), problem
    table, unreadable = parse_records(raw, [name.strip() for name in raw.header])
    records = _without_markers(table.to_pandas(), mapping)
    called = read_moments(records, mapping.called_at, mapping)
    changed = read_moments(records, mapping.last_changed_at, mapping) if mapping.last_changed_at else None
    incidents = _as_incidents(records, mapping, called, changed, centroids)
    rejected, is_rejected = _reject(records, _broken(records, mapping, incidents, called, changed))
    kept = [part for part in (as_rejects(unreadable), rejected) if len(part)]
    all_rejected = pd.concat(kept or [rejected], ignore_index=True).sort_values(_ROW, kind="stable")
    return incidents[~is_rejected], all_rejected, None


def _find_header_fault(path: Path, raw: RawFile, mapping: CallsMapping) -> FileProblem | None:
    header = [name.strip() for name in raw.header]
    known = {*mapping.wanted_columns(), *mapping.ignored_columns}
    faults = {
        "it lacks": [name for name in mapping.wanted_columns() if name not in header],
        "the mapping does not know": [name for name in header if name not in known],
        "it has twice, or under a name of ours,": [
            name for place, name in enumerate(header) if name in (*header[:place], _ROW)
        ],
    }
    found = [f"{fault} {', '.join(names)[:300]}" for fault, names in faults.items() if names]
    if not found:
        return None
    return FileProblem(
        str(path),
        "header_as_published",
        f"the header does not fit the mapping {mapping.agency}: {'; '.join(found)}",
        f"correct the mapping's columns or ignored_columns as in {GUIDE}, or take the file away",
    )


def _without_markers(records: pd.DataFrame, mapping: CallsMapping) -> pd.DataFrame:
    """Strip every text, and take those away that stand for nothing."""
    texts = records.drop(columns=_ROW).apply(lambda column: column.astype("str").str.strip())
    return texts.mask(texts.isin(["", *mapping.null_markers])).assign(**{_ROW: records[_ROW]})


def _as_incidents(
    records: pd.DataFrame,
    mapping: CallsMapping,
    called: Moments,
    changed: Moments | None,
    centroids: pd.DataFrame | None,
) -> pd.DataFrame:
    import pandas as pd

    columns, constants = mapping.field_columns(), mapping.constants.model_dump()
    fields = {
        name: records[columns[name]] if name in columns else constants.get(name) for name in _TEXT_FIELDS
    }
    frame = pd.DataFrame(fields, index=records.index).astype(dict.fromkeys(_TEXT_FIELDS, "str"))
    frame = frame.assign(
        agency=mapping.agency,
        incident_id=mapping.agency + ":" + records[columns["event_id"]],
        called_at=called.at,
        called_at_local=called.local,
        called_at_method=called.method,
        last_changed_at=changed.at if changed else pd.Series(pd.NaT, index=records.index),
        priority=_levels(records, mapping),
        **{_ROW: records[_ROW]},
    )
    return _with_places(frame, records, mapping, centroids)


def _with_places(
    frame: pd.DataFrame, records: pd.DataFrame, mapping: CallsMapping, centroids: pd.DataFrame | None
) -> pd.DataFrame:
    """Add what is known of the place: the agency's own coordinates, or else those of the address."""
    import pandas as pd

    parts = pd.DataFrame({"block_low": None, "street": None, "cross_street": None}, index=frame.index)
    if mapping.address is not None:
        parts = split_addresses(frame["address"], mapping.address)
    parts = parts.astype({name: INCIDENT_COLUMNS[str(name)] for name in parts})
    found = geocode(parts, centroids)
    if mapping.columns.longitude and mapping.columns.latitude:
        own = records[[mapping.columns.longitude, mapping.columns.latitude]]
        own = own.apply(pd.to_numeric, errors="coerce").set_axis(["longitude", "latitude"], axis=1)
        is_placed = own.notna().all(axis=1)
        found = found.mask(is_placed, own.assign(geocode_method=SUPPLIED))
    return pd.concat([frame, parts, found], axis=1)


def _levels(records: pd.DataFrame, mapping: CallsMapping) -> pd.Series:
    import pandas as pd

    if mapping.priority is None:
        return pd.Series(pd.NA, index=records.index, dtype="Int32")
    return records[mapping.priority.column].map(mapping.priority.levels).astype("Int32")


def _broken(
    records: pd.DataFrame,
    mapping: CallsMapping,
    incidents: pd.DataFrame,
    called: Moments,
    changed: Moments | None,
) -> list[_Broken]:
    """Return the rules that a record must keep to become an incident, the first to be named first."""
    event_id = records[mapping.columns.event_id]
    rules = [
        _Broken(
            "event_id_present", "a call without an id cannot be told from others", event_id.isna(), event_id
        ),
        *_broken_stamp("called_at", called, is_required=True),
    ]
    if changed is not None:
        rules += _broken_stamp("last_changed_at", changed, is_required=False)
    if mapping.priority is not None:
        given = records[mapping.priority.column]
        is_unknown = given.notna() & ~given.isin(list(mapping.priority.levels))
        rules.append(
            _Broken("priority_known", "the mapping has no level for this priority", is_unknown, given)
        )
    for name in ("longitude", "latitude"):
        if mapping.field_columns().get(name):
            given = records[mapping.field_columns()[name]]
            is_wrong = given.notna() & (incidents["geocode_method"] != SUPPLIED)
            rules.append(_Broken("coordinates_readable", "it is not a pair of numbers", is_wrong, given))
    return rules


def _broken_stamp(name: str, moments: Moments, is_required: bool) -> list[_Broken]:
    is_lost = moments.at.isna()
    is_unreadable = is_lost & ~moments.is_skipped & (moments.text.notna() | is_required)
    skipped = "clocks were put forward over this time, so that it never was"
    return [
        _Broken(f"{name}_readable", "it fits none of the mapping's formats", is_unreadable, moments.text),
        _Broken(f"{name}_exists", skipped, is_lost & moments.is_skipped, moments.text),
    ]


def _reject(records: pd.DataFrame, rules: Sequence[_Broken]) -> tuple[pd.DataFrame, pd.Series]:
    """Return the records that break a rule, with the first that each breaks, and which they are."""
    import pandas as pd

    nothing = pd.Series(None, index=records.index, dtype="str")
    rule, reason, value = nothing, nothing.copy(), nothing.copy()
    for broken in rules:
        is_new = broken.is_broken & rule.isna()
        rule = rule.mask(is_new, broken.rule)
        reason = reason.mask(is_new, broken.reason)
        value = value.mask(is_new, broken.value)
    is_rejected = rule.notna()
    chosen = records[is_rejected]
    lines = chosen.drop(columns=_ROW).to_json(orient="records", lines=True, force_ascii=False)
    rejected = pd.DataFrame(
        {
            _ROW: chosen[_ROW],
            "rule": rule[is_rejected],
            "reason": reason[is_rejected],
            "value": value[is_rejected],
            # pandas escapes slashes, which JSON allows and nobody wants to read.
            "record": lines.replace("\\/", "/").rstrip("\n").split("\n") if len(chosen) else [],
        }
    )
    return rejected[list(REJECT_COLUMNS)], is_rejected


def _empty_incidents() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in INCIDENT_COLUMNS.items()})
