"""Cities and servers that the sandbox's tests share; each is built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from orchestration.sandbox.archive import Archive, ensure_archive
from orchestration.sandbox.city import City, build_city
from orchestration.sandbox.plan import SMALL_CITY
from orchestration.sandbox.server import SandboxServer


@pytest.fixture(scope="session")
def city() -> City:
    """Return the city that the profile ``sandbox`` serves."""
    return build_city()


@pytest.fixture(scope="session")
def small_city() -> City:
    """Return a city of a few thousand records."""
    return build_city(SMALL_CITY)


@pytest.fixture(scope="session")
def street(city: City) -> pd.DataFrame:
    """Return the default city's street records as published, with their file and row."""
    truth = city.truth.records.select(["month", "force", "source_row"]).to_pandas()
    published = city.street(city.plan.last_month).to_pandas()
    return pd.concat([truth.rename(columns={"month": "file_month"}), published], axis=1)


@pytest.fixture(scope="session")
def bad_keys(city: City) -> set[tuple[str, str, int]]:
    """Return month, force and row of the deliberately broken street rows."""
    return {(bad.month, bad.force, bad.source_row) for bad in city.bad_rows if bad.kind == "street"}


@pytest.fixture(scope="session")
def packed(small_city: City, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Return the small city's archive."""
    return ensure_archive(small_city, SMALL_CITY.last_month, tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def cache(packed: Archive) -> Path:
    """Return the folder that holds the small city's archive."""
    return packed.path.parent


@pytest.fixture
def server(cache: Path) -> Iterator[SandboxServer]:
    """Return a running server of the small city, with an API bucket that is still full."""
    with SandboxServer(SMALL_CITY, cache_folder=cache, page_cap=20, cell_cap=100, crime_limit=150) as running:
        yield running
