"""The history of judgements: complete, bounded, and never worse for a crash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data_quality import files
from data_quality.gate import absent_verdict
from data_quality.history import (
    DAMAGED_FILE,
    HISTORY_FILE,
    HistoryError,
    read_history,
    record_judgement,
)
from data_quality.verdicts import RuleResult, Verdict, read_verdict, write_verdict

RULE = RuleResult("crime_type_known", "Expect", "row", "critical", True, "3 of 40 records", 3, "why")


@pytest.fixture(name="verdict")
def passed_verdict() -> Verdict:
    """Return a verdict with one rule that three records break."""
    absent = absent_verdict("police_street", {"month": "2024-06", "force": "bedfordshire"}, "none")
    return replace(absent, status="passed", record_count_landed=40, rules=(RULE,), data_version="ab" * 32)


def test_each_new_judgement_adds_a_line_and_the_same_one_does_not(verdict, tmp_path):
    """Without it a revised file would leave no trace, or every run would fill the disk with repeats."""
    write_verdict(verdict, tmp_path)
    write_verdict(replace(verdict, evaluated_at="2031-01-01T00:00:00+00:00"), tmp_path)
    write_verdict(replace(verdict, data_version="cd" * 32, status="failed"), tmp_path)
    first, second = read_history(tmp_path)
    assert (first.status, second.status) == ("passed", "failed")
    assert first.evaluated_at == verdict.evaluated_at
    assert first.rules == {"crime_type_known": (True, 3)}
    assert first.record_count_landed == 40


def test_a_return_to_an_earlier_judgement_is_recorded(verdict, tmp_path):
    """A verdict that went bad and came back would look as if nothing had happened."""
    for status in ("passed", "failed", "passed"):
        write_verdict(replace(verdict, status=status), tmp_path)
    assert [judgement.status for judgement in read_history(tmp_path)] == ["passed", "failed", "passed"]


def test_history_is_bounded_and_keeps_the_newest(verdict, tmp_path):
    """A partition that upstream revises every month must not grow a file without end."""
    for number in range(7):
        record_judgement(replace(verdict, record_count_landed=number), tmp_path, maximum=3)
    assert [judgement.record_count_landed for judgement in read_history(tmp_path)] == [4, 5, 6]


@pytest.mark.parametrize("failing", ["write_bytes", "replace"])
def test_crash_half_way_leaves_the_lines_from_before(verdict, tmp_path, monkeypatch, failing):
    """A power cut during the write must not cost the history that was there, nor leave half a line."""
    write_verdict(verdict, tmp_path)
    before = (tmp_path / HISTORY_FILE).read_bytes()

    def crash(self: Path, *_: object) -> None:
        if failing == "write_bytes":
            self.touch()
        raise OSError("power cut")

    monkeypatch.setattr(files.Path, failing, crash)
    with pytest.raises(OSError, match="power cut"):
        write_verdict(replace(verdict, status="failed"), tmp_path)
    monkeypatch.undo()
    assert (tmp_path / HISTORY_FILE).read_bytes() == before
    assert read_verdict(tmp_path) == verdict
    assert sorted(path.name for path in tmp_path.iterdir()) == [HISTORY_FILE, "verdict.json"]


def test_crash_between_history_and_verdict_is_made_good(verdict, tmp_path):
    """The judgement made again after such a crash must not stand in the history twice."""
    record_judgement(verdict, tmp_path)
    write_verdict(replace(verdict, evaluated_at="2031-01-01T00:00:00+00:00"), tmp_path)
    assert len(read_history(tmp_path)) == 1


@pytest.mark.parametrize("damage", [b'{"dataset": "police_str', b"[1]\n", b'{"rules": 3}\n', b"\xff\xfe\n"])
def test_damaged_history_is_named_and_put_aside_but_never_stops_a_gate(verdict, tmp_path, damage):
    """A gate that stopped because its diary is torn would withhold good data; losing the diary hides it."""
    (tmp_path / HISTORY_FILE).write_bytes(damage)
    with pytest.raises(HistoryError, match="Remedy"):
        read_history(tmp_path)
    write_verdict(verdict, tmp_path)
    assert len(read_history(tmp_path)) == 1
    assert (tmp_path / DAMAGED_FILE).read_bytes() == damage
