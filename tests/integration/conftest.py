"""The main job on the sandbox, run once for all the tests that look at what it left."""

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.sandbox.city import build_city
from orchestration.sandbox.truth import Truth
from tests.integration.command import Finished, run_command


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The whole window of the sandbox, from nothing."""
    return run_command(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def truth() -> Truth:
    """What the sandbox's city hides."""
    return build_city().truth


@pytest.fixture
def warehouse(demo: Finished) -> Iterator[duckdb.DuckDBPyConnection]:
    """The demo's warehouse, read-only."""
    assert demo.exit_code == 0, demo.output
    with duckdb.connect(str(demo.paths.warehouse), read_only=True) as connection:
        yield connection
