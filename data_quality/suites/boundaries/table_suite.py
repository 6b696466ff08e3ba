"""The vocabulary of suites behind the raw boundary: a table, and the frames by which it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data_quality.suites.rules import Owner, Rule, owned

Boundary = Literal["warehouse", "ml", "release"]


@dataclass(frozen=True)
class Part:
    """One frame about a table and the rules that it must keep.

    Parameters
    ----------
    name
        Name of the frame, such as ``months``.
    label
        Columns whose values name a row in messages; none when the frame is one row about the whole.
    rules
        The rules.
    """

    name: str
    label: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class TableSuite:
    """Every rule of one table, or of one side of a release.

    Parameters
    ----------
    boundary
        Where it is judged.
    table
        The table.
    owner
        The role that answers for every rule that names no other.
    parts
        The frames by which it is judged. A frame without rows breaks nothing: that a table has rows at all is
        a rule of its own where it must.
    """

    boundary: Boundary
    table: str
    owner: Owner
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Give every rule its owner."""
        held = tuple(Part(part.name, part.label, owned(part.rules, self.owner)) for part in self.parts)
        object.__setattr__(self, "parts", held)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, in order of the parts."""
        return tuple(rule for part in self.parts for rule in part.rules)
