"""Progress bars for long work: on a terminal, and silent in a log file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

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
    # A single item is done before its bar could say anything.
    if len(items) < 2:
        yield from items
        return
    with progress_bar(what, len(items), "file") as bar:
        for item in items:
            yield item
            bar.update()


def progress_bar(what: str, total: int | None, unit: str, done: int = 0) -> tqdm:
    """Return a bar to be updated as work is done; use it as a context manager.

    Parameters
    ----------
    what
        The work, in two or three words.
    total
        How much there is; none when nobody knows yet.
    unit
        What is counted; ``B`` is shown as kB, MB and so on.
    done
        How much was done before.
    """
    from tqdm import tqdm

    # disable=None: shown on a terminal alone.
    return tqdm(
        desc=what, total=total, unit=unit, unit_scale=unit == "B", initial=done, leave=False, disable=None
    )
