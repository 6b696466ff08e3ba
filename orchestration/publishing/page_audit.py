"""The page's account of the data: gates, coverage, reconciliation and how records were located."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publishing import formats
from orchestration.publishing.errors import ReleaseError

if TYPE_CHECKING:
    from orchestration.publishing.published import PublishedTables

_ANY_MONTH = "YYYY-MM"
_STATUSES = ("passed", "failed", "crashed", "absent")
_LOCATION_METHODS = {
    "supplied_2021": "Code supplied, 2021 LSOA",
    "supplied_unchanged": "Code supplied, LSOA unchanged since 2011",
    "merged_parent": "2011 code, merged into one 2021 LSOA",
    "split_point_in_polygon": "2011 code, split: child that contains the point",
    "split_nearest_centroid": "2011 code, split: child with the nearest centroid",
    "point_in_polygon": "No code: LSOA that contains the point",
    "nearest_centroid": "No code: LSOA with the nearest centroid",
    "unlocated": "No location published",
}


def gate_rows(data_root: Path, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Sum up the verdicts of the validation gates.

    Parameters
    ----------
    data_root
        The data folder.
    titles
        What a dataset is, for people.

    Returns
    -------
    list of dict
        One row per dataset: partitions by status, quarantined rows, and the warnings raised most often.

    Raises
    ------
    ReleaseError
        When a verdict cannot be read.
    """
    verdicts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((data_root / "validated").glob("**/verdict.json")):
        verdict = _read_verdict(path, data_root)
        verdicts[str(verdict["dataset"])].append(verdict)
    return [_gate_row(_title(dataset, titles), held) for dataset, held in sorted(verdicts.items())]


def coverage_rows(tables: PublishedTables, titles: Mapping[str, str]) -> list[dict[str, str]]:
    """List what was asked for and is not in the release.

    Parameters
    ----------
    tables
        The release's tables.
    titles
        What a dataset is, for people.

    Returns
    -------
    list of dict
        One row per dataset, force, status and reason, with its months as runs; in the reason of several
        months each month's own file is ``YYYY-MM/YYYY-MM-…``.
    """
    coverage = tables.read("audit_coverage")
    if coverage.empty:
        return []
    gaps = coverage[coverage["status"] != "present"].fillna({"force": "", "reason": "", "month": ""})
    # A reason names the month's own file: without the month, one gap of many months is one row.
    gaps["cause"] = [
        str(reason).replace(f"{month}/{month}-", f"{_ANY_MONTH}/{_ANY_MONTH}-")
        for reason, month in zip(gaps["reason"], gaps["month"], strict=True)
    ]
    keys = ["status", "dataset", "force", "cause"]
    return [
        {
            "status": str(status),
            "dataset": _title(str(dataset), titles),
            "force": formats.force_name(force or None),
            "months": formats.month_runs([m for m in rows["month"] if m]) or formats.MISSING,
            "count": formats.number(len(rows)),
            "reason": str(cause if rows["reason"].nunique() > 1 else rows["reason"].iloc[0])
            or formats.MISSING,
        }
        for (status, dataset, force, cause), rows in gaps.groupby(keys, sort=True)
    ]


def reconciliation_rows(tables: PublishedTables, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Add up rows landed, used and quarantined.

    Parameters
    ----------
    tables
        The release's tables.
    titles
        What a dataset is, for people.

    Returns
    -------
    list of dict
        One row per dataset; ``agrees`` when landed = used + quarantined in every single partition.
    """
    rows = tables.read("audit_row_reconciliation")
    if rows.empty:
        return []
    rows["agrees"] = rows["landed_count"] == rows["staged_count"] + rows["quarantined_count"]
    return [
        {
            "dataset": _title(str(dataset), titles),
            "partitions": formats.number(len(group)),
            "landed": formats.number(group["landed_count"].sum()),
            "staged": formats.number(group["staged_count"].sum()),
            "quarantined": formats.number(group["quarantined_count"].sum()),
            "agrees": bool(group["agrees"].all()),
        }
        for dataset, group in rows.groupby("dataset", sort=True)
    ]


def location_rows(tables: PublishedTables) -> list[dict[str, str]]:
    """Count crimes by how they were given an LSOA.

    Parameters
    ----------
    tables
        The release's tables.

    Returns
    -------
    list of dict
        ``method``, ``crimes``, ``share``, most frequent first.
    """
    rows = tables.read("audit_location_methods")
    if rows.empty:
        return []
    counts = rows.groupby("location_method")["crime_count"].sum().sort_index()
    counts = counts.sort_values(ascending=False, kind="stable")
    total = float(counts.sum())
    return [
        {
            "method": _LOCATION_METHODS.get(str(method), formats.plain(method)),
            "crimes": formats.number(count),
            "share": formats.percent(count / total if total else None, 2),
        }
        for method, count in counts.items()
    ]


def _read_verdict(path: Path, data_root: Path) -> dict[str, Any]:
    try:
        verdict = json.loads(path.read_text(encoding="utf-8"))
        return {key: verdict[key] for key in ("dataset", "status", "record_count_quarantined", "rules")}
    except (ValueError, KeyError, TypeError) as error:
        name = path.relative_to(data_root).as_posix()
        raise ReleaseError(name, "is not a verdict", "run the gate of that partition again") from error


def _title(dataset: str, titles: Mapping[str, str]) -> str:
    return titles.get(dataset, formats.plain(dataset))


def _gate_row(title: str, verdicts: list[dict[str, Any]]) -> dict[str, Any]:
    statuses = Counter(str(verdict["status"]) for verdict in verdicts)
    warnings = Counter(
        str(rule["rule"])
        for verdict in verdicts
        for rule in verdict["rules"] or []
        if rule.get("severity") == "warning" and not rule.get("success")
    )
    most_common = sorted(warnings.items(), key=lambda item: (-item[1], item[0]))[:3]
    return {
        "dataset": title,
        "counts": [
            {"status": s, "count": formats.number(statuses[s]), "is_zero": not statuses[s]} for s in _STATUSES
        ],
        "quarantined": formats.number(sum(v["record_count_quarantined"] or 0 for v in verdicts)),
        "warnings": formats.number(sum(warnings.values())),
        "common": ", ".join(f"{formats.plain(rule)} ({count})" for rule, count in most_common),
    }
