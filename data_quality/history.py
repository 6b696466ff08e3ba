"""The history of judgements: one line for each time that a gate said something new about a partition.

A verdict file holds only the newest judgement. Its history lies beside it, one JSON object a line, oldest
first. Each partition has its own file, so that gates in several processes never wait for each other.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_quality.files import write_text_atomically

if TYPE_CHECKING:
    from data_quality.verdicts import Verdict

HISTORY_FILE = "history.jsonl"
DAMAGED_FILE = "history.damaged.jsonl"
MAXIMUM_JUDGEMENTS = 60


class HistoryError(Exception):
    """A history file is not what a gate writes."""


@dataclass(frozen=True)
class PastJudgement:
    """One judgement of one partition or reference dataset.

    Parameters
    ----------
    dataset, month, force
        What was judged; month and force are none for what comes whole.
    data_version, suite_version
        Which bytes were judged, by which rules.
    status
        As in the verdict.
    evaluated_at
        UTC time, ISO 8601.
    record_count_landed
        Records, for the share that breaks a rule.
    rules
        For each rule: whether it held, and how many records broke it (none for a rule about the whole).
    """

    dataset: str
    month: str | None
    force: str | None
    data_version: str | None
    suite_version: str
    status: str
    evaluated_at: str
    record_count_landed: int
    rules: dict[str, tuple[bool, int | None]]

    @property
    def broken_count(self) -> int:
        """How many rules did not hold."""
        return sum(not held for held, _ in self.rules.values())


def record_judgement(verdict: Verdict, folder: Path, maximum: int = MAXIMUM_JUDGEMENTS) -> bool:
    """Add a verdict to the history in its folder, unless it says what the newest line says.

    The file is replaced in one step, so a crash leaves the lines from before. Call this before the verdict
    itself is written: after a crash between the two, the gate judges again and the line is there already.

    Parameters
    ----------
    verdict
        The judgement.
    folder
        Folder of the verdict.
    maximum
        Most lines to keep; the oldest are dropped.

    Returns
    -------
    bool
        Whether a line was added.
    """
    earlier = _kept_lines(folder)
    new = _judgement_of(verdict)
    if earlier and replace(earlier[-1], evaluated_at=new.evaluated_at) == new:
        return False
    lines = [_as_line(judgement) for judgement in [*earlier, new][-maximum:]]
    write_text_atomically(folder / HISTORY_FILE, "".join(lines))
    return True


def read_history(folder: Path) -> tuple[PastJudgement, ...]:
    """Return the judgements kept in a folder, oldest first; none when there is no history.

    Raises
    ------
    HistoryError
        When the file is not a history.
    """
    path = folder / HISTORY_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise _error(path, error) from error
    try:
        return tuple(_from_line(json.loads(line)) for line in text.split("\n") if line)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _error(path, error) from error


def _error(path: Path, error: Exception) -> HistoryError:
    return HistoryError(
        f"{path}: not a readable history of judgements ({error}). Remedy: move it away; verdicts and data do "
        "not depend on it, and the next new judgement begins another."
    )


def _kept_lines(folder: Path) -> tuple[PastJudgement, ...]:
    """Return the history, or none after putting a damaged one aside: a gate must not stop for its diary."""
    try:
        return read_history(folder)
    except HistoryError:
        (folder / HISTORY_FILE).replace(folder / DAMAGED_FILE)
        return ()


def _judgement_of(verdict: Verdict) -> PastJudgement:
    return PastJudgement(
        dataset=verdict.dataset,
        month=verdict.month,
        force=verdict.force,
        data_version=verdict.data_version,
        suite_version=verdict.suite_version,
        status=verdict.status,
        evaluated_at=verdict.evaluated_at,
        record_count_landed=verdict.record_count_landed,
        rules={result.rule: (result.success, result.unexpected_count) for result in verdict.rules},
    )


def _as_line(judgement: PastJudgement) -> str:
    return json.dumps(asdict(judgement), ensure_ascii=False, separators=(",", ":")) + "\n"


def _from_line(stored: dict[str, Any]) -> PastJudgement:
    rules = {rule: (bool(held), count) for rule, (held, count) in stored.pop("rules").items()}
    return PastJudgement(**stored, rules=rules)
