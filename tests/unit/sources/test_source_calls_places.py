"""Addresses in one spelling, and coordinates from a table of street centroids alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from orchestration.sources.calls_for_service.addresses import normalise_streets, split_addresses
from orchestration.sources.calls_for_service.geocoding import geocode, read_centroids
from orchestration.sources.calls_for_service.mapping import load_mapping, mapping_path
from orchestration.sources.types import SourceError


def split(agency: str, *addresses: str | None) -> pd.DataFrame:
    """Split addresses as an agency's mapping says."""
    rule = load_mapping(mapping_path(agency)).address
    assert rule is not None
    return split_addresses(pd.Series(addresses, dtype="str"), rule)


def rows(frame: pd.DataFrame) -> list[list[object]]:
    """Return rows with None for what is missing."""
    return [[None if pd.isna(value) else value for value in row] for row in frame.itertuples(index=False)]


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Elm Avenue", "ELM AVE"),
        ("ELM AV", "ELM AVE"),
        ("  elm   ave. ", "ELM AVE"),
        ("North First Street", "N 1ST ST"),
        ("N 01ST ST", "N 1ST ST"),
        ("Twenty-Third Av", "23RD AVE"),
        ("ELEVENTH ST", "11TH ST"),
        ("St. John Street", "ST JOHN ST"),
        ("NORTH ST", "NORTH ST"),
        ("E ST", "E ST"),
        ("AVENUE OF THE FLAGS", "AVENUE OF THE FLAGS"),
        ("BRANHAM LN EAST", "BRANHAM LN E"),
        ("THE ALAMEDA", "THE ALAMEDA"),
        ("O'Hara Ct", "OHARA CT"),
        ("WAY", "WAY"),
        ("...", None),
        (None, None),
    ],
)
def test_one_street_has_one_spelling(name: str | None, normal: str | None) -> None:
    """Two spellings of one street would be two streets, and one of them without a place."""
    normalised = normalise_streets(pd.Series([name], dtype="str")).iloc[0]
    assert (None if pd.isna(normalised) else normalised) == normal


def test_a_normal_spelling_stays_as_it_is() -> None:
    """A table that is normalised twice would no longer match."""
    once = normalise_streets(pd.Series(["N First Street", "Elm Avenue East", "El Camino Real"]))
    assert normalise_streets(once).tolist() == once.tolist()


def test_san_jose_writes_blocks_in_brackets_and_intersections_with_an_ampersand() -> None:
    """A call without its street can never be placed."""
    parts = split("san_jose", "[0]-[100] N 1ST ST", "ELM AV & OAK RD", "MAIN PLAZA", None)
    assert rows(parts) == [
        [0, "N 1ST ST", None],
        [None, "ELM AVE", "OAK RD"],
        [None, "MAIN PLAZA", None],
        [None, None, None],
    ]


def test_san_antonio_writes_numbers_and_slashes() -> None:
    """Another agency's addresses must be configuration too."""
    parts = split("san_antonio", "400 Elm Dr", "6700-6799 Oak Rd", "E Loop 1604 N / N Pine Rd", "ELM RD")
    assert rows(parts) == [
        [400, "ELM DR", None],
        [6700, "OAK RD", None],
        [None, "E LOOP 1604 N", "N PINE RD"],
        [None, "ELM RD", None],
    ]


def test_a_file_without_any_address_is_split() -> None:
    """A column that is empty throughout has no text methods: the reader would crash on it."""
    assert rows(split("san_jose", None, None)) == [[None, None, None]] * 2


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A made-up table: one street as a whole, another with one of its blocks, a third by a block alone."""
    path = tmp_path / "centroids.csv"
    path.write_text(
        "Street,Block_Low,Longitude,Latitude\n"
        "Elm Avenue,,-121.1,37.1\n"
        "North First Street,,-121.2,37.2\n"
        "North First Street,100,-121.21,37.21\n"
        "OAK ROAD,300,-121.3,37.3\n"
    )
    return path


def test_matches_have_the_shares_that_the_table_gives(table: Path) -> None:
    """A join that matches too much invents places; one that matches too little wastes the table."""
    parts = split(
        "san_jose",
        "[100]-[200] N 1ST ST",
        "[200]-[300] N 1ST ST",
        "[300]-[400] OAK RD",
        "[400]-[500] OAK RD",
        "ELM AV & OAK RD",
        "OAK RD & ELM AV",
        "[0]-[100] S 1ST ST",
        None,
    )
    found = geocode(parts, read_centroids(table))
    methods = found["geocode_method"].value_counts(normalize=True).to_dict()
    assert methods == {"none": 0.5, "block_centroid": 0.25, "street_centroid": 0.25}
    assert found["longitude"].fillna(0).tolist() == [-121.21, -121.2, -121.3, 0, -121.1, 0, 0, 0]
    assert found["longitude"].isna().tolist() == (found["geocode_method"] == "none").tolist()
    assert found.index.equals(parts.index)


def test_without_a_table_nothing_is_placed() -> None:
    """No table is no error, and never a request to somebody's geocoder."""
    found = geocode(split("san_jose", "[100]-[200] N 1ST ST"), None)
    assert found["geocode_method"].tolist() == ["none"] and found["latitude"].isna().all()


def test_a_table_need_not_have_blocks(tmp_path: Path) -> None:
    """Street centroids are easy to come by, block centroids are not."""
    path = tmp_path / "c.csv"
    path.write_text("street,longitude,latitude\nOak Road,-121.3,37.3\n")
    found = geocode(split("san_jose", "[900]-[1000] OAK RD"), read_centroids(path))
    assert found["geocode_method"].tolist() == ["street_centroid"]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("Elm Av,,-121.0,37.0", "record 2 gives a street and block that an earlier record gives too"),
        ("Pine Rd,,0,91", "record 2 has no street, or no place in WGS 84 degrees"),
        (",,-121.0,37.0", "record 2 has no street"),
        ("Pine Rd,,x,37.0", "'x'"),
        ("Pine Rd,1.5,-121.0,37.0", "'1.5'"),
    ],
)
def test_a_table_at_fault_is_refused_by_record(tmp_path: Path, record: str, said: str) -> None:
    """One wrong centroid puts every call of its street in the wrong place."""
    path = tmp_path / "c.csv"
    path.write_text(f"street,block_low,longitude,latitude\nElm Avenue,,-121.0,37.0\n{record}\n")
    with pytest.raises(SourceError) as caught:
        read_centroids(path)
    assert said in str(caught.value)
