"""The strict reader of police CSV files: nothing converted, nothing lost, every fault named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.sources.police_uk.headers import HEADERS, snake_case
from orchestration.sources.police_uk.reader import ParsedCsv, count_records, read_police_csv

OUTCOMES = ",".join(HEADERS["outcomes"]).encode()
GOOD = (
    b"ab12,2024-01,Kent Police,Kent Police,-0.100000,51.500000,On or near A,E01000001,Kent 001A,"
    b"Suspect charged"
)


def read(folder: Path, content: bytes, name: str = "2024-01-kent-outcomes.csv") -> ParsedCsv:
    """Read bytes as an outcomes file, and check that the independent count agrees."""
    path = folder / name
    path.write_bytes(content)
    parsed = read_police_csv(path, "outcomes")
    assert count_records(content, name) == parsed.record_count == len(parsed.frame) + len(parsed.rejects)
    return parsed


def test_text_is_kept_as_published(tmp_path: Path) -> None:
    """A parser that guesses types would turn 51.500000 into 51.5 and an id of digits into a number."""
    parsed = read(tmp_path, OUTCOMES + b"\n" + GOOD + b"\n0012,,,,,,On or near ,,,True\n")
    assert list(parsed.frame.columns) == [*map(snake_case, HEADERS["outcomes"]), "source_row"]
    assert parsed.frame["latitude"].iloc[0] == "51.500000"
    assert parsed.frame.iloc[1][["crime_id", "location", "outcome_type"]].tolist() == [
        "0012",
        "On or near ",
        "True",
    ]
    assert parsed.frame.iloc[1][["month", "longitude", "lsoa_code"]].isna().all()
    assert parsed.frame["source_row"].tolist() == [1, 2]
    assert parsed.problem is None


def test_the_column_order_is_the_contracts_for_each_kind() -> None:
    """Stop and search puts latitude first: swapped columns would move every search to Somalia."""
    street = [snake_case(name) for name in HEADERS["street"]]
    stops = [snake_case(name) for name in HEADERS["stop-and-search"]]
    assert street[4:6] == ["longitude", "latitude"]
    assert stops[4:6] == ["latitude", "longitude"]
    assert stops[-1] == "removal_of_more_than_just_outer_clothing"
    assert (len(street), len(stops)) == (12, 15)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + OUTCOMES + b"\r\n" + GOOD + b"\r\n",
        OUTCOMES + b"\n" + GOOD,
        OUTCOMES + b"\n\n" + GOOD + b"\n\n\n",
        b'"' + OUTCOMES.replace(b",", b'","') + b'"\n' + GOOD + b"\n",
    ],
)
def test_bom_line_ends_and_blank_lines_do_not_matter(tmp_path: Path, content: bytes) -> None:
    """Copies of the files differ in these; a month would be refused for them."""
    parsed = read(tmp_path, content)
    assert parsed.problem is None
    assert parsed.frame["crime_id"].tolist() == ["ab12"]


def test_a_quoted_line_break_stays_in_its_record(tmp_path: Path) -> None:
    """A location with a line break would become two broken records."""
    row = GOOD.replace(b"On or near A", b'"On or\nnear ""A"", B"')
    parsed = read(tmp_path, OUTCOMES + b"\n" + row + b"\n" + GOOD + b"\n")
    assert parsed.frame["location"].tolist() == ['On or\nnear "A", B', "On or near A"]
    assert parsed.frame["source_row"].tolist() == [1, 2]


def test_a_record_with_a_wrong_number_of_fields_is_kept_aside(tmp_path: Path) -> None:
    """One bad line would fail the month, or vanish without a trace."""
    parsed = read(tmp_path, b"\n".join([OUTCOMES, GOOD, b"only,three,fields", GOOD, GOOD + b",x", GOOD]))
    assert parsed.frame["source_row"].tolist() == [1, 3, 5]
    assert parsed.rejects["source_row"].tolist() == [2, 4]
    first = parsed.rejects.iloc[0]
    assert (first["rule"], first["value"], first["record"]) == ("field_count", "3", "only,three,fields")
    assert first["reason"] == "the record has 3 fields where the header has 10"


def test_a_record_that_is_not_utf8_is_kept_aside(tmp_path: Path) -> None:
    """One Latin-1 name would fail the whole file; its neighbours' accents must survive."""
    latin = GOOD.replace(b"near A", b"near Caf\xe9")
    welsh = GOOD.replace(b"near A", "near Tŷ Gwyn".encode())
    parsed = read(tmp_path, b"\n".join([OUTCOMES, welsh, latin, b"bad,\xff", GOOD]))
    assert parsed.frame["source_row"].tolist() == [1, 4]
    assert parsed.frame["location"].iloc[0] == "On or near Tŷ Gwyn"
    assert parsed.rejects["rule"].tolist() == ["encoding_utf8", "field_count"]
    rejected = parsed.rejects.iloc[0]
    assert (rejected["source_row"], rejected["value"]) == (2, "On or near Caf\\xe9")
    assert rejected["reason"] == "location holds bytes that are not UTF-8"
    assert json.loads(rejected["record"])["crime_id"] == "ab12"
    assert parsed.rejects.iloc[1]["record"] == "bad,\\xff"


def test_a_header_without_records_is_fine(tmp_path: Path) -> None:
    """A force with no stop and search in a month would be taken for a fault."""
    for content in (OUTCOMES, OUTCOMES + b"\n\n"):
        parsed = read(tmp_path, content)
        assert parsed.problem is None
        assert parsed.frame.shape == (0, 11)
        assert parsed.frame["source_row"].dtype == "int64"


def problem_of(parsed: ParsedCsv) -> str:
    """Return the rule of the file's problem, after checking that it is told in full."""
    assert parsed.problem is not None
    assert parsed.frame.empty
    assert parsed.problem.reason in str(parsed.problem)
    assert f"Remedy: {parsed.problem.remedy}" in str(parsed.problem)
    assert set(parsed.rejects["rule"]) <= {parsed.problem.rule}
    return parsed.problem.rule


@pytest.mark.parametrize(
    ("content", "rule", "records"),
    [
        (OUTCOMES.replace(b"Outcome type", b"Outcome kind") + b"\n" + GOOD + b"\n", "header_as_published", 1),
        (
            OUTCOMES.replace(b"Longitude,Latitude", b"Latitude,Longitude") + b"\n" + GOOD,
            "header_as_published",
            1,
        ),
        (GOOD + b"\n" + GOOD + b"\n", "header_as_published", 1),
        (b"<!DOCTYPE html>\n<html>\n<body>busy</body></html>\n", "looks_like_html", 2),
        (b"", "file_not_empty", 0),
        (b"\xef\xbb\xbf\n\n", "file_not_empty", 0),
    ],
)
def test_a_file_at_fault_as_a_whole_keeps_its_records(
    tmp_path: Path, content: bytes, rule: str, records: int
) -> None:
    """Records of a refused file would be missing from the reconciliation."""
    parsed = read(tmp_path, content)
    assert problem_of(parsed) == rule
    assert len(parsed.rejects) == records


def test_a_wrong_header_is_shown_with_the_expected_one(tmp_path: Path) -> None:
    """The operator would have to open both files to see what changed."""
    parsed = read(tmp_path, b"Crime ID,Month\nab,2024-01\n")
    assert parsed.problem is not None
    assert "'Crime ID,Month' and not 'Crime ID,Month,Reported by" in parsed.problem.reason
    assert parsed.rejects["record"].tolist() == ["ab,2024-01"]


def test_a_gzipped_file_is_read(tmp_path: Path) -> None:
    """The mirror's files are gzipped; several gzip members in one file are legal."""
    content = gzip.compress(OUTCOMES + b"\n") + gzip.compress(GOOD + b"\n")
    assert len(read(tmp_path, content, "a.csv.gz").frame) == 1


def test_a_truncated_gzip_keeps_what_can_be_unpacked(tmp_path: Path) -> None:
    """Half a month would pass as a whole one."""
    rows = b"\n".join(b"%d," % number + GOOD[5:] for number in range(5000))
    content = gzip.compress(OUTCOMES + b"\n" + rows)
    parsed = read(tmp_path, content[: len(content) // 2], "a.csv.gz")
    assert problem_of(parsed) == "file_readable"
    assert 0 < len(parsed.rejects) < 5000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (OUTCOMES + b"\n" + GOOD + b"\n", "named .gz but is not gzipped"),
        (b"\x1f\x8b\x08\x00garbage that no gzip file holds", "is damaged"),
        (gzip.compress(OUTCOMES + b"\n", mtime=0) + b"trailing", "bytes follow the end"),
    ],
)
def test_a_damaged_gzip_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    """It would surface as BadGzipFile without a file name."""
    parsed = read(tmp_path, content, "a.csv.gz")
    assert problem_of(parsed) == "file_readable"
    assert parsed.problem is not None
    assert reason in parsed.problem.reason


def test_an_unknown_kind_is_a_programming_error(tmp_path: Path) -> None:
    """A misspelt kind would be read with no header to check against."""
    with pytest.raises(ValueError, match="'stops' is not a kind"):
        read_police_csv(tmp_path / "a.csv", "stops")


TOKENS = [
    b",",
    b",,,,,,,,,\n",
    b'"',
    b'""',
    b"\n",
    b"\r\n",
    b"\r",
    b"a",
    b" ",
    b"\0",
    b"\xff",
    "é".encode(),
    GOOD,
]


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40))
def test_records_reconcile_whatever_the_file_holds(
    tmp_path_factory: pytest.TempPathFactory, tokens: list
) -> None:
    """Two parsers that disagree on what a record is would break landed = read + rejected."""
    parsed = read(tmp_path_factory.getbasetemp(), OUTCOMES + b"\n" + b"".join(tokens))
    rows = [*parsed.frame["source_row"], *parsed.rejects["source_row"]]
    assert sorted(rows) == list(range(1, parsed.record_count + 1))
