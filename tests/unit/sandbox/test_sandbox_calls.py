"""The sandbox's calls for service, fetched over HTTP and read back, against what the city knows of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import requests

from orchestration.sandbox.calls import (
    CALL_TYPES,
    CALLS_A_YEAR,
    CHANGED_RECORDS,
    CONFUSION,
    SECOND_CALLS,
    draw_calls,
    priority_chances,
    render_calls,
)
from orchestration.sandbox.plan import CityPlan
from orchestration.sandbox.server import SandboxServer
from orchestration.sources.calls_for_service.files import fetch_calls
from orchestration.sources.calls_for_service.mapping import load_mapping, mapping_path
from orchestration.sources.calls_for_service.reader import ParsedCalls, read_calls
from orchestration.sources.endpoints import sandbox_endpoints
from orchestration.sources.http import make_session

MAPPING = load_mapping(mapping_path("san_jose"))
YEAR = 2025


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    """What the city knows of the calls of the year."""
    return draw_calls(CityPlan(), YEAR)


@pytest.fixture(scope="module")
def whole_city() -> Iterator[SandboxServer]:
    """A running server of the default city."""
    with SandboxServer() as server:
        yield server


@pytest.fixture(scope="module")
def parsed(whole_city: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> ParsedCalls:
    """The year as a run fetches and reads it."""
    folder: Path = tmp_path_factory.mktemp("calls")
    with make_session() as session:
        (fetched,) = fetch_calls(MAPPING, sandbox_endpoints(whole_city.base_url), session)
    (folder / fetched.name).write_bytes(fetched.content)
    return read_calls([folder / fetched.name], MAPPING, data_version="v")


def test_every_call_comes_back(parsed: ParsedCalls, drawn: pd.DataFrame) -> None:
    """The sandbox would prove nothing about the reader if it did not speak the city's format."""
    assert parsed.problem is None and parsed.rejects.empty
    assert parsed.record_count == CALLS_A_YEAR + CHANGED_RECORDS + SECOND_CALLS
    frame = parsed.frame
    assert frame["priority"].tolist() == drawn["priority"].tolist()
    assert frame["call_type_code"].tolist() == [CALL_TYPES[kind].code for kind in drawn["kind"]]
    assert frame["call_type"].tolist() == [CALL_TYPES[kind].name for kind in drawn["kind"]]


def test_moments_come_back_to_the_second_but_for_the_hour_that_comes_twice(
    parsed: ParsedCalls, drawn: pd.DataFrame
) -> None:
    """Hours without their zero, or a clock read in the wrong zone, would shift calls by hours."""
    off = (drawn["called_at"] - parsed.frame["called_at"]).dt.total_seconds() / 3_600
    is_assumed = parsed.frame["called_at_method"] == "assumed_first"
    assert (off[~is_assumed] == 0).all()
    assert set(off[is_assumed]) <= {0.0, 1.0}


def test_the_file_has_the_real_ones_quirks(parsed: ParsedCalls) -> None:
    """A tidy file would leave the code for untidy ones untried."""
    frame = parsed.frame
    assert frame["incident_id"].duplicated().sum() == CHANGED_RECORDS + SECOND_CALLS
    assert frame["call_number"].duplicated().sum() == CHANGED_RECORDS
    assert 0.02 < frame["address"].isna().mean() < 0.05
    assert 0.2 < frame["cross_street"].notna().mean() < 0.35
    assert frame.loc[frame["address"].notna(), "street"].notna().all()
    content = render_calls(CityPlan(), "policecalls2025.csv")
    assert content is not None and b" AM,4:" in content
    earlier = render_calls(CityPlan(), "policecalls2023.csv")
    assert earlier is not None and b" AM,04:" in earlier and b" AM,4:" not in earlier


def test_priority_depends_on_the_type_as_declared(parsed: ParsedCalls) -> None:
    """A model of priorities could not be held against the truth that the sandbox claims to have."""
    shares = pd.crosstab(parsed.frame["call_type_code"], parsed.frame["priority"], normalize="index")
    chances = pd.DataFrame(priority_chances(), index=range(1, 7)).T
    assert (chances.sum(axis=1) - 1).abs().max() < 1e-9
    usual = {kind.code: kind.usual_priority for kind in CALL_TYPES}
    assert all(abs(chances.loc[code, level] - (1 - CONFUSION)) < 1e-9 for code, level in usual.items())
    common = [kind.code for kind in CALL_TYPES if kind.share >= 0.08]
    difference = (shares.reindex(columns=range(1, 7)).fillna(0) - chances).loc[common].abs()
    # Three standard errors of a share of one half among 240 calls.
    assert difference.to_numpy().max() < 0.1


def test_the_same_plan_gives_the_same_bytes() -> None:
    """A file that changes from run to run would be gated and published anew each time."""
    name = "policecalls2024.csv"
    assert render_calls(CityPlan(), name) == render_calls(CityPlan(), name)
    assert render_calls(CityPlan(), name) != render_calls(CityPlan(seed=2), name)


@pytest.mark.parametrize("name", ["policecalls2030.csv", "policecalls2025.txt", "x.csv"])
def test_what_was_never_published_is_not_found(whole_city: SandboxServer, name: str) -> None:
    """An answer for any name would hide a wrong address in the mapping."""
    address = f"{whole_city.base_url}/san-jose/dataset/d/resource/r/download/{name}"
    assert requests.get(address, timeout=30).status_code == 404
