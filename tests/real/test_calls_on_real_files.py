"""Calls for service of three cities, when their files are there: exact counts, known quirks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from data_quality.gate import GateOutcome, run_gate
from orchestration.sources.calls_for_service.files import find_calls
from orchestration.sources.calls_for_service.geocoding import read_centroids
from orchestration.sources.calls_for_service.mapping import load_mapping, mapping_path
from orchestration.sources.calls_for_service.reader import ParsedCalls, read_calls
from tests.real_files import REAL_FILES, needs_real_files

pytestmark = needs_real_files


def read(agency: str, centroids: pd.DataFrame | None = None) -> ParsedCalls:
    """Read an agency's files where they lie, found as a mirror finds them."""
    mapping = load_mapping(mapping_path(agency))
    files = [Path(file.url) for file in find_calls(mapping, REAL_FILES)]
    return read_calls(files, mapping, data_version="ab" * 32, centroids=centroids)


def gate(parsed: ParsedCalls) -> GateOutcome:
    """Judge what was read."""
    return run_gate(
        "calls_for_service",
        parsed.frame,
        partition=None,
        data_version="ab" * 32,
        record_count_landed=parsed.record_count,
        rejects=parsed.rejects if len(parsed.rejects) else None,
        problem=parsed.problem,
    )


@pytest.fixture(scope="module")
def san_jose() -> ParsedCalls:
    """San Jose's samples of 2022 and 2023."""
    return read("san_jose")


@pytest.fixture(scope="module")
def san_antonio() -> ParsedCalls:
    """San Antonio's first days of September and October 2024."""
    return read("san_antonio")


def test_san_jose_is_read_whole(san_jose: ParsedCalls) -> None:
    """A pipeline that loses calls, or splits them by another clock, would be wrong for every year."""
    assert san_jose.problem is None and san_jose.rejects.empty
    counts = san_jose.frame["source_file"].value_counts().to_dict()
    assert counts == {"sampled_file2022.csv": 5_000, "sampled_file2023.csv": 5_000}
    years = san_jose.frame["called_at_local"].dt.year
    assert (san_jose.frame["source_file"].str.extract(r"(\d{4})")[0].astype(int) == years).all()


def test_san_jose_priorities_are_those_published(san_jose: ParsedCalls) -> None:
    """A shifted scale would call parking dangerous."""
    counts = pd.crosstab(san_jose.frame["source_file"], san_jose.frame["priority"]).to_numpy().tolist()
    assert counts == [[152, 1_543, 1_586, 570, 360, 789], [161, 1_653, 1_703, 612, 326, 545]]


def test_san_jose_repeats_some_events_each_year(san_jose: ParsedCalls) -> None:
    """An event that comes again is no second event, and no fault of the file."""
    by_file = san_jose.frame.groupby("source_file")["incident_id"]
    assert by_file.apply(lambda ids: int(ids.duplicated().sum())).tolist() == [2, 3]
    assert san_jose.frame["incident_id"].nunique() == 9_995


def test_san_jose_times_are_settled_but_for_one(san_jose: ParsedCalls) -> None:
    """One call of the ten thousand was made in the hour that came twice; it was changed later."""
    assumed = san_jose.frame[san_jose.frame["called_at_method"] != "exact"]
    assert assumed[["called_at", "called_at_local"]].astype(str).to_numpy().tolist() == [
        ["2023-11-05 08:51:51", "2023-11-05 01:51:51"]
    ]
    assert (assumed["last_changed_at"] > assumed["called_at"]).all()


def test_san_jose_addresses_are_taken_apart(san_jose: ParsedCalls) -> None:
    """A third of the addresses are intersections: read as blocks they would have no street."""
    frame = san_jose.frame
    assert int(frame["address"].isna().sum()) == 150 + 138 + 27 + 17
    assert int(frame["block_low"].notna().sum()) == 3_350 + 3_555
    assert int(frame["cross_street"].notna().sum()) == 1_473 + 1_290
    assert (frame["street"].notna() == frame["address"].notna()).all()
    assert (frame["geocode_method"] == "none").all()


def test_a_table_of_the_commonest_streets_places_its_share(san_jose: ParsedCalls, tmp_path: Path) -> None:
    """Street names of real files must meet those of another table, spelt out in full."""
    streets = san_jose.frame["street"].value_counts().head(50).index
    table = pd.DataFrame({"street": streets.str.replace(r" AVE$", " Avenue", regex=True)})
    table.assign(longitude=-121.9, latitude=37.3).to_csv(tmp_path / "c.csv", index=False)
    placed = read("san_jose", read_centroids(tmp_path / "c.csv")).frame
    is_placed = placed["geocode_method"] == "street_centroid"
    assert is_placed.tolist() == placed["street"].isin(streets).tolist()


@pytest.mark.parametrize("table", ["calltype_codes.csv", "dispo_codes.csv"])
def test_san_jose_codes_are_mostly_in_the_published_tables(san_jose: ParsedCalls, table: str) -> None:
    """Codes read from the wrong column would be in no table."""
    codes = pd.read_csv(REAL_FILES / "cad_san_jose" / table, dtype="str").iloc[:, 1]
    column = {"calltype_codes.csv": "call_type_code", "dispo_codes.csv": "disposition_code"}[table]
    assert san_jose.frame[column].isin(codes).mean() > 0.95


def test_san_antonio_is_configuration_only(san_antonio: ParsedCalls) -> None:
    """The incident schema would be San Jose's schema under another name."""
    assert san_antonio.problem is None
    assert (len(san_antonio.frame), len(san_antonio.rejects)) == (40_782, 4)
    assert san_antonio.record_count == 20_256 + 20_530
    assert san_antonio.rejects["rule"].unique().tolist() == ["event_id_present"]
    assert san_antonio.frame["incident_id"].is_unique
    assert san_antonio.frame["priority"].isna().all()
    assert (san_antonio.frame["geocode_method"] == "supplied").all()
    assert san_antonio.frame["longitude"].between(-99, -97).all()
    days = san_antonio.frame["called_at_local"].dt.strftime("%Y-%m-%d").unique()
    assert sorted(days) == [f"2024-{month}-0{day}" for month in ("09", "10") for day in range(1, 7)]


def test_seattle_is_configuration_only() -> None:
    """A third agency, with seven levels and blurred points, must need no code either."""
    parsed = read("seattle")
    assert (len(parsed.frame), len(parsed.rejects)) == (222, 0)
    counts = parsed.frame["priority"].value_counts(dropna=False).to_dict()
    assert {int(k): v for k, v in counts.items() if k is not pd.NA} == {1: 34, 2: 64, 3: 90, 4: 10, 5: 16}
    assert int(parsed.frame["priority"].isna().sum()) == 8


@pytest.mark.parametrize(
    ("agency", "warned"), [("san_jose", {"incident_repeats"}), ("san_antonio", set()), ("seattle", set())]
)
def test_real_calls_pass_their_gate(agency: str, warned: set[str]) -> None:
    """A rule that real files break is wrong about the world."""
    parsed = read(agency)
    outcome = gate(parsed)
    assert outcome.verdict.status == "passed", outcome.verdict.reason
    assert {result.rule for result in outcome.verdict.rules if not result.success} == warned
    assert len(outcome.accepted) + len(outcome.quarantined) == parsed.record_count
