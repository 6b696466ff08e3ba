"""What a fault is, what an alarm is, and what became of a fault that was put before its gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

#: ``critical`` withholds the whole; ``record`` quarantines the records concerned and lets the rest pass.
Severity = Literal["critical", "record", "warning", "info"]


@dataclass(frozen=True, order=True)
class Alarm:
    """What one rule of a gate said.

    Parameters
    ----------
    rule
        The rule, as it is named in the verdict or among the dbt tests.
    severity
        How much of the data it holds back.
    gate
        Who raised it.
    """

    rule: str
    severity: Severity
    gate: str


@dataclass(frozen=True)
class Fault:
    """One named corruption, or one variant that is no corruption at all.

    Parameters
    ----------
    name
        Identifier, unique in the library.
    subject
        What is corrupted, by the name that the bench gives it.
    corrupts
        What kind of thing that is, in words.
    story
        How it happens in the real world.
    corrupt
        Takes the clean subject and gives the corrupted one; always the same one.
    rule, severity
        The rule that must catch it and how it must; none for a variant that must raise nothing.
    """

    name: str
    subject: str
    corrupts: str
    story: str
    corrupt: Callable[[Any], Any]
    rule: str | None = None
    severity: Severity | None = None

    @property
    def is_benign(self) -> bool:
        """Whether no gate may raise anything."""
        return self.rule is None


class Subject(Protocol):
    """Something that can be corrupted, with the real gate that it passes through."""

    def judge(self, corrupt: Callable[[Any], Any] | None) -> frozenset[Alarm]:
        """Put the corrupted subject, or the clean one when there is no corruption, through its gate."""


@dataclass(frozen=True)
class Finding:
    """What the gates said of one fault.

    Parameters
    ----------
    fault
        The fault.
    alarms
        What was raised.
    """

    fault: Fault
    alarms: frozenset[Alarm]

    @property
    def expected(self) -> Alarm | None:
        """The alarm of the expected rule, whatever its severity; none when it stayed silent."""
        named = sorted(alarm for alarm in self.alarms if alarm.rule == self.fault.rule)
        exact = [alarm for alarm in named if alarm.severity == self.fault.severity]
        return next(iter(exact or named), None)

    @property
    def others(self) -> tuple[Alarm, ...]:
        """What else was raised."""
        return tuple(sorted(alarm for alarm in self.alarms if alarm.rule != self.fault.rule))

    @property
    def outcome(self) -> Literal["caught", "missed", "wrong severity", "accepted", "false alarm"]:
        """What became of it, in words."""
        if self.fault.is_benign:
            return "false alarm" if self.alarms else "accepted"
        if self.expected is None:
            return "missed"
        return "caught" if self.expected.severity == self.fault.severity else "wrong severity"
