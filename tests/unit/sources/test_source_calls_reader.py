"""Calls for service are read into the incident schema: quirks of files, clocks that change, nothing lost."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_quality.schemas import VALIDATED_SCHEMAS
from orchestration.sources.calls_for_service.mapping import CallsMapping, load_mapping, mapping_path
from orchestration.sources.calls_for_service.reader import INCIDENT_COLUMNS, ParsedCalls, read_calls
from orchestration.sources.police_uk.reader import count_records

SAN_JOSE = load_mapping(mapping_path("san_jose"))
CALL = {
    "CDTS": "20240615102030PD",
    "EID": "1001",
    "START_DATE": "6/15/2024 12:00:00 AM",
    "CALL_NUMBER": "P241670001",
    "PRIORITY": "2",
    "REPORT_DATE": "6/15/2024 12:00:00 AM",
    "OFFENSE_DATE": "6/15/2024 12:00:00 AM",
    "OFFENSE_TIME": "4:05:06",
    "CALLTYPE_CODE": "10A",
    "CALL_TYPE": "ALARM",
    "FINAL_DISPO_CODE": "N",
    "FINAL_DISPO": "Nothing found",
    "ADDRESS": "[100]-[200] N ELM AV ",
    "CITY": "San Jose",
    "STATE": "CA",
}


def write(folder: Path, *calls: dict[str, str], name: str = "policecalls2024.csv") -> Path:
    """Write calls as the city publishes them; each gives what differs from the usual call."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(CALL))
    writer.writeheader()
    writer.writerows(CALL | call for call in calls)
    path = folder / name
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def read(*paths: Path, mapping: CallsMapping = SAN_JOSE, **options: Any) -> ParsedCalls:
    """Read files by a mapping."""
    return read_calls(paths, mapping, data_version="v", **options)


def changed(**changes: Any) -> CallsMapping:
    """Return San Jose's mapping with some fields changed."""
    return CallsMapping.model_validate(SAN_JOSE.model_dump() | changes)


def at(text: str) -> pd.Timestamp:
    """Return a moment."""
    return pd.Timestamp(text)


def test_a_call_becomes_an_incident(tmp_path: Path) -> None:
    """A field read from the wrong column would be wrong in every call, and look right."""
    incident = read(write(tmp_path, {})).frame.iloc[0].to_dict()
    for name in ("longitude", "latitude"):
        assert pd.isna(incident.pop(name))
    assert pd.isna(incident.pop("cross_street"))
    assert incident == {
        "agency": "san_jose",
        "incident_id": "san_jose:1001",
        "call_number": "P241670001",
        "called_at": at("2024-06-15 11:05:06"),
        "called_at_local": at("2024-06-15 04:05:06"),
        "called_at_method": "exact",
        "last_changed_at": at("2024-06-15 17:20:30"),
        "priority": 2,
        "call_type_code": "10A",
        "call_type": "ALARM",
        "disposition_code": "N",
        "disposition": "Nothing found",
        "address": "[100]-[200] N ELM AV",
        "block_low": 100,
        "street": "N ELM AVE",
        "city": "San Jose",
        "state": "CA",
        "geocode_method": "none",
        "source_file": "policecalls2024.csv",
        "source_row": 1,
        "data_version": "v",
    }


def test_the_incident_schema_is_the_gates_schema() -> None:
    """The gate would withhold every file for columns that it does not know."""
    assert list(INCIDENT_COLUMNS) == VALIDATED_SCHEMAS["calls_for_service"].names


@pytest.mark.parametrize(
    ("clock", "hour"), [("04:05:06", 4), ("4:05:06", 4), ("0:05:06", 0), ("23:05:06", 23)]
)
def test_hours_may_lack_their_zero(tmp_path: Path, clock: str, hour: int) -> None:
    """From 2024 on the city writes hours without a leading zero: nights would be lost."""
    frame = read(write(tmp_path, {"OFFENSE_TIME": clock})).frame
    assert frame["called_at_local"].dt.hour.tolist() == [hour]


def test_the_call_is_timed_by_the_call_not_by_the_last_change(tmp_path: Path) -> None:
    """Calls would move into the hour in which somebody closed them, a day later for some."""
    frame = read(write(tmp_path, {"CDTS": "20240617080000PD"})).frame
    assert frame["called_at_local"].tolist() == [at("2024-06-15 04:05:06")]
    assert frame["last_changed_at"].tolist() == [at("2024-06-17 15:00:00")]


@pytest.mark.parametrize(
    ("rule", "method", "moment"),
    [
        ("first", "assumed_first", "2024-11-03 08:30:00"),
        ("second", "assumed_second", "2024-11-03 09:30:00"),
    ],
)
def test_an_hour_that_comes_twice_is_settled_as_declared(
    tmp_path: Path, rule: str, method: str, moment: str
) -> None:
    """Half past one of that night is two moments: a silent choice would be an error nobody could find."""
    calls = (
        {"OFFENSE_DATE": "11/3/2024 12:00:00 AM", "OFFENSE_TIME": clock} for clock in ("1:30:00", "2:30:00")
    )
    frame = read(write(tmp_path, *calls), mapping=changed(when_repeated=rule)).frame
    assert frame["called_at"].tolist() == [at(moment), at("2024-11-03 10:30:00")]
    assert frame["called_at_method"].tolist() == [method, "exact"]


def test_a_mark_says_which_of_two_hours_it_is(tmp_path: Path) -> None:
    """The city marks changes as daylight or standard time: else a change would come before its call."""
    calls = ({"CDTS": f"20241103013000{mark}"} for mark in ("PD", "PS"))
    frame = read(write(tmp_path, *calls)).frame
    assert frame["last_changed_at"].tolist() == [at("2024-11-03 08:30:00"), at("2024-11-03 09:30:00")]


def test_an_hour_that_never_was_is_shifted_or_rejected(tmp_path: Path) -> None:
    """Such a time is a clock that was not put forward, or an error: the mapping says which."""
    path = write(
        tmp_path,
        {"OFFENSE_DATE": "3/10/2024 12:00:00 AM", "OFFENSE_TIME": "2:30:00"},
        {"OFFENSE_DATE": "3/10/2024 12:00:00 AM", "OFFENSE_TIME": "3:30:00"},
    )
    shifted = read(path).frame
    assert shifted["called_at"].tolist() == [at("2024-03-10 10:30:00")] * 2
    assert shifted["called_at_local"].tolist() == [at("2024-03-10 03:30:00")] * 2
    assert shifted["called_at_method"].tolist() == ["shifted_forward", "exact"]
    strict = read(path, mapping=changed(when_skipped="reject"))
    assert strict.rejects[["source_row", "rule"]].to_numpy().tolist() == [[1, "called_at_exists"]]
    assert len(strict.frame) == 1


def test_a_count_since_1970_is_a_moment_without_doubt(tmp_path: Path) -> None:
    """An agency that publishes moments has no hour that comes twice."""
    mapping = changed(called_at={"columns": ["OFFENSE_TIME"], "formats": ["epoch_ms"]}, last_changed_at=None)
    mapping = CallsMapping.model_validate(
        mapping.model_dump() | {"ignored_columns": ["CDTS", "START_DATE", "REPORT_DATE", "OFFENSE_DATE"]}
    )
    frame = read(write(tmp_path, {"OFFENSE_TIME": "1730622600000"}), mapping=mapping).frame
    assert frame["called_at"].tolist() == [at("2024-11-03 08:30:00")]
    assert frame["called_at_local"].tolist() == [at("2024-11-03 01:30:00")]
    assert frame["called_at_method"].tolist() == ["exact"]
    assert frame["last_changed_at"].isna().all()


def test_what_stands_for_nothing_is_missing(tmp_path: Path) -> None:
    """A sentence in place of an address would be a street of its own."""
    frame = read(write(tmp_path, {"ADDRESS": SAN_JOSE.null_markers[0]}, {"ADDRESS": "  "})).frame
    assert frame[["address", "block_low", "street", "cross_street"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("call", "rule", "value"),
    [
        ({"EID": " "}, "event_id_present", None),
        ({"OFFENSE_TIME": "25:00:00"}, "called_at_readable", "6/15/2024 12:00:00 AM 25:00:00"),
        ({"OFFENSE_DATE": ""}, "called_at_readable", None),
        ({"CDTS": "soon"}, "last_changed_at_readable", "soon"),
        ({"PRIORITY": "0"}, "priority_known", "0"),
    ],
)
def test_a_record_that_cannot_be_read_is_kept_with_its_reason(
    tmp_path: Path, call: dict[str, str], rule: str, value: str | None
) -> None:
    """A record that vanishes in the reader is missed by nobody."""
    parsed = read(write(tmp_path, {}, call))
    assert len(parsed.frame) == 1
    (reject,) = parsed.rejects.to_dict("records")
    assert (reject["source_file"], reject["source_row"], reject["rule"]) == ("policecalls2024.csv", 2, rule)
    assert (None if pd.isna(reject["value"]) else reject["value"]) == value
    assert '"CALL_TYPE":"ALARM"' in reject["record"] and reject["reason"]


def test_a_call_without_a_priority_stays(tmp_path: Path) -> None:
    """No priority is no reason to lose a call; an unknown one means that the scale changed."""
    frame = read(write(tmp_path, {"PRIORITY": ""})).frame
    assert frame["priority"].isna().tolist() == [True]


def test_repeated_events_stay_separate_records(tmp_path: Path) -> None:
    """The city repeats an event when its end changes or a second call comes: neither is an error."""
    frame = read(write(tmp_path, {}, {"FINAL_DISPO": "Arrest"})).frame
    assert frame["incident_id"].tolist() == ["san_jose:1001"] * 2


def test_columns_may_come_and_go_only_when_the_mapping_says_so(tmp_path: Path) -> None:
    """A new column may change what the others mean; a lost one would leave a field empty."""
    path = write(tmp_path, {}, {})
    text = path.read_text()
    path.write_text(text.replace("START_DATE", "UNHOUSED"))
    assert len(read(path).frame) == 2
    path.write_text(text.replace("PRIORITY", "RANK"))
    parsed = read(path)
    assert parsed.problem is not None and parsed.frame.empty
    assert len(parsed.rejects) == parsed.record_count == 2
    for said in ("lacks PRIORITY", "does not know RANK", "ignored_columns"):
        assert said in str(parsed.problem)
    path.write_text(text.replace("START_DATE", "EID"))
    assert "twice" in str(read(path).problem)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file_not_empty"),
        (b"<!doctype html><html>gone</html>", "looks_like_html"),
        (gzip.compress(b"EID\n1\n", mtime=0)[:-9], "file_readable"),
    ],
)
def test_a_file_that_is_no_csv_is_named(tmp_path: Path, content: bytes, rule: str) -> None:
    """Half a file or an error page would pass for a quiet year."""
    path = tmp_path / ("a.csv.gz" if rule == "file_readable" else "a.csv")
    path.write_bytes(content)
    parsed = read(path)
    assert parsed.problem is not None and parsed.problem.rule == rule
    assert parsed.frame.empty and parsed.record_count == count_records(content, path.name)


def test_several_files_keep_their_own_rows(tmp_path: Path) -> None:
    """Rows of two years would share a place, and a reject could not be found again."""
    first = write(tmp_path, {}, {"PRIORITY": "x"}, name="policecalls2023.csv")
    second = write(tmp_path, {"PRIORITY": "y"}, {}, name="policecalls2024.csv")
    parsed = read(second, first)
    places = ["source_file", "source_row"]
    assert parsed.frame[places].to_numpy().tolist() == [
        ["policecalls2023.csv", 1],
        ["policecalls2024.csv", 2],
    ]
    assert parsed.rejects[places].to_numpy().tolist() == [
        ["policecalls2023.csv", 2],
        ["policecalls2024.csv", 1],
    ]


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
_RECORDS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "EID": st.sampled_from(["1", "2", ""]) | _TEXTS,
                "PRIORITY": st.sampled_from(["1", "6", "7", ""]) | _TEXTS,
                "OFFENSE_TIME": st.sampled_from(["1:02:03", "24:00:00", ""]) | _TEXTS,
                "OFFENSE_DATE": st.sampled_from(["11/3/2024 12:00:00 AM", "3/10/2024 12:00:00 AM", "x"]),
                "ADDRESS": st.sampled_from(["[0]-[100] A ST ", "A & B & C", "&"]) | _TEXTS,
            }
        ).map(lambda call: list((CALL | call).values())),
        st.lists(_TEXTS, min_size=1, max_size=17),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=_RECORDS)
def test_every_record_is_an_incident_or_a_reject(tmp_path: Path, records: list[list[str]]) -> None:
    """Whatever a file holds, rows in are incidents and rejects: a lost row is a lie by omission."""
    text = io.StringIO()
    csv.writer(text).writerows([list(CALL), *records])
    content = text.getvalue().encode("utf-8")
    path = tmp_path / "policecalls2024.csv"
    path.write_bytes(content)
    parsed = read(path)
    rows = sorted([*parsed.frame["source_row"], *parsed.rejects["source_row"]])
    assert parsed.problem is None
    assert rows == list(range(1, count_records(content, path.name) + 1))
    assert parsed.record_count == len(rows)
    assert parsed.frame.dtypes.astype(str).to_dict() == INCIDENT_COLUMNS
    assert parsed.rejects[["rule", "reason", "record"]].notna().all(axis=None)
