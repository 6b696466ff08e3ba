"""What people decided about landed data, signed: waivers of rules and corrections of values."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiver:
    """A signed decision that exactly these bytes may break exactly these rules, for a time.

    Parameters
    ----------
    file, sha256
        Name of the waiver's file, and the digest of its bytes.
    dataset, month, force
        What it is about; month and force are none for a dataset that comes whole.
    data_version
        Digest of the landed bytes that it is about; it says nothing about any others.
    rules
        Names of the rules that may be broken.
    signed_by, role, signed_on
        Who signed, as what, and when (ISO 8601).
    reason
        Why, in plain words.
    valid_until
        Last day on which it holds (ISO 8601).
    """

    file: str
    sha256: str
    dataset: str
    month: str | None
    force: str | None
    data_version: str
    rules: tuple[str, ...]
    signed_by: str
    role: str
    signed_on: str
    reason: str
    valid_until: str

    @property
    def statement(self) -> str:
        """The waiver in one line, for checks and reports."""
        return (
            f"{self.file}: {', '.join(self.rules)} waived by {self.signed_by} ({self.role}) on "
            f"{self.signed_on}, until {self.valid_until}: {self.reason}"
        )


@dataclass(frozen=True)
class Correction:
    """A signed correction of one value of one landed record.

    Parameters
    ----------
    file, sha256, line
        Name of the file of corrections, the digest of its bytes, and the line in it.
    dataset, month, force
        The partition that the landed file is of.
    source_file, source_row, column
        The landed file, the record in it (1 = first after the header) and the column, in snake case.
    old_value, new_value
        What the landed record says, and what it is to say; none for an empty field.
    corrected_by, reason
        Who corrected it, and why.
    """

    file: str
    sha256: str
    line: int
    dataset: str
    month: str
    force: str
    source_file: str
    source_row: int
    column: str
    old_value: str | None
    new_value: str | None
    corrected_by: str
    reason: str


@dataclass(frozen=True)
class AppliedCorrections:
    """The corrections of one file that were applied before a partition was judged, as its verdict records."""

    file: str
    sha256: str
    count: int
    corrected_by: str


@dataclass(frozen=True)
class Problem:
    """A file of decisions, or a line of one, that was refused and therefore changes nothing.

    Parameters
    ----------
    text
        File, rule and remedy.
    dataset, month, force
        What it is about, as far as it can be told.
    """

    text: str
    dataset: str | None = None
    month: str | None = None
    force: str | None = None


@dataclass(frozen=True)
class PartitionDecisions:
    """The decisions about one partition, or one dataset that comes whole, at exactly its landed bytes.

    Parameters
    ----------
    waivers, corrections
        Those that hold.
    problems
        Those that were refused, in words.
    """

    waivers: tuple[Waiver, ...] = ()
    corrections: tuple[Correction, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def version(self) -> str | None:
        """Digest of the files of the decisions that hold; none without any. A verdict binds to it."""
        files = {f"waiver {w.file} {w.sha256}" for w in self.waivers}
        files |= {f"corrections {c.file} {c.sha256}" for c in self.corrections}
        return hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest() if files else None

    @property
    def waived_rules(self) -> frozenset[str]:
        """Names of the rules that may be broken."""
        return frozenset(rule for waiver in self.waivers for rule in waiver.rules)

    def waiver_of(self, rule: str) -> str | None:
        """Return the name of the file that waives a rule; none when none does."""
        return next((waiver.file for waiver in self.waivers if rule in waiver.rules), None)

    def used(self, rules: Collection[str]) -> tuple[Waiver, ...]:
        """Return the waivers of any of the given rules."""
        return tuple(waiver for waiver in self.waivers if not set(rules).isdisjoint(waiver.rules))

    def applied(self) -> tuple[AppliedCorrections, ...]:
        """Return what a verdict records of the corrections, by file."""
        files = sorted({(correction.file, correction.sha256) for correction in self.corrections})
        return tuple(AppliedCorrections(file, digest, *self._signed(file)) for file, digest in files)

    def _signed(self, file: str) -> tuple[int, str]:
        signed = [correction.corrected_by for correction in self.corrections if correction.file == file]
        return len(signed), ", ".join(sorted(set(signed)))


@dataclass(frozen=True)
class Decisions:
    """All decisions that hold on a day, and what was refused.

    Parameters
    ----------
    waivers, corrections
        Those that hold.
    problems
        Files or lines that were refused.
    """

    waivers: tuple[Waiver, ...] = ()
    corrections: tuple[Correction, ...] = ()
    problems: tuple[Problem, ...] = ()

    def about(
        self, dataset: str, month: str | None, force: str | None, data_version: str | None
    ) -> PartitionDecisions:
        """Return the decisions about a partition, or a dataset that comes whole, as landed.

        A waiver names the bytes that it is about. A correction names its old value instead, which is looked
        at when it is applied.

        Parameters
        ----------
        dataset, month, force
            The place; month (``YYYY-MM``) and force are none for a dataset that comes whole.
        data_version
            Digest of its landed bytes; waivers of any others are left out.
        """
        place = (dataset, month, force)
        return PartitionDecisions(
            tuple(
                w
                for w in self.waivers
                if (w.dataset, w.month, w.force) == place and w.data_version == data_version
            ),
            tuple(c for c in self.corrections if (c.dataset, c.month, c.force) == place),
            tuple(p.text for p in self.problems if (p.dataset, p.month, p.force) == place),
        )

    @property
    def files(self) -> frozenset[str]:
        """Digests of the files of the decisions that hold."""
        return frozenset(w.sha256 for w in self.waivers) | {c.sha256 for c in self.corrections}

    def files_about(self, dataset: str, month: str | None, force: str | None) -> list[str]:
        """Return the digests of the files whose decisions are about a place, whatever its bytes.

        Parameters
        ----------
        dataset, month, force
            As for :meth:`about`.

        Returns
        -------
        list of str
            Ascending, each once; files that were refused are not among them.
        """
        place = (dataset, month, force)
        found = {w.sha256 for w in self.waivers if (w.dataset, w.month, w.force) == place}
        return sorted(found | {c.sha256 for c in self.corrections if (c.dataset, c.month, c.force) == place})

    def places(self) -> Iterator[tuple[str, str | None, str | None]]:
        """Yield dataset, month and force of everything that a decision is about, each once and in order."""
        found = {(waiver.dataset, waiver.month, waiver.force) for waiver in self.waivers}
        found |= {(one.dataset, one.month, one.force) for one in self.corrections}
        yield from sorted(found, key=lambda place: tuple(part or "" for part in place))


NO_DECISIONS = PartitionDecisions()
