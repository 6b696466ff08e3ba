"""Files of calls for service: fetched or found, landed with their mapping, and absent without harm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import requests

from orchestration.gating import gate_reference
from orchestration.landing import land_calls, read_absence
from orchestration.paths import DataPaths
from orchestration.provenance import read_provenance
from orchestration.sources.calls_for_service.files import fetch_calls, find_calls
from orchestration.sources.calls_for_service.mapping import CallsMapping, load_mapping, mapping_path
from orchestration.sources.endpoints import LIVE_ENDPOINTS, sandbox_endpoints
from orchestration.sources.police_uk.archive import PoliceArchive
from orchestration.sources.types import Fetched, SourceError

SAN_JOSE = load_mapping(mapping_path("san_jose"))
SAN_ANTONIO = load_mapping(mapping_path("san_antonio"))
HEADER = "CDTS,EID,CALL_NUMBER,PRIORITY,OFFENSE_DATE,OFFENSE_TIME,CALLTYPE_CODE,CALL_TYPE,FINAL_DISPO_CODE,"
HEADER += "FINAL_DISPO,ADDRESS,CITY,STATE\n"
RECORD = (
    "20240615102030PD,1,P1,2,6/15/2024 12:00:00 AM,4:05:06,A,ALARM,N,None,[100]-[200] ELM AV,San Jose,CA\n"
)
CALLS = Fetched("policecalls2024.csv", (HEADER + RECORD).encode(), "https://example.invalid/a")
CENTROIDS = Fetched(
    "san_jose_street_centroids.csv", b"street,longitude,latitude\nElm Avenue,-121.9,37.3\n", "a"
)


class Supplied:
    """An upstream that supplies these files of calls, or fails."""

    def __init__(self, *files: Fetched, error: SourceError | None = None) -> None:
        self.files, self.error = files, error

    def archive(self) -> PoliceArchive:
        """Not asked for here."""
        raise NotImplementedError

    def reference(self, dataset: str) -> Sequence[Fetched]:
        """Not asked for here."""
        raise NotImplementedError

    def calls(self, mapping: CallsMapping) -> Sequence[Fetched]:
        """Return the files."""
        if self.error is not None:
            raise self.error
        return self.files


def test_files_are_fetched_below_the_agencys_host(host, session: requests.Session, answer) -> None:
    """The live portal and the sandbox must differ in their base address alone."""
    assert SAN_JOSE.downloads is not None
    (path,) = SAN_JOSE.downloads.paths
    assert path.startswith("dataset/") and path.endswith("/download/policecalls2025.csv")
    host.answer(f"/san-jose/{path}", answer(b"EID\n1\n"))
    (fetched,) = fetch_calls(SAN_JOSE, sandbox_endpoints(host.url), session)
    assert (fetched.name, fetched.content) == ("policecalls2025.csv", b"EID\n1\n")
    assert LIVE_ENDPOINTS.san_jose == "https://data.sanjoseca.gov"
    assert fetch_calls(SAN_ANTONIO, LIVE_ENDPOINTS, session) == []


def test_files_are_found_by_the_mappings_patterns(tmp_path: Path) -> None:
    """A mirror would read another agency's file, or miss a year."""
    for name in (
        "a/policecalls2023.csv",
        "PoliceCalls2024.csv.gz",
        "san_jose_street_centroids.csv",
        "sapd_calls_2024.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    found = [file.name for file in find_calls(SAN_JOSE, tmp_path)]
    assert found == ["PoliceCalls2024.csv.gz", "policecalls2023.csv", "san_jose_street_centroids.csv"]
    assert [file.name for file in find_calls(SAN_ANTONIO, tmp_path)] == ["sapd_calls_2024.csv"]


def test_centroids_alone_are_no_calls(tmp_path: Path) -> None:
    """A table that lies there for later would be landed as a year without a call."""
    (tmp_path / "san_jose_street_centroids.csv").write_text("x")
    assert find_calls(SAN_JOSE, tmp_path) == []


@pytest.mark.parametrize("twin", ["policecalls2024.csv.gz", "b/policecalls2024.csv"])
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path, twin: str) -> None:
    """Every call of the year would be counted twice."""
    for name in ("policecalls2024.csv", twin):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    with pytest.raises(SourceError, match="more than once"):
        find_calls(SAN_JOSE, tmp_path)


def test_calls_are_landed_with_their_mapping_and_terms(tmp_path: Path) -> None:
    """A verdict could not be traced to the rules by which the file was read, nor its licence shown."""
    paths = DataPaths(tmp_path)
    landing = land_calls("san_jose", Supplied(CALLS, CENTROIDS), paths)
    assert landing.provenance is not None and landing.provenance.record_count == 1
    assert [file.name for file in landing.provenance.files] == [
        "policecalls2024.csv",
        "san_jose.yml",
        "san_jose_street_centroids.csv",
    ]
    assert landing.provenance.licence == SAN_JOSE.licence
    verdict = gate_reference("calls_for_service", paths)
    assert (verdict.status, verdict.record_count_validated) == ("passed", 1)
    assert gate_reference("calls_for_service", paths) == verdict


def test_a_new_table_of_centroids_is_a_new_version(tmp_path: Path) -> None:
    """The gate would keep the old places, since it skips what it has judged before."""
    import pandas as pd

    paths = DataPaths(tmp_path)
    methods = []
    for files in ((CALLS,), (CALLS, CENTROIDS)):
        land_calls("san_jose", Supplied(*files), paths)
        gate_reference("calls_for_service", paths)
        part = pd.read_parquet(paths.validated("calls_for_service") / "part.parquet")
        methods += part["geocode_method"].tolist()
    assert methods == ["none", "street_centroid"]


def test_calls_that_are_not_there_leave_a_note(tmp_path: Path) -> None:
    """A release without calls would not say that it has none, or why."""
    paths = DataPaths(tmp_path)
    land_calls("san_antonio", Supplied(), paths)
    absence = read_absence(paths.landing("calls_for_service"))
    assert absence is not None and absence.status == "absent" and "San Antonio" in absence.reason
    assert gate_reference("calls_for_service", paths).status == "absent"


def test_calls_that_cannot_be_fetched_leave_what_is_held(tmp_path: Path) -> None:
    """A portal that is down today would take away the calls of yesterday."""
    paths, down = DataPaths(tmp_path), SourceError("portal", "it is down", "wait")
    assert land_calls("san_jose", Supplied(error=down), paths).provenance is None
    assert gate_reference("calls_for_service", paths).status == "failed"
    land_calls("san_jose", Supplied(CALLS), paths)
    again = land_calls("san_jose", Supplied(error=down), paths)
    assert again.absence is not None and again.provenance is not None
    assert gate_reference("calls_for_service", paths).status == "passed"


def test_another_agency_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """A run for one city would go on publishing the calls of another."""
    paths = DataPaths(tmp_path)
    land_calls("san_jose", Supplied(CALLS), paths)
    gate_reference("calls_for_service", paths)
    land_calls("san_antonio", Supplied(), paths)
    folder = paths.landing("calls_for_service")
    assert read_provenance(folder) is None and not (folder / CALLS.name).exists()
    assert gate_reference("calls_for_service", paths).status == "absent"
    assert not (paths.validated("calls_for_service") / "part.parquet").exists()
    kept = [path.name for path in (folder / "superseded").rglob("*") if path.is_file()]
    assert sorted(kept) == ["policecalls2024.csv", "provenance.json", "san_jose.yml"]


def test_a_table_at_fault_withholds_the_calls_by_name(tmp_path: Path) -> None:
    """Calls would be published without the places that the operator meant them to have."""
    paths = DataPaths(tmp_path)
    bad = Fetched(CENTROIDS.name, b"street,longitude,latitude\nElm Avenue,-121.9,137.3\n", "a")
    land_calls("san_jose", Supplied(CALLS, bad), paths)
    verdict = gate_reference("calls_for_service", paths)
    assert verdict.status == "failed" and "san_jose_street_centroids.csv" in str(verdict.reason)


def test_calls_with_a_strange_header_are_all_kept_aside(tmp_path: Path) -> None:
    """A changed file would vanish between landing and warehouse."""
    paths = DataPaths(tmp_path)
    strange = Fetched(CALLS.name, CALLS.content.replace(b"EID", b"KEY"), "a")
    land_calls("san_jose", Supplied(strange), paths)
    verdict = gate_reference("calls_for_service", paths)
    assert (verdict.status, verdict.record_count_quarantined) == ("failed", 1)
    assert "lacks EID" in str(verdict.reason) and CALLS.name in str(verdict.reason)
