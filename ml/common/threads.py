"""One thread for many small fits: more would wait for each other, and end sums in other last digits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def one_thread(*libraries: str) -> Iterator[None]:
    """Hold libraries to one thread.

    Parameters
    ----------
    libraries
        Names of modules with threads of their own; they are loaded first, as a limit does not reach what is
        loaded after it was set.
    """
    from threadpoolctl import threadpool_limits

    for name in libraries:
        import_module(name)
    with threadpool_limits(limits=1):
        yield
