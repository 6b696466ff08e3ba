"""The gate of calls for service: each rule catches its fault, and repeats only warn."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from data_quality.gate import GateOutcome, run_gate
from data_quality.schemas import VALIDATED_SCHEMAS

ROWS = 60


def clean() -> pd.DataFrame:
    """Return clean calls, an hour apart."""
    rows = range(1, ROWS + 1)
    called = pd.Series(pd.date_range("2024-06-15 07:00", periods=ROWS, freq="h", unit="us"))
    frame = pd.DataFrame(
        {
            "agency": "a_city",
            "incident_id": [f"a_city:{row}" for row in rows],
            "call_number": [f"P{row}" for row in rows],
            "called_at": called,
            "called_at_local": called - pd.Timedelta(hours=7),
            "called_at_method": "exact",
            "last_changed_at": called + pd.Timedelta(hours=1),
            "priority": pd.Series([row % 6 + 1 for row in rows], dtype="Int32"),
            "call_type_code": "A",
            "call_type": "ALARM",
            "disposition_code": "N",
            "disposition": "Nothing",
            "address": "[100]-[200] ELM AV",
            "block_low": pd.Series([100] * ROWS, dtype="Int32"),
            "street": "ELM AVE",
            "cross_street": pd.Series([None] * ROWS, dtype="str"),
            "city": "A City",
            "state": "CA",
            "longitude": float("nan"),
            "latitude": float("nan"),
            "geocode_method": "none",
            "source_file": "calls.csv",
            "source_row": list(rows),
            "data_version": "v",
        }
    )
    return frame[VALIDATED_SCHEMAS["calls_for_service"].names]


def run(frame: pd.DataFrame, rejects: pd.DataFrame | None = None) -> GateOutcome:
    """Run the gate on calls."""
    landed = len(frame) + (0 if rejects is None else len(rejects))
    return run_gate(
        "calls_for_service",
        frame,
        partition=None,
        data_version="ef" * 32,
        record_count_landed=landed,
        rejects=rejects,
    )


def changed(row: int = 0, **values: Any) -> pd.DataFrame:
    """Return clean calls with one of them changed."""
    frame = clean()
    for name, value in values.items():
        frame.loc[row, name] = value
    return frame


def failing(outcome: GateOutcome) -> set[str]:
    """Return the rules that did not hold."""
    return {result.rule for result in outcome.verdict.rules if not result.success}


def test_clean_calls_pass_in_one_order() -> None:
    """The same calls must give the same bytes in whatever order they come."""
    forwards, backwards = run(clean()), run(clean().iloc[::-1])
    assert forwards.verdict.status == "passed", forwards.verdict.reason
    assert failing(forwards) == set()
    pd.testing.assert_frame_equal(forwards.accepted, backwards.accepted)


def test_an_agency_without_priorities_passes() -> None:
    """Not every agency ranks its calls: its file is no worse for that."""
    frame = clean().assign(priority=pd.Series([pd.NA] * ROWS, dtype="Int32"))
    outcome = run(frame)
    assert outcome.verdict.status == "passed" and failing(outcome) == set()


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"incident_id": None}, "incident_id_well_formed"),
        ({"incident_id": "1001"}, "incident_id_well_formed"),
        ({"incident_id": "b_city:1"}, "incident_id_of_agency"),
        ({"called_at": pd.NaT}, "called_at_present"),
        ({"called_at": pd.Timestamp("1924-06-15 07:00")}, "called_at_plausible"),
        ({"called_at_local": pd.Timestamp("2024-06-14 07:00")}, "local_time_fits"),
        ({"called_at_local": pd.Timestamp("2024-06-15 00:01")}, "local_time_fits"),
        ({"called_at_method": "guessed"}, "called_at_method_known"),
        ({"priority": 7}, "priority_in_range"),
        ({"priority": 0}, "priority_in_range"),
        ({"call_type": None}, "call_type_present"),
        ({"geocode_method": "geocoder"}, "geocode_method_known"),
        ({"longitude": 200.0, "latitude": 1.0, "geocode_method": "supplied"}, "longitude_in_range"),
        ({"longitude": 1.0, "latitude": -91.0, "geocode_method": "supplied"}, "latitude_in_range"),
        ({"longitude": -121.9}, "coordinates_as_geocoded"),
        ({"geocode_method": "block_centroid"}, "coordinates_as_geocoded"),
    ],
)
def test_a_fault_is_caught_by_its_rule(values: dict[str, Any], rule: str) -> None:
    """A rule that catches nothing is worse than none: it looks like a check."""
    outcome = run(changed(**values))
    (row,) = outcome.quarantined.query("source_row == 1").to_dict("records")
    assert rule in f"{row['rule']} {row['reason']}"
    assert row["source_file"] == "calls.csv" and '"call_type":' in row["record"]


def test_a_place_that_comes_twice_withholds_the_calls() -> None:
    """The same record twice means that a file was read twice."""
    assert run(changed(row=1, source_row=1)).verdict.status == "failed"


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"incident_id": "a_city:2"}, "incident_repeats"),
        ({"call_type": "FIGHT"}, "one_call_type_per_code"),
        ({"disposition": "Arrest"}, "one_disposition_per_code"),
    ],
)
def test_oddities_of_the_real_files_only_warn(values: dict[str, Any], rule: str) -> None:
    """An event that comes again is how the city publishes changes: nothing may be lost for it."""
    outcome = run(changed(**values))
    assert outcome.verdict.status == "passed"
    assert failing(outcome) == {rule}
    assert len(outcome.accepted) == ROWS


def test_doubled_records_warn() -> None:
    """A file that holds its records twice would double every count."""
    doubled = pd.concat(
        [clean(), clean().assign(source_row=range(ROWS + 1, 2 * ROWS + 1))], ignore_index=True
    )
    assert failing(run(doubled)) == {"incident_repeats", "full_row_repeats"}


@pytest.mark.parametrize(
    ("column", "rule"), [("priority", "priority_given"), ("address", "share_without_place")]
)
def test_many_gaps_warn(column: str, rule: str) -> None:
    """A field that is suddenly empty in a fifth of the calls is a change upstream."""
    frame = clean()
    frame.loc[: ROWS // 5, column] = None
    assert failing(run(frame)) == {rule}


def test_rejects_of_the_reader_keep_their_file() -> None:
    """With files of several years, a row number alone would point to the wrong record."""
    rejects = pd.DataFrame(
        {
            "source_file": ["calls_2023.csv"],
            "source_row": [7],
            "rule": ["called_at_readable"],
            "reason": ["it fits none"],
            "value": ["x"],
            "record": ["{}"],
        }
    )
    outcome = run(clean(), rejects)
    assert outcome.verdict.status == "passed"
    assert outcome.quarantined[["source_file", "source_row"]].to_numpy().tolist() == [["calls_2023.csv", 7]]
