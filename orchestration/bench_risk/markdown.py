"""Tables as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml.risk.compare import Difference


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def signed(gap: Difference, digits: int = 3) -> str:
    """A difference and its interval; bold where the interval excludes zero."""
    text = f"{gap.value:+.{digits}f} [{gap.lower:+.{digits}f}, {gap.upper:+.{digits}f}]"
    return f"**{text}**" if gap.is_clear else text
