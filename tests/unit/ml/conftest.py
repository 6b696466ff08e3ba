"""Fixtures of the tests of ml."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """One thread, as the assets have it: many small fits on several threads only wait for each other."""
    # The threads of a library that is loaded later would not be limited.
    import sklearn.ensemble  # noqa: F401

    with threadpool_limits(limits=1):
        yield
