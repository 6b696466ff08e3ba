"""Upstream's revisions: each version of a month is compared with the next one, once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_quality.promotion import promote, withhold
from data_quality.revisions import compare_versions, record_revisions
from data_quality.schemas import schema_of

VERSIONS = ["1" * 64, "2" * 64, "3" * 64]


def _write(frame: pd.DataFrame, path: Path) -> Path:
    pq.write_table(pa.Table.from_pandas(frame, schema=schema_of("police_street"), preserve_index=False), path)
    return path


@pytest.fixture
def street(clean) -> pd.DataFrame:
    """Forty records, each fourth of them without a Crime ID."""
    return clean("police_street")


def test_every_kind_of_change_is_counted_as_itself(street, tmp_path):
    """An auditor who asks why last year's total moved would be told the wrong reason."""
    revised = street.copy()
    revised.loc[1, "last_outcome_category"] = "Court result unavailable"
    revised.loc[2, "longitude"] = "-0.400000"
    revised.loc[3, "lsoa_code"] = "E01033333"
    revised.loc[5, "crime_type"] = "Robbery"
    revised = revised.drop(index=[6, 8]).assign(release="2024-09")
    added = street.loc[[9]].assign(crime_id="f" * 64, release="2024-09")
    revised = pd.concat([revised, added], ignore_index=True)
    found = compare_versions(_write(street, tmp_path / "a.parquet"), _write(revised, tmp_path / "b.parquet"))
    assert (found.earlier_release, found.later_release) == ("2024-08", "2024-09")
    assert (found.earlier_count, found.later_count) == (40, 39)
    assert (found.added_count, found.gone_count) == (1, 2)
    assert (found.moved_count, found.recoded_count, found.reclassified_count) == (1, 1, 1)
    assert found.outcome_changed_count == 1


def test_order_in_the_file_is_no_change(street, tmp_path):
    """A file that upstream merely sorted anew would look like a month rewritten."""
    street.loc[4, "crime_id"] = street.loc[5, "crime_id"] = street.loc[1, "crime_id"]
    shuffled = street.sample(frac=1, random_state=1).assign(source_row=range(1, len(street) + 1))
    found = compare_versions(_write(street, tmp_path / "a.parquet"), _write(shuffled, tmp_path / "b.parquet"))
    assert (found.added_count, found.gone_count, found.moved_count, found.outcome_changed_count) == (0,) * 4


@settings(max_examples=25, deadline=None)
@given(
    earlier=st.lists(st.tuples(st.sampled_from(["x", "y", None]), st.integers(0, 2)), max_size=12),
    later=st.lists(st.tuples(st.sampled_from(["x", "y", None]), st.integers(0, 2)), max_size=12),
)
def test_records_are_conserved_whatever_repeats(tmp_path_factory, earlier, later):
    """Crime IDs that repeat would be counted several times over by a plain join."""
    folder = tmp_path_factory.mktemp("versions")

    def frame(records: list[tuple[str | None, int]]) -> pd.DataFrame:
        columns = {name: [None] * len(records) for name in schema_of("police_street").names}
        return pd.DataFrame(
            columns
            | {
                "crime_id": [identity for identity, _ in records],
                "longitude": [str(place) for _, place in records],
                "source_row": range(1, len(records) + 1),
            }
        )

    one, two = _write(frame(earlier), folder / "a.parquet"), _write(frame(later), folder / "b.parquet")
    found, back = compare_versions(one, two), compare_versions(two, one)
    assert (found.earlier_count, found.later_count) == (len(earlier), len(later))
    assert found.later_count == found.earlier_count + found.added_count - found.gone_count
    assert (found.added_count, found.gone_count) == (back.gone_count, back.added_count)
    assert found.moved_count == back.moved_count


@pytest.fixture
def folder(tmp_path) -> Path:
    """The partition's folder below `validated`."""
    return tmp_path / "validated" / "police_street" / "month=2024-06" / "force=bedfordshire"


def _promote(run, frame: pd.DataFrame, folder: Path, version: int, at: str) -> None:
    outcome = run("police_street", frame, data_version=VERSIONS[version])
    outcome = replace(outcome, verdict=replace(outcome.verdict, evaluated_at=at))
    promote(outcome, folder, folder.parents[3] / "quarantine")


def test_each_version_is_compared_with_the_next_once(run, street, folder):
    """A revision of a revision would hide the first, or every refresh would compare everything again."""
    _promote(run, street, folder, 0, "2024-08-01T00:00:00+00:00")
    assert record_revisions(folder) == []
    _promote(run, street.drop(index=[1]), folder, 1, "2024-09-01T00:00:00+00:00")
    (first,) = record_revisions(folder)
    assert record_revisions(folder) == []
    _promote(run, street.drop(index=[1, 2]), folder, 2, "2024-10-01T00:00:00+00:00")
    (second,) = record_revisions(folder)
    stored = [json.loads(path.read_text()) for path in (first, second)]
    assert [(s["earlier_data_version"], s["later_data_version"]) for s in stored] == [
        (VERSIONS[0], VERSIONS[1]),
        (VERSIONS[1], VERSIONS[2]),
    ]
    assert [s["gone_count"] for s in stored] == [1, 1]
    assert {(s["month"], s["force"]) for s in stored} == {("2024-06", "bedfordshire")}


def test_a_withheld_version_is_passed_over(run, street, folder):
    """A month that failed its gate in between would cut the trail from the earlier version to the later."""
    _promote(run, street, folder, 0, "2024-08-01T00:00:00+00:00")
    failed = run("police_street", street.assign(month="2019-01"), data_version=VERSIONS[1])
    assert failed.verdict.status == "failed"
    withhold(failed.verdict, folder)
    assert record_revisions(folder) == []
    _promote(run, street.drop(index=[1]), folder, 2, "2024-10-01T00:00:00+00:00")
    (path,) = record_revisions(folder)
    assert json.loads(path.read_text())["later_data_version"] == VERSIONS[2]
