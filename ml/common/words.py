"""Words for cards and notes."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the form that it takes: '1 month', '2 months'.

    Parameters
    ----------
    number : int
    noun : str
        In the singular; its plural ends in s.
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
