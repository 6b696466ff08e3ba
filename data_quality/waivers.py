"""Reads waivers, the only way past a critical rule; strictly, since a bad one must never let data pass."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from data_quality.decisions import Problem, Waiver
from data_quality.schemas import VALIDATED_SCHEMAS, is_police
from data_quality.signed_files import SignedFileError, day_of, load_yaml, signature_of, text_of
from data_quality.suites import suite_of
from data_quality.suites.file_rules import file_rules

MAXIMUM_DAYS = 183
MINIMUM_REASON_CHARACTERS = 10
# Without these a partition cannot be read, written or accounted for, whoever signs.
NEVER_WAIVED = frozenset(
    {
        "gate_crashed",
        "file_readable",
        "looks_like_html",
        "header_as_published",
        "columns_as_published",
        "record_count_matches",
        "field_count",
        "encoding_utf8",
        "landed_bytes_intact",
        "correction_applies",
    }
)
_KEYS = {
    "dataset",
    "month",
    "force",
    "whole_dataset",
    "rules",
    "data_version",
    "signed_by",
    "signed_on",
    "reason",
    "valid_until",
}
_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])")
_FORCE = re.compile(r"[a-z][a-z0-9-]{1,40}")
_VERSION = re.compile(r"[0-9a-f]{64}")
_GUIDE = "write it as docs/runbook.md shows, under 'Sign a waiver'"


def read_waivers(folder: Path, today: date) -> tuple[list[Waiver], list[Problem]]:
    """Read every waiver in a folder.

    Parameters
    ----------
    folder
        Folder of waivers, one to a file ``<name>.yml``; it need not exist.
    today
        The day on which they are to hold.

    Returns
    -------
    tuple of list of Waiver and list of Problem
        Waivers that hold, in order of file name, and what is wrong with each other file.
    """
    waivers: list[Waiver] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.y*ml")):
        content: object = None
        try:
            data = path.read_bytes()
            content = load_yaml(data)
            waiver = _parse(content, path.name, hashlib.sha256(data).hexdigest())
            _check_day(waiver, today)
            waivers.append(waiver)
        except (SignedFileError, OSError) as error:
            rule = error.rule if isinstance(error, SignedFileError) else f"it cannot be read ({error})"
            remedy = (
                (error.remedy or _GUIDE) if isinstance(error, SignedFileError) else "mend its permissions"
            )
            text = f"waiver {path.name}: {rule}. Remedy: {remedy}."
            problems.append(replace(_place_of(content), text=text))
    return waivers, problems


def _parse(content: object, file: str, digest: str) -> Waiver:
    if not isinstance(content, dict):
        raise SignedFileError("it is not a mapping of keys to values")
    unknown = sorted(str(key) for key in content if key not in _KEYS)
    if unknown:
        raise SignedFileError(f"the key {unknown[0]!r} is not known")
    dataset = text_of(content, "dataset")
    if dataset not in VALIDATED_SCHEMAS:
        raise SignedFileError(f"{dataset!r} is not a dataset", f"name one of {', '.join(VALIDATED_SCHEMAS)}")
    month, force = _partition(content, dataset)
    signed_by, role = signature_of(content)
    reason = text_of(content, "reason")
    if len(reason) < MINIMUM_REASON_CHARACTERS:
        raise SignedFileError(f"the reason {reason!r} is too short to be one", "say why the data may be used")
    version = text_of(content, "data_version")
    if not _VERSION.fullmatch(version):
        raise SignedFileError(
            f"data_version {version!r} names no exact bytes",
            "copy data_version from the verdict.json that refused the data",
        )
    return Waiver(
        file=file,
        sha256=digest,
        dataset=dataset,
        month=month,
        force=force,
        data_version=version,
        rules=_rules(content, dataset),
        signed_by=signed_by,
        role=role,
        signed_on=day_of(content, "signed_on"),
        reason=reason,
        valid_until=day_of(content, "valid_until"),
    )


def _partition(content: dict, dataset: str) -> tuple[str | None, str | None]:
    is_whole = content.get("whole_dataset", False)
    if not is_police(dataset):
        if is_whole is not True or "month" in content or "force" in content:
            raise SignedFileError(
                f"{dataset} comes whole", "write 'whole_dataset: true', without month and force"
            )
        return None, None
    if is_whole is not False:
        raise SignedFileError(
            f"it is too broad: {dataset} comes by month and force",
            "name one month and one force in a waiver of its own for each partition",
        )
    month, force = text_of(content, "month"), text_of(content, "force")
    if not _MONTH.fullmatch(month):
        raise SignedFileError(f"{month!r} is not a month", "write it as YYYY-MM, such as 2024-06")
    if not _FORCE.fullmatch(force):
        raise SignedFileError(
            f"{force!r} is not a force id", "name one as in the archive, such as bedfordshire"
        )
    return month, force


def _rules(content: dict, dataset: str) -> tuple[str, ...]:
    names = content.get("rules")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise SignedFileError(
            "it names no rule", "list the rules below rules, each by its name in verdict.json"
        )
    suite = suite_of(dataset)
    known = {
        r.name: r
        for r in (*suite.rules, *file_rules(suite.quarantine_tolerance, suite.may_be_empty, suite.owner))
    }
    for name in names:
        if name in NEVER_WAIVED:
            raise SignedFileError(
                f"the rule {name!r} can never be waived", "fetch the file again, or repair the gate"
            )
        if name not in known:
            raise SignedFileError(
                f"{name!r} is not a rule of {dataset}",
                "name each rule as in verdict.json; a pattern, or all of them, would be too broad",
            )
        if known[name].severity != "critical":
            raise SignedFileError(
                f"the rule {name!r} withholds nothing", "leave it out: only critical rules can be waived"
            )
    return tuple(sorted(set(names)))


def _check_day(waiver: Waiver, today: date) -> None:
    signed, last = date.fromisoformat(waiver.signed_on), date.fromisoformat(waiver.valid_until)
    rules = ", ".join(waiver.rules)
    if signed > today:
        raise SignedFileError(f"it is signed on {signed}, a day to come", "sign it with the day of signing")
    if last < signed or last - signed > timedelta(days=MAXIMUM_DAYS):
        raise SignedFileError(
            f"it is too broad: {signed} to {last} for {rules}",
            f"let it end at most {MAXIMUM_DAYS} days after it is signed, and sign anew if need be",
        )
    if last < today:
        raise SignedFileError(
            f"it expired on {last} and no longer waives {rules}",
            "sign a new one if the reason still holds, else remove it",
        )


def _place_of(content: object) -> Problem:
    """Return what a refused waiver is about, as far as it says so."""
    read = content if isinstance(content, dict) else {}
    parts = (read.get(key) for key in ("dataset", "month", "force"))
    return Problem("", *(part if isinstance(part, str) else None for part in parts))
