"""The gate's verdicts: passed, failed, crashed and absent, and accounts that always add up."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_quality.gate import absent_verdict, run_gate, suite_version


@dataclass(frozen=True)
class Problem:
    """What a reader says about a file that it cannot use."""

    rule: str = "header_as_published"
    reason: str = "the header is 'a,b'"
    remedy: str = "check that the file is of this kind"


def _rejects(rows):
    return pd.DataFrame(
        {
            "source_row": rows,
            "rule": "field_count",
            "reason": "the record has 3 fields where the header has 12",
            "value": "3",
            "record": "a,b,c",
        }
    )


def test_too_many_bad_records_withhold_the_partition(clean, run):
    """A file that is mostly wrong must not become a thin month of data."""
    frame = clean("police_street")
    frame.loc[:4, "crime_type"] = "Piracy"
    outcome = run("police_street", frame)
    assert outcome.verdict.status == "failed"
    assert outcome.accepted.empty
    assert len(outcome.quarantined) == len(frame)
    assert outcome.quarantined["rule"].value_counts().to_dict()["crime_type_known"] == len(frame)
    assert "whole partition" in outcome.quarantined["reason"].iloc[-1]
    for part in ("2024-06-bedfordshire.csv", "crime_type_known", "Piracy", "Remedy"):
        assert part in outcome.verdict.reason


def test_many_rules_each_within_tolerance_still_withhold(clean, run):
    """Three rules at 2.5% each lose 7.5% of the records: the share of all together is what counts."""
    frame = clean("police_street")
    frame.loc[1, "crime_type"] = "Piracy"
    frame.loc[2, "month"] = "2020-01"
    frame.loc[3, "lsoa_code"] = "X"
    outcome = run("police_street", frame)
    assert outcome.verdict.status == "failed"
    assert "share_quarantined" in outcome.verdict.reason


def test_count_mismatch_fails(clean, run):
    """A record lost between landing and reading must never go unnoticed."""
    frame = clean("police_street")
    outcome = run("police_street", frame, record_count_landed=len(frame) + 1)
    assert outcome.verdict.status == "failed"
    assert "record_count_matches" in outcome.verdict.reason
    assert len(outcome.quarantined) == len(frame)
    assert set(outcome.quarantined["rule"]) == {"record_count_matches"}


def test_rejects_of_the_reader_are_quarantined(clean, run):
    """Records that could not be parsed count as landed and must turn up in the quarantine."""
    frame = clean("police_street").drop(index=[7])
    outcome = run("police_street", frame, rejects=_rejects([8]))
    assert outcome.verdict.status == "passed"
    assert outcome.quarantined[["source_row", "rule", "record"]].values.tolist() == [
        [8, "field_count", "a,b,c"]
    ]
    assert outcome.verdict.record_count_landed == 40
    assert {r.rule: r.unexpected_count for r in outcome.verdict.rules}["field_count"] == 1


def test_file_problem_fails_with_its_remedy(clean, run):
    """A whole file at fault must say why and what to do, and keep all its records."""
    frame = clean("police_street").iloc[:0]
    outcome = run("police_street", frame, rejects=_rejects([1, 2, 3]), problem=Problem(), source_file="x.csv")
    assert outcome.verdict.status == "failed"
    assert outcome.verdict.rules[0].rule == "header_as_published"
    assert outcome.verdict.reason == (
        "x.csv: header_as_published: the header is 'a,b'. Remedy: check that the file is of this kind."
    )
    assert outcome.quarantined["source_row"].tolist() == [1, 2, 3]


def test_problem_without_a_rule_name_is_unreadable():
    """Reference readers raise an error whose rule is a sentence; a sentence is not a rule's name."""

    class Unreadable:
        rule = "the workbook has no sheet IoD2025"
        remedy = "download it again"

    outcome = run_gate(
        "iod_2025",
        pd.DataFrame(),
        partition=None,
        data_version="ab" * 32,
        record_count_landed=0,
        problem=Unreadable(),
        source_file="iod.xlsx",
    )
    assert outcome.verdict.status == "failed"
    assert outcome.verdict.rules[0].rule == "file_readable"
    assert outcome.verdict.reason.startswith(
        "iod.xlsx: file_readable: the workbook has no sheet IoD2025. Remedy:"
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda frame: frame.drop(columns=["lsoa_code"]), "missing: lsoa_code"),
        (lambda frame: frame.assign(extra="x"), "unknown: extra"),
        (lambda frame: frame.assign(longitude=1.5), "wrong type: longitude"),
    ],
)
def test_changed_columns_fail_and_do_not_crash(change, fault, clean, run):
    """A changed header is upstream's fault and must not look like a crash of ours."""
    outcome = run("police_street", change(clean("police_street")))
    assert outcome.verdict.status == "failed"
    assert "columns_as_published" in outcome.verdict.reason
    assert fault in outcome.verdict.reason


def test_empty_file_is_a_warning_for_police_and_fails_for_reference(clean, run):
    """Some forces have no searches in a month; there is always a population."""
    outcome = run("police_street", clean("police_street").iloc[:0])
    assert outcome.verdict.status == "passed"
    assert [r.rule for r in outcome.verdict.rules if not r.success] == ["file_not_empty"]
    columns = {"lsoa_2021_code": [], "population_year": [], "population_count": []}
    reference = run_gate(
        "nomis_population",
        pd.DataFrame(columns),
        partition=None,
        data_version="ab" * 32,
        record_count_landed=0,
    )
    assert reference.verdict.status == "failed"


def test_crash_of_great_expectations_is_no_verdict_on_the_data(clean, run, monkeypatch):
    """A crash also says success=False; taken for a failure, it would blame upstream for our own fault."""
    from great_expectations.expectations.core import ExpectColumnValuesToBeInSet

    def broken(*args, **kwargs):
        raise RuntimeError("metric store is gone")

    monkeypatch.setattr(ExpectColumnValuesToBeInSet, "_validate", broken)
    frame = clean("police_street")
    outcome = run("police_street", frame)
    assert outcome.verdict.status == "crashed"
    assert "metric store is gone" in outcome.verdict.reason
    assert outcome.accepted.empty
    assert set(outcome.quarantined["rule"]) == {"gate_crashed"}
    assert len(outcome.quarantined) == len(frame)


def test_crash_before_any_expectation_is_reported_too(clean, run, monkeypatch):
    """A derived column that breaks raises outside Great Expectations' own reporting."""
    monkeypatch.setattr("data_quality.judge._judged_columns", lambda *arguments: 1 / 0)
    outcome = run("police_street", clean("police_street"))
    assert outcome.verdict.status == "crashed"
    assert "ZeroDivisionError" in outcome.verdict.reason


def test_absent_and_not_fetched_are_told_apart():
    """An absent month is a known gap; a failed fetch is a fault, and mixing them hides faults."""
    partition = {"month": "2024-06", "force": "gwent"}
    absent = absent_verdict("police_street", partition, "not in the archive")
    failed = absent_verdict("police_street", partition, "HTTP 503", status="failed")
    assert (absent.status, failed.status) == ("absent", "failed")
    assert absent.record_count_landed == absent.record_count_validated == 0


def test_quarantine_keeps_the_record_as_published(clean, run):
    """Whoever repairs a record needs all of it, without the lineage columns that we added."""
    frame = clean("police_street")
    frame.loc[3, "crime_type"] = 'Piracy/"raid"\n'
    record = json.loads(run("police_street", frame).quarantined["record"].iloc[0])
    assert record["crime_type"] == 'Piracy/"raid"\n'
    assert record["context"] is None
    assert "source_row" not in record


def test_suite_version_follows_the_rules(monkeypatch):
    """If a changed rule kept its version, old verdicts would stand for rules that never judged."""
    from data_quality.suites import version

    before = suite_version("police_street")
    assert before == version.suite_version.__wrapped__("police_street")
    assert before != suite_version("police_outcomes")
    source = version.inspect.getsource
    monkeypatch.setattr(version.inspect, "getsource", lambda module: source(module) + "\n# a comment\n")
    assert version.suite_version.__wrapped__("police_street") == before
    monkeypatch.setattr(version.inspect, "getsource", lambda module: source(module).replace("0.05", "0.50"))
    assert version.suite_version.__wrapped__("police_street") != before


def test_unknown_dataset_is_refused():
    """A misspelt dataset must not pass through an empty suite."""
    with pytest.raises(ValueError, match="police_streets"):
        suite_version("police_streets")


CORRUPTIONS = st.lists(
    st.tuples(
        st.integers(0, 39),
        st.sampled_from(
            [
                ("month", "1999-01"),
                ("crime_type", "Piracy"),
                ("longitude", None),
                ("latitude", "95"),
                ("lsoa_code", "X"),
                ("crime_id", None),
                ("crime_id", "zz"),
            ]
        ),
    ),
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(corruptions=CORRUPTIONS, rejected=st.integers(0, 3))
def test_landed_is_validated_plus_quarantined(clean, run, corruptions, rejected):
    """The audit adds these up for each partition; one record counted twice or not at all breaks it."""
    frame = clean("police_street")
    for row, (column, value) in corruptions:
        frame.loc[row, column] = value
    outcome = run("police_street", frame, rejects=_rejects(list(range(41, 41 + rejected))))
    verdict = outcome.verdict
    assert verdict.record_count_landed == verdict.record_count_validated + verdict.record_count_quarantined
    rows = sorted([*outcome.accepted["source_row"], *outcome.quarantined["source_row"]])
    assert rows == list(range(1, 41 + rejected))
    assert (verdict.status == "passed") == (verdict.record_count_validated > 0)
