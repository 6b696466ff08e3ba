"""The verdict of a gate on one partition or reference dataset, and its file beside the data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from data_quality.decisions import AppliedCorrections, Waiver
from data_quality.files import SUPERSEDED, write_text_atomically
from data_quality.history import record_judgement

Status = Literal["passed", "failed", "crashed", "absent"]
VERDICT_FILE = "verdict.json"


class VerdictError(Exception):
    """A verdict file is missing or is not what a gate writes."""


@dataclass(frozen=True)
class RuleResult:
    """What a gate found about one rule.

    Parameters
    ----------
    rule
        Name of the rule.
    expectation
        The Great Expectations class that judged it, or who else did.
    scope
        ``row`` or ``table``.
    severity
        ``critical``, ``warning`` or ``info``.
    success
        Whether the rule holds; a ``row`` rule holds as long as no more records fail than it tolerates.
    observed
        What was seen, in words; none when the rule was not reached.
    unexpected_count
        Records that break the rule; none for a rule about the whole.
    reason
        Why it matters.
    waived_by
        File of the waiver because of which breaking it had no consequence; the rule is broken all the same.
    owner
        The role that answers for the rule; data engineers do for what is in no suite, such as the rules of a
        reader and the crash of a gate.
    """

    rule: str
    expectation: str
    scope: str
    severity: str
    success: bool
    observed: str | None
    unexpected_count: int | None
    reason: str
    waived_by: str | None = None
    owner: str = "data-engineering"


@dataclass(frozen=True)
class Verdict:
    """A gate's verdict, as in ``verdict.json``.

    Parameters
    ----------
    dataset, month, force
        What was judged; month and force are none for reference data.
    status
        ``passed``; ``failed`` when a critical rule does not hold; ``crashed`` when the gate itself broke;
        ``absent`` when upstream has no such partition.
    data_version, suite_version
        Exactly which bytes were judged, by exactly which rules.
    record_count_landed, record_count_validated, record_count_quarantined
        Records; landed = validated + quarantined unless rule ``record_count_matches`` says otherwise.
    parquet_sha256
        Checksum of ``part.parquet``; none unless passed. Only a file with this checksum may be used.
    evaluated_at
        UTC time, ISO 8601.
    reason
        Why the partition did not pass, in plain words.
    rules
        Each rule's result.
    decisions_version
        Digest of the files of all waivers and corrections that held for these bytes; none without any. The
        verdict no longer binds when it changes, as when a waiver expires.
    waivers
        The waivers without which more would have been refused.
    corrections
        The corrections that were applied to the records before they were judged.
    """

    dataset: str
    month: str | None
    force: str | None
    status: Status
    data_version: str | None
    suite_version: str
    record_count_landed: int
    record_count_validated: int
    record_count_quarantined: int
    parquet_sha256: str | None
    evaluated_at: str
    reason: str | None
    rules: tuple[RuleResult, ...]
    decisions_version: str | None = None
    waivers: tuple[Waiver, ...] = ()
    corrections: tuple[AppliedCorrections, ...] = ()

    @property
    def partition_label(self) -> str:
        """Month and force in words, for messages and reports."""
        return f"{self.month} {self.force}" if self.month else "whole dataset"


def read_verdict(validated_dir: Path) -> Verdict:
    """Read the verdict in a folder.

    Raises
    ------
    VerdictError
        When there is none, or it is not one.
    """
    path = validated_dir / VERDICT_FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        rules = tuple(RuleResult(**rule) for rule in stored.pop("rules"))
        waivers = tuple(Waiver(**w | {"rules": tuple(w["rules"])}) for w in stored.pop("waivers", ()))
        corrections = tuple(AppliedCorrections(**applied) for applied in stored.pop("corrections", ()))
        return Verdict(**stored, rules=rules, waivers=waivers, corrections=corrections)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise VerdictError(
            f"{path}: not a readable verdict ({error}). Remedy: run the gate again."
        ) from error


def write_verdict(verdict: Verdict, validated_dir: Path) -> None:
    """Write the verdict into a folder, whole or not at all, and before it a line of its history."""
    record_judgement(verdict, validated_dir)
    text = json.dumps(asdict(verdict), indent=2, ensure_ascii=False) + "\n"
    write_text_atomically(validated_dir / VERDICT_FILE, text)


def read_all(validated_root: Path) -> list[Verdict]:
    """Read every current verdict below the root of the validated data, by dataset, month and force.

    Raises
    ------
    VerdictError
        When one of them is not readable.
    """
    folders = [path.parent for path in validated_root.rglob(VERDICT_FILE) if SUPERSEDED not in path.parts]
    verdicts = [read_verdict(folder) for folder in folders]
    return sorted(verdicts, key=lambda v: (v.dataset, v.month or "", v.force or ""))
