"""Small clean frames, each of which must pass its gate untouched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from data_quality.gate import GateOutcome, run_gate
from data_quality.schemas import PUBLISHED_COLUMNS

MONTH = "2024-06"
FORCE = "bedfordshire"
DATA_VERSION = "ab" * 32
ROWS = 40

_STREET = {
    "month": MONTH,
    "reported_by": "Bedfordshire Police",
    "falls_within": "Bedfordshire Police",
    "longitude": "-0.465001",
    "latitude": "52.135002",
    "location": "On or near High Street",
    "lsoa_code": "E01017439",
    "lsoa_name": "Bedford 001A",
}
_STOP = {
    "type": "Person search",
    "date": "2024-06-15T10:30:00+00:00",
    "part_of_a_policing_operation": "False",
    "policing_operation": None,
    "latitude": "52.135002",
    "longitude": "-0.465001",
    "gender": "Male",
    "age_range": "18-24",
    "self_defined_ethnicity": "White - Irish",
    "officer_defined_ethnicity": "White",
    "legislation": "Misuse of Drugs Act 1971 (section 23)",
    "object_of_search": "Controlled drugs",
    "outcome": "Arrest",
    "outcome_linked_to_object_of_search": "True",
    "removal_of_more_than_just_outer_clothing": "False",
}


def crime_id(number: int) -> str:
    """Return a well-formed Crime ID."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def _with_lineage(frame: pd.DataFrame, dataset: str, rows: int) -> pd.DataFrame:
    return frame[list(PUBLISHED_COLUMNS[dataset])].assign(
        partition_month=MONTH,
        force_slug=FORCE,
        source_file=f"{MONTH}-{FORCE}.csv",
        source_row=range(1, rows + 1),
        data_version=DATA_VERSION,
        release="2024-08",
    )


def street_frame(rows: int = ROWS) -> pd.DataFrame:
    """Return clean street records, each fourth of them anti-social behaviour."""
    frame = pd.DataFrame([_STREET] * rows)
    is_asb = frame.index % 4 == 0
    ids = pd.Series([crime_id(number) for number in range(rows)])
    types = pd.Series(["Burglary"] * rows)
    frame["crime_id"] = ids.where(~is_asb, None)
    frame["crime_type"] = types.where(~is_asb, "Anti-social behaviour")
    frame["last_outcome_category"] = pd.Series(["Under investigation"] * rows).where(~is_asb, None)
    frame["location"] = [f"On or near Street {number}" for number in range(rows)]
    frame["context"] = None
    return _with_lineage(frame, "police_street", rows)


def outcomes_frame(rows: int = ROWS) -> pd.DataFrame:
    """Return clean outcomes."""
    frame = pd.DataFrame([_STREET] * rows).assign(outcome_type="Suspect charged")
    frame["crime_id"] = [crime_id(number) for number in range(rows)]
    return _with_lineage(frame, "police_outcomes", rows)


def stops_frame(rows: int = ROWS) -> pd.DataFrame:
    """Return clean searches, one a minute."""
    frame = pd.DataFrame([_STOP] * rows)
    frame["date"] = [f"2024-06-15T10:{minute % 60:02d}:00+00:00" for minute in range(rows)]
    return _with_lineage(frame, "police_stop_and_search", rows)


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "police_street": street_frame,
    "police_outcomes": outcomes_frame,
    "police_stop_and_search": stops_frame,
}


def gate(dataset: str, frame: pd.DataFrame, **options: Any) -> GateOutcome:
    """Run the gate of a police dataset on a frame."""
    rejects = options.get("rejects")
    landed = len(frame) + (0 if rejects is None else len(rejects))
    arguments: dict[str, Any] = {
        "partition": {"month": MONTH, "force": FORCE},
        "data_version": DATA_VERSION,
        "record_count_landed": landed,
    }
    return run_gate(dataset, frame, **(arguments | options))


@pytest.fixture(name="clean")
def clean_frame() -> Callable[[str], pd.DataFrame]:
    """Return the maker of a dataset's clean frame."""
    return lambda dataset: FRAMES[dataset]()


@pytest.fixture(name="run")
def run_police_gate() -> Callable[..., GateOutcome]:
    """Return the gate with a test's usual partition filled in."""
    return gate
