"""Which forces count together, by the months that each has sent."""

from __future__ import annotations

from collections.abc import Collection

#: What has sent nothing for longer than this, beside the newest of all, is over and not late.
LATE_MONTHS = 3


def months_asked(held: Collection[int], enough: int, least: int) -> int:
    """Return how many months a force must have to be told together with the others.

    What is told of all has no more months than the force with the fewest: one that has just come, or lost a
    file, would cost every other its history.

    Parameters
    ----------
    held : collection of int
        Months of each force.
    enough : int
        Asked where more than half of the forces have as many.
    least : int
        Asked elsewhere.
    """
    return enough if sum(months >= enough for months in held) > len(held) / 2 else least
