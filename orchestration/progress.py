"""Progress bars for long work: on a terminal, and silent in a log file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def track(items: Sequence[_T], what: str) -> Iterator[_T]:
    """Yield the items while a bar on standard error says how far the work is.

    Parameters
    ----------
    items
        What is worked on, one after the other.
    what
        The work, in two or three words.

    Yields
    ------
    object
        Each item, in order.
    """
    from tqdm import tqdm

    # None: shown on a terminal alone. A single item is done before its bar could say anything.
    yield from tqdm(items, desc=what, unit="file", leave=False, disable=True if len(items) < 2 else None)
